/*
 * print(2) to a file descriptor, through a buffer on the stack, and the error
 * string.
 */
#include <u.h>
#include <libc.h>
#include "fmtdef.h"

int
fmtfdflush(Fmt *f)
{
	int n;

	n = (char*)f->to - (char*)f->start;
	if(n > 0 && write((int)f->farg, f->start, n) != n)
		return 0;
	f->to = f->start;
	return 1;
}

/* a Fmt that writes to fd through buf; fmtfdflush sends what remains */
int
fmtfdinit(Fmt *f, int fd, char *buf, int size)
{
	memset(f, 0, sizeof *f);
	f->start = f->to = buf;
	f->stop = buf + size;
	f->flush = fmtfdflush;
	f->farg = (void*)fd;
	return 0;
}

int
vfprint(int fd, char *fmt, va_list args)
{
	Fmt f;
	char buf[1024];
	int n;

	fmtfdinit(&f, fd, buf, sizeof buf);
	va_copy(f.args, args);
	n = dofmt(&f, fmt);
	if(n > 0 && fmtfdflush(&f) == 0)
		return -1;
	return n;
}

int
fprint(int fd, char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vfprint(fd, fmt, args);
	va_end(args);
	return n;
}

int
print(char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vfprint(1, fmt, args);
	va_end(args);
	return n;
}

int
errfmt(Fmt *f)
{
	char buf[ERRMAX];

	rerrstr(buf, sizeof buf);
	return fmtstrcpy(f, buf);
}
