/*
 * Classes of ASCII bytes: ctype(2).  Macros over one table; any int in
 * -1..255 may be asked, bytes above 127 are in no class.
 */
enum
{
	_U	= 01,		/* upper case */
	_L	= 02,		/* lower case */
	_N	= 04,		/* digit */
	_S	= 010,		/* space */
	_P	= 020,		/* punctuation */
	_C	= 040,		/* control */
	_B	= 0100,		/* blank */
	_X	= 0200,		/* hexadecimal letter */
};

extern uchar	_ctype[256];

#define isclassof(c, m)	(_ctype[(uchar)(c)]&(m))
#define isalpha(c)	isclassof(c, _U|_L)
#define isupper(c)	isclassof(c, _U)
#define islower(c)	isclassof(c, _L)
#define isdigit(c)	isclassof(c, _N)
#define isxdigit(c)	isclassof(c, _N|_X)
#define isspace(c)	isclassof(c, _S)
#define ispunct(c)	isclassof(c, _P)
#define isalnum(c)	isclassof(c, _U|_L|_N)
#define isprint(c)	isclassof(c, _P|_U|_L|_N|_B)
#define isgraph(c)	isclassof(c, _P|_U|_L|_N)
#define iscntrl(c)	isclassof(c, _C)
#define isascii(c)	((uchar)(c) < 0x80)
