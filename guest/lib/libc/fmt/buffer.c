/*
 * print(2) into memory, of a given size or growing.  All end the text with a
 * NUL and keep runes whole.
 */
#include <u.h>
#include <libc.h>
#include "fmtdef.h"

static void
initbuf(Fmt *f, int runes, void *buf, void *stop, va_list args)
{
	memset(f, 0, sizeof *f);
	f->runes = runes;
	f->start = f->to = buf;
	f->stop = stop;
	va_copy(f->args, args);
}

/* e is one past the buffer's end; returns where the NUL is */
char*
vseprint(char *buf, char *e, char *fmt, va_list args)
{
	Fmt f;

	if(e <= buf)
		return nil;
	initbuf(&f, 0, buf, e-1, args);
	dofmt(&f, fmt);
	*(char*)f.to = 0;
	return f.to;
}

char*
seprint(char *buf, char *e, char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	buf = vseprint(buf, e, fmt, args);
	va_end(args);
	return buf;
}

int
vsnprint(char *buf, int n, char *fmt, va_list args)
{
	if(n <= 0)
		return -1;
	return vseprint(buf, buf+n, fmt, args) - buf;
}

int
snprint(char *buf, int n, char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	n = vsnprint(buf, n, fmt, args);
	va_end(args);
	return n;
}

int
sprint(char *buf, char *fmt, ...)
{
	va_list args;
	uintptr room;
	int n;

	room = ~(uintptr)buf;		/* to the end of memory, or far enough */
	if(room > 65536)
		room = 65536;
	va_start(args, fmt);
	n = vsnprint(buf, room, fmt, args);
	va_end(args);
	return n;
}

Rune*
runevseprint(Rune *buf, Rune *e, char *fmt, va_list args)
{
	Fmt f;

	if(e <= buf)
		return nil;
	initbuf(&f, 1, buf, e-1, args);
	dofmt(&f, fmt);
	*(Rune*)f.to = 0;
	return f.to;
}

Rune*
runeseprint(Rune *buf, Rune *e, char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	buf = runevseprint(buf, e, fmt, args);
	va_end(args);
	return buf;
}

int
runevsnprint(Rune *buf, int n, char *fmt, va_list args)
{
	if(n <= 0)
		return -1;
	return runevseprint(buf, buf+n, fmt, args) - buf;
}

int
runesnprint(Rune *buf, int n, char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	n = runevsnprint(buf, n, fmt, args);
	va_end(args);
	return n;
}

int
runesprint(Rune *buf, char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = runevsnprint(buf, 65536/sizeof(Rune), fmt, args);
	va_end(args);
	return n;
}

/* doubles the buffer, keeping room for the NUL */
static int
grow(Fmt *f)
{
	ulong used, size;
	char *p;
	int unit;

	unit = f->runes ? sizeof(Rune) : 1;
	used = (char*)f->to - (char*)f->start;
	size = 2*((char*)f->stop - (char*)f->start + unit);
	p = realloc(f->start, size);
	if(p == nil){
		free(f->start);
		f->start = f->to = f->stop = nil;
		return 0;
	}
	f->start = p;
	f->to = p + used;
	f->stop = p + size - unit;
	return 1;
}

static int
growinit(Fmt *f, int runes)
{
	int size;

	size = runes ? 64*sizeof(Rune) : 128;
	memset(f, 0, sizeof *f);
	f->runes = runes;
	f->start = f->to = malloc(size);
	if(f->start == nil)
		return -1;
	f->stop = (char*)f->start + size - (runes ? sizeof(Rune) : 1);
	f->flush = grow;
	return 0;
}

int
fmtstrinit(Fmt *f)
{
	return growinit(f, 0);
}

/* the text so far, now the caller's to free; nil if memory ran out */
char*
fmtstrflush(Fmt *f)
{
	if(f->start == nil)
		return nil;
	*(char*)f->to = 0;
	return f->start;
}

int
runefmtstrinit(Fmt *f)
{
	return growinit(f, 1);
}

Rune*
runefmtstrflush(Fmt *f)
{
	if(f->start == nil)
		return nil;
	*(Rune*)f->to = 0;
	return f->start;
}

char*
vsmprint(char *fmt, va_list args)
{
	Fmt f;

	if(growinit(&f, 0) < 0)
		return nil;
	va_copy(f.args, args);
	dofmt(&f, fmt);
	return fmtstrflush(&f);
}

char*
smprint(char *fmt, ...)
{
	va_list args;
	char *s;

	va_start(args, fmt);
	s = vsmprint(fmt, args);
	va_end(args);
	if(s != nil)
		setmalloctag(s, getcallerpc(&fmt));
	return s;
}

Rune*
runevsmprint(char *fmt, va_list args)
{
	Fmt f;

	if(growinit(&f, 1) < 0)
		return nil;
	va_copy(f.args, args);
	dofmt(&f, fmt);
	return runefmtstrflush(&f);
}

Rune*
runesmprint(char *fmt, ...)
{
	va_list args;
	Rune *s;

	va_start(args, fmt);
	s = runevsmprint(fmt, args);
	va_end(args);
	return s;
}
