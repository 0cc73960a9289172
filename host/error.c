/*
 * Where host functions leave what went wrong.  Called by everything that can fail; the caller that finally gives up
 * prints the text.  The first message wins: what went wrong first is what the user must know.
 */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>

/* Leave a message unless there is one already.  Always returns -1, so that callers can return it. */
int error_set(struct error *err, const char *fmt, ...)
{
	va_list args;

	if (!err || err->text[0])
		return -1;
	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	return -1;
}
