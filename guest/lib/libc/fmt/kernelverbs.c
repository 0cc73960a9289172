/* The verbs that the kernel begins with: no floating point, no error string. */
#include <u.h>
#include <libc.h>
#include "fmtdef.h"

Fmts _fmttab[128] =
{
	['%'] = _percentfmt,
	['C'] = _runefmt,
	['Q'] = quoterunestrfmt,
	['S'] = _runestrfmt,
	['X'] = _intfmt,
	['b'] = _intfmt,
	['c'] = _charfmt,
	['d'] = _intfmt,
	['o'] = _intfmt,
	['p'] = _intfmt,
	['q'] = quotestrfmt,
	['s'] = _strfmt,
	['x'] = _intfmt,
};
