/*
 * A program of the host's, in place of a shell: what the host was told to run by
 * -x.  /boot/program says where its file is, /boot/name what its name is (its own
 * on the host, if that is shared), /boot/args and /boot/env hold its
 * arguments and variables, each ended by a NUL, /boot/dir the name of the
 * directory on the host in which it was started, and /boot/shares the name of
 * each share and of its directory there.  Shares are shown at the names that they
 * have on the host, so that all names mean the same here and there.  While the
 * program runs, requests to end come from the host as notes to us, and are
 * passed on.
 */
#include <u.h>
#include <libc.h>
#include "init.h"

/* What a directory of the host cannot replace. */
static char	*mine[] = {"386", "bin", "boot", "dev", "env", "fd", "mnt", "n", "net", "proc", "rc", "srv"};

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
	if(access("#//boot/program", AEXIST) < 0)
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
	static char path[] = ".\0/bin";
	char **v, *val;

	/* what a shell would have set */
	setenv("path", path, sizeof path);
	for(v = words("#//boot/env", 0); *v != nil; v++){
		val = strchr(*v, '=');
		if(val == nil)
			continue;
		*val++ = 0;
		setenv(*v, val, strlen(val));
	}
}

/* the directory and those above it, where that is possible */
static void
mkdirs(char *dir)
{
	char *p;
	int fd;

	for(p = strchr(dir+1, '/');; p = strchr(p+1, '/')){
		if(p != nil)
			*p = 0;
		if(access(dir, AEXIST) < 0){
			fd = create(dir, OREAD, DMDIR|0775);
			close(fd);
		}
		if(p == nil)
			break;
		*p = '/';
	}
}

static int
ismine(char *dir)
{
	int i, n;

	for(i = 0; i < nelem(mine); i++){
		n = strlen(mine[i]);
		if(strncmp(dir+1, mine[i], n) == 0 && (dir[1+n] == 0 || dir[1+n] == '/'))
			return 1;
	}
	return dir[1] == 0;
}

/*
 * Show a share where it is on the host; wd is there as well, or else below what
 * it is set to: the share's place in /n.
 */
static void
showshare(char *name, char *dir, char **wd)
{
	char *n;
	int len;

	n = smprint("/n/%s", name[0] == '.' ? name+1 : name);
	if(name[0] == '.')
		mountshare(name, n);
	if(!ismine(dir)){
		mkdirs(dir);
		if(bind(n, dir, MREPL|MCREATE) >= 0)
			return;
		fprint(2, "init: can't show %s at its own name but only at %s: %r\n", dir, n);
	}
	len = strlen(dir);
	if(*wd != nil && strncmp(*wd, dir, len) == 0 && ((*wd)[len] == 0 || (*wd)[len] == '/' || len == 1))
		*wd = smprint("%s/%s", n, *wd+len);
}

/* Become the program; the console is ours already. */
void
hostexec(void)
{
	char **argv, **s, *file, *dir, *program;

	program = readfile("#//boot/program", nil);
	file = smprint("/%s", program);
	if(access(file, AEXIST) < 0)	/* below a root that has a /boot of its own */
		file = smprint("#//%s", program);
	dir = readfile("#//boot/dir", nil);
	variables();
	for(s = words("#//boot/shares", 0); s[0] != nil && s[1] != nil; s += 2)
		showshare(s[0], s[1], &dir);
	if(dir != nil && chdir(dir) < 0)
		fprint(2, "init: can't go to %s: %r\n", dir);
	argv = words("#//boot/args", 1);
	argv[0] = readfile("#//boot/name", nil);
	exec(file, argv);
	sysfatal("can't run %s: %r", file);
}
