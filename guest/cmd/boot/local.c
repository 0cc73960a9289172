/*
 * A root on a disk: local!#S/sd00/fs.  Who serves such a partition, server.c knows.  The tree that is served goes before the archive's, so
 * that what it has is taken from it, and what it lacks is still there.
 *
 * bootargs says which; without, and at a terminal, whoever sits there is asked, if there
 * is something to choose from.
 */
#include <u.h>
#include <libc.h>
#include <disk.h>
#include "boot.h"

enum
{
	Maxchoice	= 32,
};

static char	embedded[] = "embedded";

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

/* Partitions of all disks, at most max of them, as #S/sd00/fs; how many. */
int
partitions(char **v, int max)
{
	char dir[40];
	Dir *u, *p;
	long i, k, nu, np;
	int n;

	n = 0;
	nu = entries("#S", &u);
	for(i = 0; i < nu; i++){
		if(!(u[i].mode & DMDIR))
			continue;
		snprint(dir, sizeof dir, "#S/%s", u[i].name);
		np = entries(dir, &p);
		for(k = 0; k < np && n < max; k++)
			v[n++] = smprint("%s/%s", dir, p[k].name);
		free(p);
	}
	free(u);
	return n;
}

/* those that can hold a root, as local!#S/sd00/fs */
static int
choices(char **v)
{
	char *part[Maxpart];
	Server *s;
	int i, n, np;

	n = 0;
	np = partitions(part, Maxpart);
	for(i = 0; i < np; i++){
		s = findserver(part[i]);
		if(s != nil && isroot(s) && n < Maxchoice)
			v[n++] = smprint("local!%s", part[i]);
		free(part[i]);
	}
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

/*
 * fd's tree before what is there.  It may have directories root and env of its own, which come before those that
 * the kernel has and on which something is mounted.
 */
static void
joinroot(int fd, char *part)
{
	char *spec;

	rootnames(fd);
	spec = value("rootspec");
	if(bind("/", "/", MREPL) < 0 || mount(fd, -1, "/root", MREPL|MCREATE, spec != nil ? spec : "") < 0
	|| bind("/root", "/", MBEFORE|MCREATE) < 0)
		fail(smprint("can't mount the root from %s: %r", part));
	setenv("rootdir", "/root");
}

/* a directory or file of the root archive, with what is below it */
static void
forget(char *file)
{
	char *kid;
	Dir *d;
	long i, n;

	n = entries(file, &d);
	for(i = 0; i < n; i++){
		kid = smprint("%s/%s", file, d[i].name);
		forget(kid);
		free(kid);
	}
	free(d);
	remove(file);
}

/*
 * The archive goes, but for /boot: a distribution's init makes its name space anew, by a file in which the tree comes
 * after what the kernel has, and that is next to nothing elsewhere.
 */
static void
forgetarchive(void)
{
	char *file;
	Dir *d;
	long i, n;

	n = entries("#/", &d);
	for(i = 0; i < n; i++)
		if(strcmp(d[i].name, "boot") != 0){
			file = smprint("#//%s", d[i].name);
			forget(file);
			free(file);
		}
	free(d);
}

/*
 * A file server of a distribution knows its users, and not the host's: somebody of its own attaches, whom plan9.ini names, or
 * who is everybody's first.
 */
static void
installed(char *part)
{
	if(!readini(part) && !told("user"))
		setowner("glenda");
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
	want = value("bootargs");
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
	if(strncmp(part, "/dev/", 5) == 0)
		part = smprint("#S/%s", part+5);
	if(access(part, AREAD) < 0)
		fail(smprint("bootargs=%s: %r", want));
	s = findserver(part);
	if(s == nil)
		fail(smprint("%s: no file server is known for what is on it, nor for partitions of that name", part));
	if(!isours(s))
		installed(part);
	joinroot(serve(part, s), part);
	session();
	need("/386/bin/rc", "shell");
	if(hosts())
		execl("#//386/init", "init", "-t", nil);
	listenend("/rc/bin/fshalt");
	forgetarchive();
	treeinit();
}
