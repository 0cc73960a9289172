/*
 * rc: what its files share.  A command line is parsed into a tree of Nodes
 * (lex.c, parse.c), which run.c walks; word.c turns word nodes into lists of
 * strings.  Nodes and lists live in an arena that works as a stack: who runs a
 * command takes a mark before and releases it after, so nothing is freed one
 * by one.  What must live longer (values of variables, bodies of functions) is
 * copied into memory of its own.
 */

typedef struct Arena Arena;
typedef struct Catch Catch;
typedef struct Chunk Chunk;
typedef struct Func Func;
typedef struct Input Input;
typedef struct Mark Mark;
typedef struct Node Node;
typedef struct Redir Redir;
typedef struct Saved Saved;
typedef struct Str Str;
typedef struct Val Val;
typedef struct Var Var;
typedef struct Word Word;

/* arena.c */
struct Chunk
{
	Chunk	*down;
	char	*end;
	char	data[];
};

struct Arena
{
	Chunk	*top;
	char	*p;		/* next free byte of top */
	Chunk	*spare;		/* one chunk kept by release */
};

struct Mark
{
	Chunk	*top;
	char	*p;
};

/* a string that grows in the heap */
struct Str
{
	char	*s;
	int	n;
	int	max;
};

/*
 * A word.  meta is nil, or as long as s: a non-zero byte there says that the
 * byte of s is an unquoted *, ? or [.
 */
struct Word
{
	Word	*next;
	char	*s;
	char	*meta;
};

enum
{
	/* words */
	Nword,			/* s, meta; quoted */
	Nconcat,		/* a^b */
	Nvar,			/* $a */
	Ncount,			/* $#a */
	Nflat,			/* $"a */
	Nsub,			/* $a(b...) */
	Nlist,			/* (a...) */
	Nback,			/* `a{b}; a may be nil */
	Npipefd,		/* <{a} or >{a}; rtype */

	/* redirections; fd is the one the command sees */
	Nredir,			/* rtype, fd, file name a */
	Ndup,			/* fd becomes a copy of fd1 */
	Nclose,			/* fd */

	/* commands */
	Nsimple,		/* words a..., redirections b... */
	Nassign,		/* a=b c */
	Nblock,			/* commands a... */
	Nwith,			/* redirections b... for command a */
	Npipe,			/* a |[fd=fd1] b */
	Nand,			/* a && b */
	Nor,			/* a || b */
	Nnot,			/* ! a */
	Nfork,			/* @ a */
	Nasync,			/* a & */
	Nif,			/* if(a) b */
	Nifnot,			/* if not a */
	Nfor,			/* for(a in b...) c; anyargs says that there was no in */
	Nwhile,			/* while(a) b */
	Nswitch,		/* switch(a) b; b is Nblock */
	Nmatch,			/* ~ a b... */
	Nfn,			/* fn a... b; b may be nil */

	/* rtype */
	Rread	= 0,
	Rwrite,
	Rappend,
	Rrdwr,
	Rhere,			/* the text is s of the node, its length fd1 */
};

struct Node
{
	uchar	type;
	uchar	rtype;
	uchar	quoted;
	uchar	anyargs;
	int	fd;
	int	fd1;
	char	*s;
	char	*meta;
	Node	*a;
	Node	*b;
	Node	*c;
	Node	*next;		/* in lists */
};

/* the value of a variable: one block of memory; n strings and their bytes */
struct Val
{
	int	n;
	char	*s[];
};

struct Func
{
	int	ref;		/* the variable and the calls in progress */
	Node	*body;
	Arena	arena;		/* holds body */
};

struct Var
{
	Var	*next;		/* in its hash bucket */
	Val	*val;		/* nil: never set */
	Func	*fn;
	char	dirty;		/* val differs from the environment */
	char	fndirty;
	char	inenv;		/* a file of the environment exists */
	char	fninenv;
	char	name[];
};

/*
 * What must be put back when a command ends, however it ends: the value that
 * a local one hides, or the count of a running function.
 */
struct Saved
{
	Saved	*next;
	Var	*v;
	Val	*old;
	Func	*fn;
};

/*
 * Redirections in force, newest first.  The shell itself never moves its
 * descriptors: files are opened at any number, and a child puts them in place
 * before it runs something (applyredirs).
 */
enum
{
	Dopen,			/* from becomes to; from is ours to close */
	Dkeep,			/* from stays open in children too: /fd/N */
	Ddup,			/* to becomes a copy of what from is by then */
	Dclose,
};

struct Redir
{
	Redir	*next;
	int	kind;
	int	from;
	int	to;
};

/* where commands come from */
struct Input
{
	Input	*outer;
	char	*name;		/* for messages; nil: a string */
	int	fd;		/* -1: a string */
	char	*buf;		/* owned when fd >= 0 */
	char	*p;
	char	*e;
	int	line;		/* of the next byte */
	char	interactive;
	char	eof;
	char	intr;		/* a read was interrupted */
	char	prompted;	/* the first prompt of this command was printed */
	char	wantprompt;
	char	wasif;		/* the last command was an if */
	char	keep;		/* fd is not ours to close */
	Str	echo;		/* -v: the line so far */
};

/* where an error in an interactive shell goes back to */
struct Catch
{
	Catch	*up;
	jmp_buf	jmp;
	Input	*input;
	Redir	*redirs;
	Saved	*saved;
	Mark	mark;
};

enum
{
	/* how to run a command */
	Hlast	= 1,		/* the process ends with it: it may be exec'd */
	Hcond	= 2,		/* its failure is looked at: -e does not apply */
};

/* arena.c */
extern Arena	stk;
void*	aalloc(Arena*, ulong);
void*	ralloc(ulong);
char*	rstrdup(char*);
Mark	mark(void);
void	release(Mark);
void	afree(Arena*);
void*	emalloc(ulong);
void	straddc(Str*, int);
void	stradd(Str*, char*, int);
char*	strend(Str*);

/* lex.c */
extern Input	*input;
extern jmp_buf	readjmp;
extern int	reading;		/* a note is to go to readjmp */
enum
{
	Teof	= 256,
	Tword,
	Tredir,			/* rtype, fd */
	Tdup,
	Tclose,
	Tpipe,
	Tandand,
	Toror,
	Tsub,			/* ( right after a word */
	Tcaret,			/* ^ written or supplied */
	Tcount,
	Tflat,
	Tkeyword,		/* for all keywords; kw says which */

	Kfor	= 1,
	Kin,
	Kwhile,
	Kif,
	Knot,
	Kswitch,
	Kfn,
	Kmatch,
	Kbang,
	Kat,
};

typedef struct Tok Tok;
struct Tok
{
	int	type;		/* T..., or the character itself */
	int	kw;
	int	quoted;
	int	rtype;
	int	fd;
	int	fd1;
	char	*s;
	char	*meta;
	int	line;
};

void	lexstart(void);
void	lex(Tok*);
void	skiplines(void);
void	skiprest(void);
int	getbyte(Input*);
int	keyword(char*);
int	isword(int);
int	isname(int);
void	openinput(Input*, char*, int, char*, int);
void	closeinput(void);
char*	hereread(char*, int, int*);

/* parse.c */
int	parseline(Node**);
void	syntaxerror(char*, ...) noreturn;

/* tree.c */
Node*	node(int, Node*, Node*, Node*);
Node*	treecopy(Arena*, Node*);
void	quoteto(Str*, char*);
void	fntext(Str*, char*, Node*);
void	nodetext(Str*, Node*);

/* word.c */
Word*	newword(char*, Word*);
Word*	evalargs(Node*);
Word*	evalnoglob(Node*);
char*	joinwords(Word*);
int	countwords(Word*);
Word*	splitwords(Str*, char*);

/* glob.c */
Word*	expandlist(Word*);
int	match(char*, char*, char*);

/* var.c */
Var*	lookup(char*);
Var*	findvar(char*);
Val*	mkval(Word*);
Val*	varval(char*);
Word*	varwords(char*);
char*	varstr(char*);
void	setvar(char*, Word*);
void	setstr(char*, char*);
void	setlocal(char*, Word*);
void	setlocalval(Var*, Val*);
void	unwind(Saved*);
void	setfn(char*, Node*);
void	holdfn(Func*);
void	setstatus(char*);
char*	getstatus(void);
int	succeeded(void);
void	exportenv(void);
void	importenv(int, int);
extern Saved	*saved;

/* redir.c */
extern Redir	*redirs;
void	addredir(int, int, int);
void	dropredirs(Redir*);
void	openredirs(Node*);
int	realfd(int);
void	applyredirs(void);

/* run.c */
void	run(Node*, int);
void	callfn(Func*, Word*, int);
void	runinput(void);
void	rcerror(char*, ...) noreturn;
void	msg(char*, ...);
void	toprompt(void);
void	leave(void) noreturn;
void	rcexit(char*) noreturn;
extern Catch	*catcher;

/* proc.c */
int	rcfork(int);
void	waitfor(int);
void	waitall(void);
void	addchild(int);
int	knownchild(int);
void	execwords(Word*) noreturn;
void	runexternal(Word*, int);
Word*	cmddirs(char*);
char*	pathjoin(char*, char*);
void	catchnotes(void);
void	heednotes(void);
extern int	nnotes;
extern int	inchild;

/* builtin.c */
typedef struct Builtin Builtin;
struct Builtin
{
	char	*name;
	void	(*f)(Word*, int);
};
Builtin*	findbuiltin(char*);
int	source(char*, Word*, int);

/* main.c */
extern char	flag[128];
extern char	*rcname;
