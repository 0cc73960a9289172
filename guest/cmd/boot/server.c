/*
 * Which program serves a root on a disk, and starting it.  What is on the disk says it, as far as it has a mark that
 * we know, since a partition's name promises nothing (fs is kfs's on some systems and hjfs's on others); where there is none, the name
 * does.  The programs for FAT and ISO 9660 are ours.  Others are a distribution's: from the root archive, or from a
 * directory that the host shares and that is such a distribution's tree.
 */
#include <u.h>
#include <libc.h>
#include "boot.h"

typedef struct Mark Mark;

enum
{
	Maxwait		= 300,		/* tenths of a second for a server to post itself */
	Maxmark		= 16,
};

/* bytes by which a file system is known */
struct Mark
{
	vlong	at;
	char	*bytes;
	int	n;
};

struct Server
{
	char	*parts[4];		/* names of its partitions, less .1 and the like */
	char	*files[3];		/* where the program is */
	char	*args[8];		/* %s is the partition's file */
	char	*srv;			/* what it posts in #s; nil: it speaks on its standard input */
	int	root;			/* is such a partition offered as a root? */
	Mark	marks[2];		/* all are there; none: it has none that we know */
};

/*
 * Plan 9's own have their names or a header where they say; fossil's is behind 128 KiB.  ISO 9660: ECMA-119, 8.4; the system is PLAN 9 on a
 * CD-ROM that Plan 9 made, which may well be a distribution's, and others are no root that anybody would be asked about.  FAT: the
 * signature, and the string that is 54 or 82 bytes from the start.
 */
static Server servers[] = {
	{{nil}, {"/386/bin/9660srv"}, {"-f", "%s", "-s"}, nil, 1, {{0x8001, "CD001", 5}, {0x8008, "PLAN 9", 6}}},
	{{"cd"}, {"/386/bin/9660srv"}, {"-f", "%s", "-s"}, nil, 0, {{0x8001, "CD001", 5}}},
	{{"dos", "9fat"}, {"/386/bin/dossrv"}, {"-f", "%s", "-s"}, nil, 0, {{510, "\x55\xAA", 2}, {54, "FAT", 3}}},
	{{"data"}, {"/386/bin/dossrv"}, {"-f", "%s", "-s"}, nil, 0, {{510, "\x55\xAA", 2}, {82, "FAT", 3}}},
	{{nil}, {"/boot/kfs", "/386/bin/kfs", "/386/bin/disk/kfs"}, {"-f", "%s", "-s"}, nil, 1, {{256, "kfs wren device\n", 16}}},
	{{"fossil"}, {"/boot/fossil", "/386/bin/fossil/fossil"}, {"-f", "%s", "-c", "srv -A fboot", "-c", "srv -p fscons"}, "fboot", 1,
		{{128*1024, "\x37\x76\xAE\x89", 4}}},
	{{"gefs"}, {"/boot/gefs", "/386/bin/gefs"}, {"-n", "gefs", "-f", "%s"}, "gefs", 1, {{0, "gefs", 4}}},
	{{"fs", "hjfs"}, {"/boot/hjfs", "/386/bin/hjfs"}, {"-n", "hjfs", "-f", "%s"}, "hjfs", 1},
	{{"fscache"}, {"/boot/cwfs64x", "/386/bin/cwfs64x"}, {"-n", "fs", "-f", "%s"}, "fs", 1},
};

static int
marked(int fd, Server *s)
{
	char buf[Maxmark];
	Mark *m;
	int found;

	found = 0;
	for(m = s->marks; m < s->marks+nelem(s->marks) && m->n > 0; m++){
		if(pread(fd, buf, m->n, m->at) != m->n || memcmp(buf, m->bytes, m->n) != 0)
			return 0;
		found = 1;
	}
	return found;
}

static int
named(char *part, Server *s)
{
	char *name, *e, **p;
	int n;

	name = strrchr(part, '/');
	name = name != nil ? name+1 : part;
	e = strchr(name, '.');
	n = e != nil ? e-name : strlen(name);
	for(p = s->parts; p < s->parts+nelem(s->parts) && *p != nil; p++)
		if(strlen(*p) == n && strncmp(*p, name, n) == 0)
			return 1;
	return 0;
}

/* Who serves the file system on a partition, given by its file; nil: nobody knows. */
Server*
findserver(char *part)
{
	Server *s;
	int fd, found;

	fd = open(part, OREAD);
	if(fd < 0)
		return nil;
	found = 0;
	for(s = servers; s < servers+nelem(servers); s++)
		if((found = marked(fd, s)) != 0)
			break;
	close(fd);
	if(found)
		return s;
	for(s = servers; s < servers+nelem(servers); s++)
		if(named(part, s))
			return s;
	return nil;
}

/* Can a partition with that server be a root? */
int
isroot(Server *s)
{
	return s->root;
}

/* the program's file below dir, nil if it is not there */
static char*
programin(char *dir, Server *s)
{
	char *file;
	int i;

	for(i = 0; i < nelem(s->files) && s->files[i] != nil; i++){
		file = smprint("%s%s", dir, s->files[i]);
		if(access(file, AEXEC) == 0)
			return file;
		free(file);
	}
	return nil;
}

static char*
lastname(char *file)
{
	return strrchr(file, '/')+1;
}

/* Is its program one of our own, which is always there? */
int
isours(Server *s)
{
	return strcmp(lastname(s->files[0]), "9660srv") == 0 || strcmp(lastname(s->files[0]), "dossrv") == 0;
}

/* the program's file in the tree on a connection, which is then mounted on /mnt; nil if it is not there */
static char*
programon(int fd, Server *s)
{
	char *file;

	if(fd < 0)
		return nil;
	if(mount(fd, -1, "/mnt", MREPL, "") < 0){
		close(fd);
		return nil;
	}
	file = programin("/mnt", s);
	if(file == nil)
		unmount(nil, "/mnt");
	return file;
}

/* in a directory that the host shares */
static char*
shared(Server *s)
{
	char *file, *name;
	Dir *d;
	int i, n, fd;

	fd = open("#h", OREAD);
	n = fd < 0 ? 0 : dirreadall(fd, &d);
	close(fd);
	file = nil;
	for(i = 0; i < n && file == nil; i++)
		if(d[i].name[0] != '.'){
			name = smprint("#h/%s", d[i].name);
			file = programon(open(name, ORDWR), s);
			free(name);
		}
	return file;
}

/* on a CD-ROM, which may be what the disk was installed from */
static char*
oncd(Server *s)
{
	char *part[Maxpart], *file;
	Server *cd;
	int i, n;

	file = nil;
	n = partitions(part, nelem(part));
	for(i = 0; i < n; i++){
		cd = file == nil ? findserver(part[i]) : nil;
		if(cd != nil && strcmp(lastname(cd->files[0]), "9660srv") == 0)
			file = programon(serve(part[i], cd), s);
		free(part[i]);
	}
	return file;
}

/* the program's file: in the root archive, or in a tree that is then mounted on /mnt */
static char*
findprog(Server *s)
{
	char *file;

	file = programin("", s);
	if(file == nil && !isours(s)){
		file = shared(s);
		if(file == nil)
			file = oncd(s);
	}
	return file;
}

static void
execserver(char *prog, Server *s, char *part, char *unit)
{
	char *argv[nelem(s->args)+2];
	int i;

	argv[0] = lastname(prog);
	for(i = 0; i < nelem(s->args) && s->args[i] != nil; i++)
		argv[i+1] = strcmp(s->args[i], "%s") == 0 ? part : s->args[i];
	argv[i+1] = nil;
	bind("#c", "/dev", MREPL);
	bind("#S", "/dev", MAFTER);
	bind("#s", "/srv", MREPL|MCREATE);
	bind("#e", "/env", MREPL|MCREATE);
	bind("#p", "/proc", MREPL);
	bind("#d", "/fd", MREPL);
	if(unit != nil)
		showunit(part, unit);
	exec(prog, argv);
	fprint(2, "boot: can't exec %s: %r\n", prog);
	_exits("exec");
}

/* Start the server of a partition; returns a connection to it. */
int
serve(char *part, Server *s)
{
	char *prog, *unit, file[64];
	int fd, i, p[2], pid;

	prog = findprog(s);
	if(prog == nil)
		fail(smprint("%s: needs %s, which is a distribution's: -s DIR, where DIR is its tree, or its CD-ROM by -d",
			part, lastname(s->files[0])));
	unit = isours(s) ? nil : unitname(part);
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
		execserver(prog, s, part, unit);
	}
	free(unit);
	if(strncmp(prog, "/mnt/", 5) == 0)
		unmount(nil, "/mnt");
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
	fail(smprint("%s: %s did not post %s", part, prog, file));
}
