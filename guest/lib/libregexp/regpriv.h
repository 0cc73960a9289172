/*
 * A compiled expression: a graph of instructions, walked by regexec.c for all
 * paths at once.  Numbers in next and alt index Reprog.inst.
 */
typedef struct Inst Inst;
typedef struct Span Span;

enum
{
	Rune1,			/* matches one rune */
	Any,			/* anything but a newline */
	Anynl,			/* anything */
	Class,			/* a rune in, or not in, spans */
	Nclass,
	Bol,			/* at the start of a line */
	Eol,
	Open,			/* parenthesis number n */
	Close,
	Split,			/* goes to next and to alt */
	Match,
};

struct Span
{
	Rune	lo;
	Rune	hi;
};

struct Inst
{
	uchar	op;
	ushort	n;		/* number of a parenthesis, or of spans */
	int	next;
	union {
		int	alt;
		Rune	r;
		int	span;	/* the first, in Reprog.span */
	};
};

struct Reprog
{
	int	ninst;
	int	start;
	int	skips;		/* every match begins with a byte that is set in: */
	uchar	first[256];
	Inst	*inst;
	Span	*span;
};
