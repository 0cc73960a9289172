/*
 * factotum, who has the keys and speaks for the user when servers ask who he is.  A distribution expects of its boot program that
 * one runs: it is the distribution's own, posts /srv/factotum and mounts itself on /mnt.  -n: it asks no secstore
 * for keys, since none may answer; $factotumopts has other words, such as -S, by which it takes a server's key from nvram.
 */
#include <u.h>
#include <libc.h>
#include "boot.h"

enum
{
	Maxopts		= 16,
	Patience	= 10,		/* seconds until we go on, ready or not */
};

static char	*files[] = {"/boot/factotum", "/386/bin/auth/factotum"};

static void
execfactotum(char *file, char *opts)
{
	char *argv[Maxopts+4];
	int n;

	n = 0;
	argv[n++] = "factotum";
	argv[n++] = "-n";
	argv[n++] = "-sfactotum";
	if(opts != nil)
		n += tokenize(opts, argv+n, Maxopts);
	argv[n] = nil;
	exec(file, argv);
	fprint(2, "boot: can't exec %s: %r\n", file);
	_exits("exec");
}

/* Start it, if the tree has one.  Its first process ends when it serves. */
void
factotum(void)
{
	int i, pid;

	for(i = 0; i < nelem(files) && access(files[i], AEXEC) < 0; i++)
		;
	if(i == nelem(files) || access("#s/factotum", AEXIST) == 0)
		return;
	pid = rfork(RFPROC|RFFDG|RFREND|RFNOTEG);
	if(pid == 0)
		execfactotum(files[i], value("factotumopts"));
	waitsome(pid, Patience);
	if(pid < 0 || access("#s/factotum", AEXIST) < 0)
		fprint(2, "boot: %s does not serve: who is asked for a key will have none\n", files[i]);
}
