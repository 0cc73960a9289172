/*
 * ftpfs: main.c reads the options, fs.c serves 9P, tree.c remembers what directories
 * hold, xfer.c moves files, list.c reads listings, and session.c talks to the server.
 *
 * A process does each request, while it holds fslock, which guards everything here, but
 * lets go of it while it waits for a file's data (xfer.c); what the main process has to
 * do without it, it leaves to one of these (fs.c).
 * Functions that may fail return -1 and set the error string.
 */
typedef struct Handle Handle;
typedef struct Node Node;
typedef struct Session Session;

enum
{
	Maxline		= 2048,		/* of a reply or a listing; what is longer is cut */
	Maxname		= 255,
	Maxpath		= 4096,
	Maxentries	= 100000,	/* of a directory */
	Maxnodes	= 200000,	/* files known; beyond that, what nobody uses is forgotten */
	Maxsession	= 8,		/* connections to the server */
	Timeout		= 60,		/* seconds in which the server must say something */
	Fresh		= 5,		/* seconds for which a listing is believed */
	Blocksize	= 64*1024,
	Nblock		= 128,		/* of them are kept */

	Link		= 0x02000000,	/* in a mode, while a listing is read: a symbolic link */
};

/* a file of the server's */
struct Node
{
	Node	*parent;		/* itself: the root; each node holds a reference to it */
	char	*name;
	char	*uid;
	char	*gid;
	uvlong	path;			/* of the qid */
	ulong	vers;
	ulong	mode;
	ulong	mtime;
	vlong	length;			/* -1: not known */
	Node	**kid;			/* sorted by name */
	int	nkid;
	long	listed;			/* when the kids were; 0: never */
	long	ref;			/* handles, kids, and one if it is a kid */
	int	nopen;			/* handles that are open */
	int	gone;			/* no kid any more */
	int	seen;			/* in the listing that is being read */
};

/* what a fid is */
struct Handle
{
	Node	*node;
	int	open;
	int	rclose;			/* remove it at the end */
	Session	*up;			/* what is being written */
	vlong	pos;			/* where the next write has to be */
	Handle	*next;			/* of those that are over */
};

/* a connection to the server */
struct Session
{
	int	ctl;			/* -1: none */
	char	net[NETPATHLEN];	/* /net */
	char	addr[64];		/* the server's, for its data */
	int	busy;			/* does a command, or moves a file */
	int	used;			/* has done something: if it fails now, another may not */
	int	noepsv;
	int	norest;
	int	mlsd;
	int	mfmt;
	int	data;			/* of the file being moved; -1: none */
	Node	*down;			/* which is read */
	vlong	pos;			/* and where */
	ulong	vers;			/* and which */
	uchar	in[Maxline];		/* what has come */
	int	nin, rin;
};

/* main.c */
extern char	*host, *user, *pass, *remoteroot;
extern int	debug, quiet;

/* session.c */
extern void	**stopped;		/* of a process: set by a note that its request is flushed */
Session*	getsession(void);	/* one that has nothing to do; marked busy */
void	freesession(Session*);		/* no longer busy */
void	drop(Session*);			/* end it */
int	command(Session*, int, char*, ...);	/* and its reply, of 100 times that number */
int	simple(char*, ...);		/* a command by any session: positive answer or -1 */
int	begin(Session*, char*, ...);	/* start a transfer by s->data */
int	finish(Session*);		/* s->data is at its end: what does the server say? */
long	netread(int, void*, long);
long	netwrite(int, void*, long);
char*	homedir(Session*);		/* malloc'd */

/* tree.c */
extern Node	*root;
extern uvlong	lastpath;
Node*	newnode(Node*, char*);
void	putnode(Node*);
Node*	kidof(Node*, char*);
int	list(Node*);			/* so that its kids are those of now */
void	forget(Node*);			/* the listing */
void	detach(Node*);			/* it is no kid any more */
char*	pathof(Node*);			/* malloc'd; nil and the error string */
Node*	addentry(Node*, char*);		/* for listings */
Node*	addkid(Node*, char*);
void	reorder(Node*);

/* list.c */
int	parsemlsd(Node*, char*);
int	parselist(Node*, char*);

/* xfer.c */
long	download(Node*, void*, long, vlong);
int	startup(Handle*, char*);	/* with STOR or APPE */
long	upload(Handle*, void*, long, vlong);
int	endup(Session*, Node*, vlong);
void	stopdown(Node*);
void	stale(Node*);			/* forget its blocks */

/* fs.c */
void	serve(char*, char*);
void	lockfs(void);			/* fslock, which is held but while somebody waits for data */
void	unlockfs(void);
