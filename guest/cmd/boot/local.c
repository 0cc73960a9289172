/*
 * A root on a disk: local!#S/sd00/fs.  The file server that such a partition needs is a
 * program of the distribution's, in /boot or /386/bin of the root archive, but
 * for FAT, which is ours.  The tree that it serves goes before the archive's, so that what it has is taken from
 * it, and what it lacks is still there.
 *
 * bootargs says which; without, and at a terminal, whoever sits there is asked, if there
 * is something to choose from.
 */
#include <u.h>
#include <libc.h>
#include <disk.h>
#include "boot.h"

typedef struct Server Server;

enum
{
	Maxchoice	= 32,
	Maxwait		= 300,		/* tenths of a second for a server to post itself */
};

/* who serves a partition of that name */
struct Server
{
	char	*part;			/* its name, less .1 and the like */
	char	*prog;
	char	*args[8];		/* %s is the partition's file */
	char	*srv;			/* what it posts in #s; nil: it speaks on its standard input */
	int	root;			/* such a partition is offered as a root */
};

static Server servers[] = {
	{"fossil",	"fossil",	{"-f", "%s", "-c", "srv fossil"},	"fossil",	1},
	{"fs",		"kfs",		{"-f", "%s", "-s"},			nil,		1},
	{"hjfs",	"hjfs",		{"-n", "hjfs", "-f", "%s"},		"hjfs",		1},
	{"fscache",	"cwfs64x",	{"-n", "fs", "-f", "%s"},		"fs",		1},
	{"dos",		"dossrv",	{"-f", "%s", "-s"},			nil,		0},
	{"9fat",	"dossrv",	{"-f", "%s", "-s"},			nil,		0},
	{"data",	"dossrv",	{"-f", "%s", "-s"},			nil,		0},
	{"cd",		"9660srv",	{"-f", "%s", "-s"},			nil,		0},
};

static char	embedded[] = "embedded";

static Server*
findserver(char *part)
{
	char *name, *s;
	int i, n;

	name = strrchr(part, '/');
	name = name != nil ? name+1 : part;
	s = strchr(name, '.');
	n = s != nil ? s-name : strlen(name);
	for(i = 0; i < nelem(servers); i++)
		if(strlen(servers[i].part) == n && strncmp(servers[i].part, name, n) == 0)
			return &servers[i];
	return nil;
}

/* the partitions that the disks' tables tell of are made known */
static void
diskparts(void)
{
	int pid;

	if(access("/rc/bin/diskparts", AEXEC) < 0)
		return;
	pid = rfork(RFPROC|RFFDG|RFNAMEG|RFREND);
	if(pid == 0){
		bind("#c", "/dev", MREPL);
		bind("#S", "/dev", MAFTER);
		bind("#e", "/env", MREPL|MCREATE);
		bind("#d", "/fd", MREPL);
		bind("/386/bin", "/bin", MREPL);
		bind("/rc/bin", "/bin", MAFTER);
		execl("/rc/bin/diskparts", "diskparts", nil);
		exits("no diskparts");
	}
	if(pid > 0)
		free(wait());
}

/* partitions that can hold a root, as local!#S/sd00/fs */
static int
choices(char **v)
{
	char dir[40];
	Dir *u, *p;
	Server *s;
	long i, k, nu, np;
	int fd, n;

	n = 0;
	fd = open("#S", OREAD);
	nu = fd < 0 ? 0 : dirreadall(fd, &u);
	close(fd);
	for(i = 0; i < nu; i++){
		if(!(u[i].mode & DMDIR))
			continue;
		snprint(dir, sizeof dir, "#S/%s", u[i].name);
		fd = open(dir, OREAD);
		np = fd < 0 ? 0 : dirreadall(fd, &p);
		close(fd);
		for(k = 0; k < np && n < Maxchoice; k++){
			s = findserver(p[k].name);
			if(s != nil && s->root)
				v[n++] = smprint("local!%s/%s", dir, p[k].name);
		}
		if(np > 0)
			free(p);
	}
	if(nu > 0)
		free(u);
	return n;
}

static char*
readline(char *buf, int n)
{
	int fd, m;

	fd = open("#c/cons", ORDWR);
	if(fd < 0)
		return nil;
	fprint(fd, "boot from: ");
	m = read(fd, buf, n-1);
	close(fd);
	if(m <= 0)
		return nil;
	if(buf[m-1] == '\n')
		m--;
	buf[m] = 0;
	return buf;
}

/* what whoever sits at the terminal wants; an empty answer is the embedded root */
static char*
ask(char **v, int n)
{
	static char buf[256];
	char *s;
	int fd, i;

	fd = open("#c/cons", OWRITE);
	for(i = 0; i < n; i++)
		fprint(fd, "%s\n", v[i]);
	fprint(fd, "%s (the default)\n", embedded);
	close(fd);
	for(;;){
		s = readline(buf, sizeof buf);
		if(s == nil || *s == 0 || strcmp(s, embedded) == 0)
			return embedded;
		for(i = 0; i < n; i++)
			if(strcmp(s, v[i]) == 0 || strncmp(v[i], "local!", 6) == 0 && strcmp(s, v[i]+6) == 0)
				return v[i];
		if(strncmp(s, "local!", 6) == 0)
			return s;
	}
}

static char*
findprog(char *name)
{
	static char *dirs[] = {"/boot", "/386/bin"};
	char *file;
	int i;

	for(i = 0; i < nelem(dirs); i++){
		file = smprint("%s/%s", dirs[i], name);
		if(access(file, AEXEC) == 0)
			return file;
		free(file);
	}
	return nil;
}

static void
execserver(char *prog, Server *s, char *part)
{
	char *argv[nelem(s->args)+2];
	int i;

	argv[0] = s->prog;
	for(i = 0; s->args[i] != nil; i++)
		argv[i+1] = strcmp(s->args[i], "%s") == 0 ? part : s->args[i];
	argv[i+1] = nil;
	bind("#c", "/dev", MREPL);
	bind("#S", "/dev", MAFTER);
	bind("#s", "/srv", MREPL|MCREATE);
	bind("#e", "/env", MREPL|MCREATE);
	bind("#p", "/proc", MREPL);
	exec(prog, argv);
	fprint(2, "boot: can't exec %s: %r\n", prog);
	_exits("exec");
}

/* starts the server of a partition; the connection to it */
static int
serve(char *part, Server *s)
{
	char *prog, file[64];
	int fd, i, p[2], pid;

	prog = findprog(s->prog);
	if(prog == nil)
		fail(smprint("%s: needs %s, and the root archive has none in /boot or /386/bin (--initrd gives it another archive)",
			part, s->prog));
	if(s->srv == nil && pipe(p) < 0)
		fail("boot: no pipe");
	pid = rfork(RFPROC|RFFDG|RFNAMEG|RFREND|RFNOTEG|RFNOWAIT);
	if(pid < 0)
		fail("boot: can't fork");
	if(pid == 0){
		if(s->srv == nil){
			close(p[0]);
			dup(p[1], 0);
			dup(p[1], 1);
			close(p[1]);
		}
		execserver(prog, s, part);
	}
	if(s->srv == nil){
		close(p[1]);
		return p[0];
	}
	snprint(file, sizeof file, "#s/%s", s->srv);
	for(i = 0; i < Maxwait; i++){
		fd = open(file, ORDWR);
		if(fd >= 0)
			return fd;
		sleep(100);
	}
	fail(smprint("%s: %s did not post %s", part, s->prog, file));
}

/* fd's tree before what is there */
static void
joinroot(int fd, char *part)
{
	char *spec;

	bind("#c", "/dev", MREPL);
	bind("#ec", "/env", MREPL);
	bind("#e", "/env", MBEFORE|MCREATE);
	bind("#s", "/srv", MREPL|MCREATE);
	post("boot", fd);
	spec = getenv("rootspec");
	rfork(RFNAMEG);
	if(bind("/", "/", MREPL) < 0 || mount(fd, -1, "/root", MREPL|MCREATE, spec != nil ? spec : "") < 0
	|| bind("/root", "/", MBEFORE|MCREATE) < 0)
		fail(smprint("can't mount the root from %s: %r", part));
	setenv("rootdir", "/root");
}

/* the root from a disk, if that is wanted; then this does not return */
void
localroot(void)
{
	char *v[Maxchoice], *want, *part;
	Server *s;
	int n;

	if(!havedisks())
		return;
	bind("#ec", "/env", MREPL);
	bind("#e", "/env", MBEFORE|MCREATE);
	want = getenv("bootargs");
	if(want == nil && hosts())
		return;
	diskparts();
	if(want == nil || *want == 0){
		n = choices(v);
		if(n == 0)
			return;
		want = ask(v, n);
	}
	if(strcmp(want, embedded) == 0)
		return;
	if(strncmp(want, "local!", 6) != 0)
		fail(smprint("bootargs=%s: embedded, or local! and a partition, like local!#S/sd00/fs", want));
	part = want+6;
	if(access(part, AREAD) < 0)
		fail(smprint("bootargs=%s: %r", want));
	s = findserver(part);
	if(s == nil)
		fail(smprint("%s: no file server is known for partitions of that name", part));
	joinroot(serve(part, s), part);
	need("/386/bin/rc", AEXEC, "shell");
	if(hosts())
		execl("#//386/init", "init", "-t", nil);
	need("/386/init", AEXEC, "init");
	listenend("/root/rc/bin/fshalt");
	execl("/386/init", "init", "-t", nil);
	fail(smprint("can't exec the root's /386/init: %r"));
}
