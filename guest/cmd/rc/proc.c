/*
 * Processes and notes.  Records of children that nobody asked about yet are
 * kept (children), because await delivers them in any order.  Notes are only
 * counted when they come and acted on between commands.
 */
#include <u.h>
#include <libc.h>
#include "rc.h"

typedef struct Child Child;
struct Child
{
	int	pid;
	int	done;
	char	status[ERRMAX];
};

static struct
{
	char	*note;		/* how the note begins */
	char	*fn;
	int	pending;
} notes[] = {
	"interrupt",	"sigint",	0,
	"hangup",	"sighup",	0,
	"alarm",	"sigalrm",	0,
	"quit",		"sigquit",	0,
	"term",		"sigterm",	0,
	"sys: fp:",	"sigfpe",	0,
};

static Child	*children;
static int	nchild;
static int	maxchild;
int	nnotes;
int	inchild;

static void
gotnote(void *ureg, char *note)
{
	int i;

	for(i = 0; i < nelem(notes); i++)
		if(strncmp(note, notes[i].note, strlen(notes[i].note)) == 0){
			notes[i].pending++;
			nnotes++;
			if(reading){
				reading = 0;
				notejmp(ureg, readjmp, 1);
			}
			noted(NCONT);
		}
	noted(NDFLT);
}

void
catchnotes(void)
{
	notify(gotnote);
}

/*
 * Act on the notes that came: run their functions, or go to the prompt for an
 * interrupt, or exit.
 */
void
heednotes(void)
{
	Var *v;
	int i;

	for(i = 0; i < nelem(notes); i++)
		while(notes[i].pending > 0){
			notes[i].pending--;
			nnotes--;
			if(inchild)
				leave();
			v = findvar(notes[i].fn);
			if(v != nil && v->fn != nil)
				callfn(v->fn, nil, Hcond);
			else{
				if(i == 0)
					toprompt();
				rcexit("");
			}
		}
}

/* a copy of the shell; it does not go back to the prompt */
int
rcfork(int flags)
{
	int pid;

	exportenv();
	pid = rfork(RFPROC|RFFDG|RFREND|flags);
	if(pid < 0)
		rcerror("can't fork: %r");
	if(pid == 0){
		inchild = 1;
		catcher = nil;
		nchild = 0;
	}
	return pid;
}

static Child*
findchild(int pid)
{
	int i;

	for(i = 0; i < nchild; i++)
		if(children[i].pid == pid)
			return &children[i];
	return nil;
}

/* somebody may ask for the status of pid later */
void
addchild(int pid)
{
	Child *c;

	if(nchild == maxchild){
		maxchild = 2*maxchild+8;
		children = realloc(children, maxchild*sizeof *children);
		if(children == nil)
			rcerror("out of memory");
	}
	c = &children[nchild++];
	c->pid = pid;
	c->done = 0;
	c->status[0] = 0;
}

int
knownchild(int pid)
{
	return findchild(pid) != nil;
}

static void
dropchild(Child *c)
{
	*c = children[--nchild];
}

/*
 * The next child to end: its pid, or -1 when there is none; -2 when a note
 * came first.  *status points into a static buffer.
 */
static int
nextchild(char **status)
{
	static char buf[512];
	char *f[5], err[ERRMAX];
	int n;

	n = await(buf, sizeof buf-1);
	if(n < 0){
		rerrstr(err, sizeof err);
		return strcmp(err, "interrupted") == 0 ? -2 : -1;
	}
	buf[n] = 0;
	if(tokenize(buf, f, nelem(f)) != nelem(f))
		return -1;
	*status = f[4];
	return atoi(f[0]);
}

/*
 * Wait until pid has ended and set $status to its exit message.  A note does
 * not end the wait: who gets interrupted gets it too, and should it go on,
 * so do we.
 */
void
waitfor(int pid)
{
	Child *c;
	char *status;
	int p;

	c = findchild(pid);
	if(c != nil && c->done){
		setstatus(c->status);
		dropchild(c);
		return;
	}
	for(;;){
		p = nextchild(&status);
		if(p == -2)
			continue;
		if(p == -1 || p == pid){
			c = findchild(pid);
			if(c != nil)
				dropchild(c);
			if(p == pid)
				setstatus(status);
			return;
		}
		c = findchild(p);
		if(c != nil){
			c->done = 1;
			strecpy(c->status, c->status+sizeof c->status, status);
		}
	}
}

/* wait for all children; a note ends the wait */
void
waitall(void)
{
	char *status;
	int p;

	do{
		if(nnotes)
			heednotes();
		p = nextchild(&status);
	}while(p != -1);
	nchild = 0;
}

/* the directories in which to look for the file s: for names that say where it is, just "" */
Word*
cmddirs(char *s)
{
	if(s[0] == '/' || s[0] == '#' || strncmp(s, "./", 2) == 0 || strncmp(s, "../", 3) == 0)
		return newword("", nil);
	return varwords("path");
}

/* dir/name in the arena */
char*
pathjoin(char *dir, char *name)
{
	char *s;
	int n;

	if(*dir == 0)
		return name;
	n = strlen(dir)+1+strlen(name)+1;
	s = ralloc(n);
	seprint(s, s+n, "%s/%s", dir, name);
	return s;
}

/* become the command; the descriptors are in place */
void
execwords(Word *w)
{
	char **argv, err[ERRMAX], status[ERRMAX];
	Word *dir, *a;
	int n;

	argv = ralloc((countwords(w)+1)*sizeof argv[0]);
	n = 0;
	for(a = w; a != nil; a = a->next)
		argv[n++] = a->s;
	argv[n] = nil;
	/* a note that came since the fork was only counted: it was meant for the command */
	notify(nil);
	if(nnotes)
		exits("interrupt");
	strecpy(err, err+sizeof err, "file does not exist");
	for(dir = cmddirs(w->s); dir != nil; dir = dir->next){
		exec(pathjoin(dir->s, w->s), argv);
		rerrstr(err, sizeof err);
		if(strstr(err, " allocat") != nil || strstr(err, " full") != nil)
			break;
	}
	fprint(2, "%s: %s\n", w->s, err);
	snprint(status, sizeof status, "can't exec: %s", err);
	exits(status);
}

/* run a program and wait for it; or become it, if nothing is left to do here */
void
runexternal(Word *w, int how)
{
	int pid;

	if(how & Hlast){
		exportenv();
		applyredirs();
		execwords(w);
	}
	pid = rcfork(0);
	if(pid == 0){
		applyredirs();
		execwords(w);
	}
	waitfor(pid);
}
