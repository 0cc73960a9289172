/*
 * venti, where a fossil may keep the blocks of its snapshots: $venti of plan9.ini names the partition with venti's
 * configuration, and where it is to be called, then asked by HTTP.  It is started before fossil, which is told of it by the same variable;
 * where $venti is no partition of ours, somebody else's venti is meant.
 */
#include <u.h>
#include <libc.h>
#include <ip.h>
#include "boot.h"

enum
{
	Confat		= 248*1024,	/* where the configuration is in its partition */
	Patience	= 120,		/* seconds for it to be ready: it reads its index first */
};

static char	conf[] = "venti config\n";

static Server	server = {
	.files	= {"/boot/venti", "/386/bin/venti/venti"},
	.sign	= conf,
};

/* The partition that is meant by /dev/sdC0/arenas: that of a unit of that name, or of the unit of part. */
static char*
ours(char *name, char *part)
{
	char *file, *last;

	if(strncmp(name, "/dev/", 5) == 0)
		file = smprint("#S/%s", name+5);
	else
		file = strdup(name);
	if(access(file, AREAD) == 0)
		return file;
	last = strrchr(file, '/');
	if(last == nil || strncmp(file, "#S/", 3) != 0){
		free(file);
		return nil;
	}
	last = smprint("%.*s%s", (int)(strrchr(part, '/')-part), part, last);
	free(file);
	return last;
}

static int
isconf(char *file)
{
	char buf[sizeof conf];
	int fd, n;

	fd = open(file, OREAD);
	n = fd < 0 ? 0 : pread(fd, buf, sizeof conf-1, Confat);
	close(fd);
	return n == sizeof conf-1 && memcmp(buf, conf, n) == 0;
}

/* an address at which it is called is one by which it is found, too */
static char*
dialable(char *addr)
{
	char *star;

	star = strstr(addr, "!*!");
	return star != nil ? smprint("%.*s!127.1!%s", (int)(star-addr), addr, star+3) : addr;
}

/* Start the one that the fossil on part wants, if it does. */
void
venti(char *part)
{
	char *words, *f[3], *file, *prog, *unit;
	int n;

	words = value("venti");
	n = words != nil ? tokenize(words, f, nelem(f)) : 0;
	file = n > 0 ? ours(f[0], part) : nil;
	if(file == nil || !isconf(file))
		return;
	if(n < 2)
		f[1] = "tcp!127.1!17034";
	if(n < 3)
		f[2] = "tcp!127.1!8000";
	prog = findprog(part, &server);
	if(prog == nil)
		noprog(file, &server);
	if(mkloopback() < 0)
		fprint(2, "boot: venti: #I0/ipifc: %r\n");
	unit = unitname(file);
	waitsome(start(prog, (char*[]){"venti", "-c", file, "-a", f[1], "-h", f[2], nil}, Waited, file, unit), Patience);
	leaveprog(prog);
	setenv("venti", dialable(f[1]));
}
