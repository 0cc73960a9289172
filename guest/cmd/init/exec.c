/*
 * A program of the host's, in place of a shell: what the host was told to run by
 * -x.  /boot/program says where its file is, /boot/args and /boot/env hold its
 * arguments and variables, each ended by a NUL, and /boot/dir the name of the
 * directory on the host in which it was started.  While it runs, requests to
 * end come from the host as notes to us, and are passed on.
 */
#include <u.h>
#include <libc.h>
#include "init.h"

static int	child;		/* the process that gets the notes; 0: none yet */
static char	early[ERRMAX];	/* a note that came before there was one */

static void
pass(int pid, char *note)
{
	char file[32];
	int fd;

	snprint(file, sizeof file, "#p/%d/note", pid);
	fd = open(file, OWRITE);
	if(fd >= 0)
		write(fd, note, strlen(note));
	close(fd);
}

static int
caught(void*, char *note)
{
	if(strcmp(note, "interrupt") != 0 && strcmp(note, "hangup") != 0 && strcmp(note, "abort") != 0)
		return 0;
	if(child == 0)
		strecpy(early, early+sizeof early, note);
	else
		pass(child, note);
	return 1;
}

/* Whether there is such a program; if so, notes are caught from now on. */
int
hostprogram(void)
{
	if(access("/boot/program", AEXIST) < 0)
		return 0;
	atnotify(caught, 1);
	return 1;
}

/* It runs as process pid. */
void
hoststarted(int pid)
{
	child = pid;
	if(early[0] != 0)
		pass(pid, early);
}

/* Words of a file, each ended by a NUL: into argv, from its element n; returns their end. */
static char**
words(char *file, int n)
{
	char **v, *s, *e;
	long len;
	int i;

	s = readfile(file, &len);
	if(s == nil)
		len = 0;
	i = n;
	for(e = s; e < s+len; e += strlen(e)+1)
		i++;
	v = malloc((i+1)*sizeof(char*));
	if(v == nil)
		sysfatal("no memory for the words of %s", file);
	for(i = n, e = s; e < s+len; e += strlen(e)+1)
		v[i++] = e;
	v[i] = nil;
	return v;
}

static void
variables(void)
{
	char **v, *val;

	for(v = words("/boot/env", 0); *v != nil; v++){
		val = strchr(*v, '=');
		if(val == nil)
			continue;
		*val++ = 0;
		setenv(*v, val, strlen(val));
	}
}

/* Become the program; the console is ours already. */
void
hostexec(void)
{
	char **argv, *file, *dir;

	file = smprint("/%s", readfile("/boot/program", nil));
	dir = readfile("/boot/dir", nil);
	variables();
	if(dir != nil && access(dir, AEXIST) == 0)
		chdir(dir);
	argv = words("/boot/args", 1);
	argv[0] = file;
	exec(file, argv);
	sysfatal("can't run %s: %r", file);
}
