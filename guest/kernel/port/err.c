/*
 * Errors unwind to the last waserror of the process.  The text travels in
 * up->errstr; a system call that ends by an error makes it the process's own
 * error string (syscall.c).
 */
#include "u.h"
#include "lib.h"
#include "dat.h"

void
nexterror(void)
{
	if(up->nerrlab <= 0)
		panic("error without a label: %s", up->errstr);
	if(up->nerrlab > NERR)
		panic("error labels: %d", up->nerrlab);
	up->nerrlab--;
	__builtin_longjmp((void**)&up->errlab[up->nerrlab], 1);
}

void
error(char *err)
{
	if(up == nil)
		panic("error without a process: %s", err);
	spllo();
	if(err != up->errstr)
		kstrcpy(up->errstr, err, ERRMAX);
	nexterror();
}

void
errorf(char *fmt, ...)
{
	va_list arg;
	char buf[ERRMAX];

	va_start(arg, fmt);
	vseprint(buf, buf+sizeof buf, fmt, arg);
	va_end(arg);
	error(buf);
}
