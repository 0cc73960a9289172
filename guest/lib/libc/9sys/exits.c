/* exits(2), sysfatal, abort and assert: the ways out of a program. */
#include <u.h>
#include <libc.h>

enum
{
	Nexit	= 33,
};

static struct {
	void	(*fn)(void);
	int	pid;		/* who registered it, and shall run it */
} onexit[Nexit];

static Lock onexitlock;

char *argv0;
void (*_sysfatal)(char*, va_list);

/* 1, or 0 if there is no room */
int
atexit(void (*fn)(void))
{
	int i, pid;

	pid = getpid();
	lock(&onexitlock);
	for(i = 0; i < Nexit; i++)
		if(onexit[i].fn == nil){
			onexit[i].fn = fn;
			onexit[i].pid = pid;
			break;
		}
	unlock(&onexitlock);
	return i < Nexit;
}

void
atexitdont(void (*fn)(void))
{
	int i, pid;

	pid = getpid();
	for(i = 0; i < Nexit; i++)
		if(onexit[i].fn == fn && onexit[i].pid == pid)
			onexit[i].fn = nil;
}

void
exits(char *msg)
{
	void (*fn)(void);
	int i, pid;

	pid = 0;
	for(i = Nexit-1; i >= 0; i--){
		fn = onexit[i].fn;
		if(fn == nil)
			continue;
		if(pid == 0)
			pid = getpid();
		if(onexit[i].pid != pid)
			continue;
		onexit[i].fn = nil;
		fn();
	}
	_exits(msg);
}

/* stops the process where a debugger can look at it */
void
abort(void)
{
	for(;;)
		*(volatile int*)0 = 0;
}

void
_assert(char *what)
{
	fprint(2, "assert failed: %s\n", what);
	abort();
}

void
sysfatal(char *fmt, ...)
{
	char buf[256];
	va_list args;

	va_start(args, fmt);
	if(_sysfatal != nil)
		_sysfatal(fmt, args);
	vsnprint(buf, sizeof buf, fmt, args);
	va_end(args);
	if(argv0 != nil)
		fprint(2, "%s: %s\n", argv0, buf);
	else
		fprint(2, "%s\n", buf);
	exits(buf);
}
