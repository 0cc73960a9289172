/* errstr(2).  The system call swaps, so that looking takes two. */
#include <u.h>
#include <libc.h>

void
rerrstr(char *buf, uint n)
{
	char tmp[ERRMAX];

	tmp[0] = 0;
	errstr(tmp, sizeof tmp);
	strecpy(buf, buf+n, tmp);
	errstr(tmp, sizeof tmp);
}

void
werrstr(char *fmt, ...)
{
	va_list args;
	char buf[ERRMAX];

	va_start(args, fmt);
	vseprint(buf, buf+sizeof buf, fmt, args);
	va_end(args);
	errstr(buf, sizeof buf);
}

void
perror(char *s)
{
	if(s != nil && *s)
		fprint(2, "%s: %r\n", s);
	else
		fprint(2, "%r\n");
}
