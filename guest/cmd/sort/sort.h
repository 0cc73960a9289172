/*
 * sort: what its files share.  key.c compares lines, run.c keeps lines in memory
 * and in sorted files (runs) and merges them.
 */

typedef struct Key Key;
typedef struct Line Line;
typedef struct Src Src;

enum
{
	/* how a key is compared */
	Fblank	= 1<<0,		/* b: blanks in front do not count */
	Fdict	= 1<<1,		/* d: only letters, digits and blanks count */
	Ffold	= 1<<2,		/* f: letters of both cases are the same */
	Fascii	= 1<<3,		/* i: only printable ASCII counts */
	Fwhite	= 1<<4,		/* w: blanks do not count */
	Fnum	= 1<<5,		/* n */
	Fgen	= 1<<6,		/* g: a number with exponent */
	Fmonth	= 1<<7,		/* M */
	Frev	= 1<<8,		/* r */

	Maxkeys	= 32,
};

/* fields and characters to skip to a key's beginning and end */
struct Key
{
	int	flags;
	int	field;
	int	chr;
	int	endfield;
	int	endchr;
	int	toend;		/* it goes to the end of the line */
	int	endblank;
};

struct Line
{
	char	*s;
	int	n;
	uint	prefix;		/* the first four bytes, so that most comparisons end there */
};

/* lines in order, from a file or from a run */
struct Src
{
	int	fd;
	char	*name;
	char	*buf;
	char	*p;
	char	*e;
	int	max;
	int	eof;
	Line	l;
	int	order;		/* among equals, the lower goes first */
};

extern Key	keys[Maxkeys];
extern int	nkeys;
extern int	global;		/* flags of the whole command */
extern Rune	sep;		/* of fields; 0: blanks */
extern int	unique;
extern char	*tmpdir;

int	compare(Line*, Line*);
int	samekeys(Line*, Line*);
void	setline(Line*, char*, int);

int	nextline(Src*);
void	opensrc(Src*, char*);
void	addfile(char*);
void	check(char*);
void	sortall(char*);
void	mergefiles(char**, int, char*);
void	fail(char*, ...) noreturn;
