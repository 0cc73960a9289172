/*
 * Which program serves a root on a disk, and starting it.  What is on the disk says it, as far as it has a mark that
 * we know, since a partition's name promises nothing (fs is kfs's on some systems and hjfs's on others); where there is none, the name
 * does.  The programs for FAT and ISO 9660 are ours; where others are, prog.c knows.
 */
#include <u.h>
#include <libc.h>
#include "boot.h"

enum
{
	Maxwait		= 300,		/* tenths of a second for a server to post itself */
	Patience	= 20,		/* until that may be under another name than it was told */
	Maxmark		= 16,
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
	{{nil}, {"/boot/kfs", "/386/bin/kfs", "/386/bin/disk/kfs"}, {"-f", "%s", "-s"}, nil, 1, {{256, "kfs wren device\n", 16}},
		"kfs wren device\n"},
	{{"fossil"}, {"/boot/fossil", "/386/bin/fossil/fossil"}, {"-f", "%s", "-c", "srv -A fboot", "-c", "srv -p fscons"}, "fboot", 1,
		{{128*1024, "\x37\x76\xAE\x89", 4}}, "\x89\xAE\x76\x37", 1},
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

char*
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

/* its arguments, in argv */
static void
arguments(Server *s, char *prog, char *part, char **argv)
{
	int i;

	argv[0] = lastname(prog);
	for(i = 0; i < nelem(s->args) && s->args[i] != nil; i++)
		argv[i+1] = strcmp(s->args[i], "%s") == 0 ? part : s->args[i];
	argv[i+1] = nil;
}

static void
names(void)
{
	bind("#c", "/dev", MREPL);
	bind("#S", "/dev", MAFTER);
	bind("#s", "/srv", MREPL|MCREATE);
	bind("#e", "/env", MREPL|MCREATE);
	bind("#p", "/proc", MREPL);
	bind("#d", "/fd", MREPL);
	bind("#I0", "/net", MREPL);
}

static int
late(void*, char *note)
{
	return strcmp(note, "alarm") == 0;
}

/* Wait until the process ends, but not longer than that. */
void
waitsome(int pid, int seconds)
{
	int n;

	atnotify(late, 1);
	alarm(seconds*1000);
	while((n = waitpid()) != pid && n >= 0)
		;
	alarm(0);
	atnotify(late, 0);
}

/*
 * Start a program.  Piped: its standard input and output are a pipe, of which the other end is returned.  Waited: the number of the process,
 * which is to be waited for, is returned; else 0.  A unit is what the disk of part is to be called as well.
 */
int
start(char *prog, char **argv, int how, char *part, char *unit)
{
	int p[2], pid;

	if(how == Piped && pipe(p) < 0)
		fail("boot: no pipe");
	pid = rfork(RFPROC|RFFDG|RFNAMEG|RFREND|RFNOTEG|(how == Waited ? 0 : RFNOWAIT));
	switch(pid){
	case -1:
		fail("boot: can't fork");
	case 0:
		if(how == Piped){
			close(p[0]);
			dup(p[1], 0);
			dup(p[1], 1);
			close(p[1]);
		}
		names();
		if(unit != nil)
			showunit(part, unit);
		exec(prog, argv);
		fprint(2, "boot: can't exec %s: %r\n", prog);
		_exits("exec");
	}
	if(how != Piped)
		return how == Waited ? pid : 0;
	close(p[1]);
	return p[0];
}

/* Something that is no console: the first entry of #s, which is empty before servers start.  In the heap, or nil. */
static char*
anyposted(void)
{
	char *file;
	Dir *d;
	int i, n;

	n = entries("#s", &d);
	file = nil;
	for(i = 0; i < n && file == nil; i++)
		if(strstr(d[i].name, "cmd") == nil && strstr(d[i].name, "cons") == nil)
			file = smprint("#s/%s", d[i].name);
	free(d);
	return file;
}

/* A connection to what the server posts: by the name that it was told, or, if its own configuration knew better, by another. */
static int
posted(char *part, char *prog, Server *s)
{
	char name[64], *other;
	int fd, i;

	snprint(name, sizeof name, "#s/%s", s->srv);
	for(i = 0; i < Maxwait; i++){
		other = i > Patience ? anyposted() : nil;
		fd = open(name, ORDWR);
		if(fd < 0 && other != nil)
			fd = open(other, ORDWR);
		free(other);
		if(fd >= 0)
			return fd;
		sleep(100);
	}
	fail(smprint("%s: %s did not post %s", part, prog, name));
}

/* Start the server of a partition; returns a connection to it. */
int
serve(char *part, Server *s)
{
	char *argv[nelem(s->args)+2], *prog, *unit;
	int fd;

	if(s->venti)
		venti(part);
	prog = findprog(part, s);
	if(prog == nil)
		noprog(part, s);
	arguments(s, prog, part, argv);
	unit = isours(s) ? nil : unitname(part);
	fd = start(prog, argv, s->srv == nil ? Piped : Plain, part, unit);
	free(unit);
	leaveprog(prog);
	if(s->srv == nil)
		return fd;
	return posted(part, prog, s);
}
