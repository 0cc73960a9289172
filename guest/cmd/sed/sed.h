/*
 * sed: what its files share.  compile.c turns the script into a list of Cmds,
 * exec.c runs it over the input.
 */

typedef struct Addr Addr;
typedef struct Cmd Cmd;
typedef struct Out Out;
typedef struct Piece Piece;
typedef struct Text Text;

enum
{
	Anone,
	Aline,
	Alast,
	Are,

	Maxsub	= 10,			/* \1 to \9, and the whole */
};

/* a string that grows; s[n] is NUL */
struct Text
{
	char	*s;
	int	n;
	int	max;
};

struct Addr
{
	int	type;
	long	line;
	Reprog	*re;			/* nil: the last one used */
};

/* of what replaces a match: text, then, if sub >= 0, a subexpression */
struct Piece
{
	char	*s;
	int	n;
	int	sub;
};

struct Out
{
	Out	*next;
	char	*name;
	Biobuf	*b;
};

struct Cmd
{
	int	fn;
	int	not;
	Addr	a1;
	Addr	a2;
	int	active;			/* between a1 and a2 */
	char	*text;			/* of a c i, file of r, label of b t : */
	Cmd	*to;			/* of b t {; nil: the end */
	Reprog	*re;			/* of s */
	Piece	*piece;
	int	npiece;
	int	global;
	int	print;
	Out	*out;			/* of w and s */
	Rune	*from;			/* of y, as long as with */
	Rune	*with;
	Cmd	*next;
};

extern Cmd	*program;
extern int	allglobal;
extern Biobuf	*sout;

void	fail(char*, ...) noreturn;
void	compile(char*);
void*	emalloc(ulong);
void	addtext(Text*, char*, int);
Out*	openout(char*);
void	execute(char**, int);
void	flushouts(void);

extern int	quiet;
extern int	unbuffered;
