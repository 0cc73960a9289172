/* Processes: fork(2), wait(2), getpid(2), postnote(2), notify(2)'s atnotify. */
#include <u.h>
#include <libc.h>
#include <tos.h>
#include "sys.h"

int
fork(void)
{
	return rfork(RFPROC|RFFDG|RFREND);
}

/* a number in a file of one, as /dev/pid is; 0 if it cannot be read */
static int
readnum(char *file)
{
	char buf[20];
	int fd, n;

	fd = open(file, OREAD);
	if(fd < 0)
		return 0;
	n = read(fd, buf, sizeof buf - 1);
	close(fd);
	if(n <= 0)
		return 0;
	buf[n] = 0;
	return strtol(buf, nil, 10);
}

int
getpid(void)
{
	if(_tos != nil && _tos->pid != 0)
		return _tos->pid;
	return readnum("#c/pid");
}

int
getppid(void)
{
	return readnum("#c/ppid");
}

/* one string, static, for the functions below */
static char*
readname(char *file, char *buf, int size)
{
	int fd, n;

	fd = open(file, OREAD);
	if(fd < 0)
		return nil;
	n = read(fd, buf, size-1);
	close(fd);
	if(n < 0)
		return nil;
	buf[n] = 0;
	return buf;
}

char*
getuser(void)
{
	static char user[64];

	return readname("/dev/user", user, sizeof user) != nil ? user : "none";
}

char*
sysname(void)
{
	static char name[256];

	if(name[0] != 0 || readname("/dev/sysname", name, sizeof name) != nil)
		return name;
	return nil;
}

enum
{
	Await	= 5,		/* fields: pid, three times, message */
};

/* one malloc'd block with the message behind; nil if there is no child */
Waitmsg*
wait(void)
{
	char buf[512], *f[Await];
	Waitmsg *w;
	int n, i;

	n = await(buf, sizeof buf - 1);
	if(n < 0)
		return nil;
	buf[n] = 0;
	if(tokenize(buf, f, Await) != Await){
		werrstr("wait record of the kernel is malformed");
		return nil;
	}
	n = strlen(f[4])+1;
	w = malloc(sizeof *w + n);
	if(w == nil)
		return nil;
	w->pid = strtol(f[0], nil, 10);
	for(i = 0; i < nelem(w->time); i++)
		w->time[i] = strtoul(f[1+i], nil, 10);
	w->msg = (char*)(w+1);
	memmove(w->msg, f[4], n);
	return w;
}

int
waitpid(void)
{
	char buf[512];
	int n;

	n = await(buf, sizeof buf - 1);
	if(n <= 0)
		return -1;
	buf[n] = 0;
	return strtol(buf, nil, 10);
}

int
postnote(int group, int pid, char *note)
{
	char file[48];
	int fd, n, ok;

	if(group != PNPROC && group != PNGROUP){
		werrstr("postnote: neither process nor group");
		return -1;
	}
	snprint(file, sizeof file, "/proc/%d/%s", pid, group == PNPROC ? "note" : "notepg");
	fd = open(file, OWRITE);
	if(fd < 0)
		return -1;
	n = strlen(note);
	ok = write(fd, note, n) == n;
	close(fd);
	return ok ? 0 : -1;
}

enum
{
	Nnotify	= 33,
};

static int (*handlers[Nnotify])(void*, char*);
static Lock handlerlock;

static void
callhandlers(void *ureg, char *note)
{
	int i;

	for(i = 0; i < Nnotify; i++)
		if(handlers[i] != nil && handlers[i](ureg, note)){
			noted(NCONT);
			return;
		}
	noted(NDFLT);
}

/* adds a handler, or takes it away; 0 if there was no room or no such */
int
atnotify(int (*fn)(void*, char*), int in)
{
	static int installed;
	int i;

	lock(&handlerlock);
	if(!installed){
		notify(callhandlers);
		installed = 1;
	}
	for(i = 0; i < Nnotify; i++){
		if(in && handlers[i] == nil){
			handlers[i] = fn;
			break;
		}
		if(!in && handlers[i] == fn){
			handlers[i] = nil;
			break;
		}
	}
	unlock(&handlerlock);
	return i < Nnotify;
}

/* what the kernel saved of the registers when it called a note handler */
typedef struct Notereg Notereg;

struct Notereg
{
	ulong	di, si, bp, nsp, bx, dx, cx, ax;
	ulong	gs, fs, es, ds;
	ulong	trap, ecode;
	ulong	pc, cs, flags, sp, ss;
};

/* leaves the handler for where setjmp was called */
void
notejmp(void *ureg, jmp_buf j, int ret)
{
	Notereg *r;

	r = ureg;
	r->sp = j[0];
	r->pc = j[1];
	r->bp = j[2];
	r->bx = j[3];
	r->si = j[4];
	r->di = j[5];
	r->ax = ret != 0 ? ret : 1;
	noted(NCONT);
}

int
execl(char *file, ...)
{
	va_list args;

	va_start(args, file);
	return exec(file, (char**)args);	/* they lie in memory as exec wants them */
}

static Lock privlock;
static ulong privused;	/* a bit for each word */

void**
privalloc(void)
{
	int i;

	lock(&privlock);
	for(i = 0; i < _nprivates; i++)
		if((privused>>i & 1) == 0){
			privused |= 1UL<<i;
			break;
		}
	unlock(&privlock);
	return i < _nprivates ? &_privates[i] : nil;
}

/* the word is whoever's privalloc gives it to next, with what it holds */
void
privfree(void **p)
{
	if(p < (void**)_privates || p >= (void**)_privates + _nprivates)
		return;
	lock(&privlock);
	privused &= ~(1UL << (p - (void**)_privates));
	unlock(&privlock);
}
