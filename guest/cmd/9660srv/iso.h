/*
 * 9660srv: CD images by 9P, for reading.  An Iso is an image that somebody attached to; a
 * Node is a file in it that a fid is at, and holds its parents, so that .. needs no search.
 */
typedef struct Extent Extent;
typedef struct Iso Iso;
typedef struct Node Node;
typedef struct Rec Rec;

enum
{
	Sector		= 2048,
	Maxextents	= 64,		/* of one file: each can have 4 GB */

	/* offsets in a directory record */
	Rlen		= 0,
	Rextent		= 2,
	Rsize		= 10,
	Rdate		= 18,
	Rflags		= 25,
	Rnamelen	= 32,
	Rname		= 33,

	/* flags */
	Fhidden		= 0x01,
	Fdir		= 0x02,
	Fassoc		= 0x04,
	Fmore		= 0x80,		/* another record goes on with this file */

	/* how names and the like are told, by what the image has and the options allow */
	Plain		= 0,
	Joliet,
	Rock,
	Plan9,
};

struct Iso
{
	Medium;
	int	fd;
	Bcache	*cache;
	int	kind;			/* Plain ... */
	int	skip;			/* bytes before Rock Ridge's fields */
	Node	*root;
};

struct Extent
{
	vlong	addr;			/* bytes */
	vlong	len;
};

/* a directory record as it is read */
struct Rec
{
	uchar	d[256];
	vlong	addr;			/* where it is; of a file's first, if there are more */
	vlong	next;			/* where in the directory the next begins */
};

struct Node
{
	Iso	*iso;
	Node	*parent;		/* the root's is itself, not counted */
	int	ref;
	vlong	addr;			/* of its record; 0: the root */
	char	*name;
	char	*uid;
	char	*gid;
	ulong	mode;			/* as in Dir */
	ulong	mtime;
	vlong	length;
	char	*link;			/* a symbolic link's text, which is what the file holds */
	int	relocated;		/* it is shown elsewhere */
	int	nextent;
	Extent	extent[Maxextents];
};

extern char	Enotfound[], Enomem[], Eio[];
extern int	allowed;		/* bits of kinds that may be used */

/* image.c */
Iso*	attachiso(char*, char**);
void	putiso(Iso*);

/* node.c */
char*	nextnode(Node*, vlong*, Node**);
char*	findnode(Node*, char*, Node**);
Node*	newnode(Iso*, Node*);
void	putnode(Node*);
char*	readnode(Node*, uchar*, long, vlong, long*);
int	setnode(Node*, Rec*);
ulong	isodate(uchar*, int);
char*	readerr(void);
void	setstr(char**, char*, int);

/* fields.c */
int	rockfields(Node*, Rec*);
int	plan9fields(Node*, Rec*);
int	rockskip(Iso*, vlong);
