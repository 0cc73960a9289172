/*
 * The 9P client's private parts: mntrpc.c sends requests and waits for replies,
 * devmnt.c knows what the messages mean.
 */
typedef struct Rpc	Rpc;

enum
{
	MSGHDR	= 7,		/* size[4] type[1] tag[2] */
	MINMSIZE = 256,
	MAXMSIZE = 1024*1024,
	DEFMSIZE = 64*1024+IOHDRSZ,	/* what we propose */
	MAXDEPTH = 6,		/* connections that run inside files of others */
	MAXPOST	= 64,		/* replies that may lie unread; a pipe holds so many */
	MAXORPHAN = 20000,	/* requests without reply that make a server a dead one */
};

/* One connection: it belongs to the Chan that carries it. */
struct Mnt
{
	Chan	*c;		/* to the server */
	ulong	id;		/* Chan.dev of its files */
	ulong	msize;		/* longest message */
	int	depth;
	int	starting;	/* fversion is under way */
	char	*dead;		/* why nothing works any more, or nil */
	Rpc	*waiting;	/* requests without a reply */
	int	norphan;	/* those that nobody waits for */
	Proc	*reader;	/* who reads replies, for all */
	Block	*in;		/* bytes read that make no message yet */
	int	nin;
	char	version[64];
};

/* One request. */
struct Rpc
{
	Rendez;			/* where its process sleeps */
	Rpc	*next;		/* in Mnt.waiting */
	ushort	tag;
	ushort	oldtag;		/* a flush: of what; free when this is answered */
	uchar	type;
	uchar	rtype;		/* of the reply */
	uchar	done;		/* answered, or failed because of err */
	uchar	flushed;	/* a flush of it was answered */
	uchar	orphan;		/* nobody waits any more */
	Rpc	*flushes;	/* a flush: of this one; its process waits there */
	Block	*reply;		/* behind the header */
	char	*err;
	Mnt	*m;
};

/* mntrpc.c */
Block*	newmsg(int, int);
void	put8(Block*, int);
void	put16(Block*, int);
void	put32(Block*, ulong);
void	put64(Block*, uvlong);
void	putstr(Block*, char*);
Block*	mntrpc(Mnt*, Block*, int*);
void	mntpost(Mnt*, Block*);
void	mntdestroy(Mnt*);
Block*	mntreadmsg(Mnt*);
void	mntwritemsg(Mnt*, Block*);
