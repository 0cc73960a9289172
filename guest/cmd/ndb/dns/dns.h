/*
 * ndb/dns: what its files share.
 */
typedef struct Answer Answer;
typedef struct Entry Entry;
typedef struct Rtype Rtype;

enum
{
	Maxdname	= 256,		/* a name as text, with its NUL */
	Maxlines	= 64,
	Maxmsg		= 65535,

	/* response codes, RFC 1035, 4.1.1 */
	Rok		= 0,
	Rformat		= 1,
	Rserver		= 2,
	Rname		= 3,
	Rnotimpl	= 4,
	Rrefused	= 5,
};

struct Rtype
{
	char	*name;
	int	num;
};

/* what a name server said */
struct Answer
{
	int	rcode;
	int	truncated;
	ulong	ttl;			/* seconds that it may be believed */
	int	nline;
	char	*line[Maxlines];	/* malloc'd: type and data */
};

/* message.c */
extern Rtype	rtypes[];
int	typenum(char*);			/* -1: unknown */
int	packquestion(uchar*, int, ushort, char*, int);	/* id, name, type: bytes, -1 if the name is none */
int	unpackanswer(uchar*, int, ushort, char*, int, Answer*);	/* -1: not an answer to that */
void	freeanswer(Answer*);

/* ask.c */
int	ask(char*, int, Answer*);	/* name, type; -1 and the error string */
extern char	*netroot;
extern int	debug;
