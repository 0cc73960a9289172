/* The verbs that a program begins with. */
#include <u.h>
#include <libc.h>
#include "fmtdef.h"

Fmts _fmttab[128] =
{
	['%'] = _percentfmt,
	['C'] = _runefmt,
	['E'] = _floatfmt,
	['G'] = _floatfmt,
	['Q'] = quoterunestrfmt,
	['S'] = _runestrfmt,
	['X'] = _intfmt,
	['b'] = _intfmt,
	['c'] = _charfmt,
	['d'] = _intfmt,
	['e'] = _floatfmt,
	['f'] = _floatfmt,
	['g'] = _floatfmt,
	['o'] = _intfmt,
	['p'] = _intfmt,
	['q'] = quotestrfmt,
	['r'] = errfmt,
	['s'] = _strfmt,
	['x'] = _intfmt,
};
