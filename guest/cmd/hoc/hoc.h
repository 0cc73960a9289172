/*
 * hoc: a calculator with control flow and functions.  lex.c makes tokens of the
 * input, parse.c trees of the tokens, eval.c runs a tree; main.c reads the
 * arguments and has the table of built-in functions.
 */

/* tokens and operators: a character is its own token */
enum
{
	Tend	= 256,
	Tnumber,
	Tstring,
	Tname,
	Tif,
	Telse,
	Twhile,
	Tfor,
	Tfunc,
	Tproc,
	Treturn,
	Tbreak,
	Tcontinue,
	Tprint,
	Tread,
	Tor,
	Tand,
	Teq,
	Tne,
	Tle,
	Tge,
	Tinc,
	Tdec,
	Taddeq,
	Tsubeq,
	Tmuleq,
	Tdiveq,
	Tmodeq,
	Tpoweq,
};

/* what a name stands for */
enum
{
	Undef,
	Variable,
	Constant,
	Builtin,
	Function,
	Procedure,
};

enum
{
	Maxargs	= 32,
};

typedef struct Node Node;
typedef struct Sym Sym;
typedef struct Code Code;

struct Sym
{
	Sym	*next;
	char	*name;
	int	type;
	double	value;		/* Variable, Constant */
	double	(*fn1)(double);	/* Builtin of one argument */
	double	(*fn2)(double, double);	/* Builtin of two */
	Code	*code;		/* Function, Procedure */
};

/* A function or procedure.  Shared by the symbol and the calls under way. */
struct Code
{
	int	nparam;
	Sym	*param[Maxargs];
	Node	*body;
};

enum
{
	Nnumber	= 512,
	Nstring,
	Nvar,
	Nassign,	/* op says which */
	Nunary,
	Nbinary,
	Npre,		/* op Tinc or Tdec */
	Npost,
	Ncall,
	Nread,
	Nexpr,		/* statement: print the value */
	Nquiet,		/* statement: do not */
	Nprint,
	Nif,
	Nwhile,
	Nfor,
	Nblock,		/* a then b */
	Nreturn,
	Nbreak,
	Ncontinue,
	Nnothing,
};

struct Node
{
	int	type;
	int	op;
	int	line;
	double	value;
	char	*text;
	Sym	*sym;
	Node	*a, *b, *c, *d;
	Node	*next;		/* of a list: arguments, things to print */
};

/* lex.c */
void	lexinit(Biobuf*, char*);	/* input, or nil and text */
int	next(void);			/* the next token, in tok too */
void	skipline(void);
extern int	tok;
extern double	toknum;
extern char	*toktext;
extern int	line;
extern int	depth;			/* open braces: newlines inside do not end */
extern Biobuf	*readin;		/* where read() reads: the current input */

/* parse.c */
Node*	statement(void);		/* the next one; nil for a definition or an empty line */
void	freetree(Node*);
Sym*	lookup(char*);

/* eval.c */
void	run(Node*);

/* main.c */
void	fail(int, char*, ...);		/* says what is wrong at a line; back to reading */
#pragma varargck argpos fail 2
