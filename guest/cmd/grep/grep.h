/*
 * grep: what its files share.  A pattern is parsed into a tree (re.c), the tree
 * becomes a nondeterministic automaton over bytes (nfa.c), and from that the
 * states of a deterministic one are made as input asks for them (dfa.c).
 */

typedef struct Inst Inst;
typedef struct Range Range;
typedef struct Re Re;
typedef struct State State;

enum
{
	/* tree */
	Rempty,
	Rset,			/* one rune of the ranges */
	Rcat,			/* a b */
	Ralt,			/* a | b */
	Rstar,			/* a* */
	Rplus,			/* a+ */
	Rquest,			/* a? */
	Rbol,			/* ^ */
	Reol,			/* $ */

	/* automaton */
	Ibyte,			/* a byte lo..hi, then x */
	Ialt,			/* x or y */
	Ibol,			/* at the start of a line, then x */
	Ieol,			/* at its end, then x */
	Imatch,
};

struct Range
{
	Rune	lo;
	Rune	hi;
};

struct Re
{
	int	type;
	Re	*a;
	Re	*b;
	Range	*set;
	int	nset;
};

struct Inst
{
	uchar	op;
	uchar	lo;
	uchar	hi;
	int	x;
	int	y;
};

/*
 * A set of places in the automaton.  next is nil where nothing is known yet, at
 * the end of a line, and everywhere once the line matches.
 */
struct State
{
	State	*next[256];
	State	*hash;
	uchar	match;
	uchar	ateol;		/* 0: not known; else 1 + does the line match if it ends here */
	int	n;
	int	pc[];
};

extern Inst	*prog;
extern int	nprog;
extern int	startpc;

Re*	parse(char*, int);
void	compile(Re*);
void	dfainit(void);
State*	dfastart(void);
State*	dfastep(State*, int);
int	dfaeol(State*);
void	fail(char*, ...) noreturn;
