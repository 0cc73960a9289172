/* The table behind ctype.h, and the three functions that work without it. */
#include <u.h>
#include <libc.h>
#include <ctype.h>

#define c8	_C, _C, _C, _C, _C, _C, _C, _C
#define p5	_P, _P, _P, _P, _P
#define u5	_U, _U, _U, _U, _U
#define l5	_L, _L, _L, _L, _L

uchar _ctype[256] =
{
	c8, _C, _S|_C, _S|_C, _S|_C, _S|_C, _S|_C, _C, _C,
	c8, c8,
	_S|_B, p5, p5, p5,
	_N, _N, _N, _N, _N, _N, _N, _N, _N, _N, p5, _P, _P,
	_U|_X, _U|_X, _U|_X, _U|_X, _U|_X, _U|_X, u5, u5, u5, u5, p5, _P,
	_L|_X, _L|_X, _L|_X, _L|_X, _L|_X, _L|_X, l5, l5, l5, l5, _P, _P, _P, _P,
	_C,
};

int
toascii(int c)
{
	return c & 0x7F;
}

int
tolower(int c)
{
	return c >= 'A' && c <= 'Z' ? c-'A'+'a' : c;
}

int
toupper(int c)
{
	return c >= 'a' && c <= 'z' ? c-'a'+'A' : c;
}
