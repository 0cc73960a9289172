/*
 * The network database: ndb(2), ndb(6).  A file holds entries; an entry is a line
 * and those below it that begin with white space, each of attr=value tuples.
 */
typedef struct Ndb Ndb;
typedef struct Ndbs Ndbs;
typedef struct Ndbtuple Ndbtuple;

enum
{
	Ndbalen		= 32,		/* an attribute, with its NUL */
	Ndbmaxfile	= 1024*1024,
};

/* entry goes through all tuples of an entry, line round those of one line */
struct Ndbtuple
{
	char		attr[Ndbalen];
	char		*val;
	Ndbtuple	*entry;
	Ndbtuple	*line;
};

/* a file, and the one that is searched after it */
struct Ndb
{
	Ndb	*next;
	char	file[128];
	Qid	qid;
	ulong	mtime;
	char	*text;
};

/* where a search is */
struct Ndbs
{
	Ndb	*db;
	char	*at;
	Ndbtuple	*t;		/* the tuple that was found */
};

Ndb*	ndbopen(char*);			/* nil: /lib/ndb/local and what it names by database= */
void	ndbclose(Ndb*);
int	ndbchanged(Ndb*);
int	ndbreopen(Ndb*);
Ndbtuple*	ndbsearch(Ndb*, Ndbs*, char*, char*);	/* attribute, value */
Ndbtuple*	ndbsnext(Ndbs*, char*, char*);
char*	ndbgetvalue(Ndb*, Ndbs*, char*, char*, char*, Ndbtuple**);	/* malloc'd */
Ndbtuple*	ndbfindattr(Ndbtuple*, Ndbtuple*, char*);	/* entry, line first */
Ndbtuple*	ndbparse(char**);		/* the entry at *text, which moves on; nil at the end */
void	ndbfree(Ndbtuple*);
char*	csgetvalue(char*, char*, char*, char*, Ndbtuple**);	/* by asking netroot/cs */

/* what ndb/csquery does: asks /net/cs or another such file each question, or lines of the input if there are none; exits */
void noreturn	ndbask(char*, char**, int);
