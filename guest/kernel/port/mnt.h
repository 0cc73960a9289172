/*
 * The 9P client's private parts: mntrpc.c sends requests and waits for replies,
 * mntio.c has the way to servers that take whole messages, mntstart.c begins a
 * connection, devmnt.c knows what the messages mean.
 */
typedef struct Rpc	Rpc;

enum
{
	MSGHDR	= 7,		/* size[4] type[1] tag[2] */
	MINMSIZE = 256,
	MAXMSIZE = 1024*1024,
	DEFMSIZE = 64*1024+IOHDRSZ,	/* what we propose */
	MAXDEPTH = 6,		/* connections that run inside files of others, and filters: each takes of the kernel's stack */
	MAXPOST	= 64,		/* replies that may lie unread; a pipe holds so many */
	RPCMSIZE = 1024*1024+IOHDRSZ,	/* of channels that take whole messages */
	RPCREPLY = 2048,	/* bytes of a reply, without Rread's data; our devices send no longer ones */
	RPCREAD	= 256,		/* of Rread, when its data goes elsewhere */
	RPCFIRST = 11,		/* Rread's bytes before the data */
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
	int	(*rpc)(Chan*, Msgio*);	/* the channel takes whole messages; then what follows counts */
	int	nrpc;		/* (i) Rpcs that live */
	int	closed;		/* the channel is: the last Rpc ends this */
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

	/* on a channel that takes whole messages */
	Msgio	io;
	Msgseg	seg[2];		/* io.seg, if there is no data apart */
	Block	*out;		/* the message */
	Block	*in;		/* room for the reply */
	Page	**pinned;	/* the data's */
	int	npin;
};

/* devmnt.c */
long	mntfetch(Chan*, void*, long, vlong);

/* mntstart.c */
void	mntforget(Chan*);		/* let go of a file without telling the server */

/* mntcache.c */
void	cacheopen(Chan*, int);
void	cachedrop(Chan*);
long	cacheread(Chan*, uchar*, long, vlong);

/* mntrpc.c */
Block*	newmsg(int, int);
void	put8(Block*, int);
void	put16(Block*, int);
void	put32(Block*, ulong);
void	put64(Block*, uvlong);
void	putstr(Block*, char*);
Block*	replybody(Block*, int);
uchar*	getqid(uchar*, Qid*);
Block*	mntrpc(Mnt*, Block*, int*);
Block*	mntrpcdata(Mnt*, Block*, uchar*, long, int);	/* and data apart from the message, which is written to?; nil: cannot */
void	mntpost(Mnt*, Block*);
void	mntdestroy(Mnt*);
Block*	mntreadmsg(Mnt*);
void	mntwritemsg(Mnt*, Block*);
void	rpcfinish(Rpc*);
void	rpcfree(Rpc*);

/* mntio.c */
void	rpcstart(Rpc*, Block*);		/* send it */
void	rpcend(Rpc*);			/* free what it has */
void	rpcbury(Rpc*);			/* from an interrupt: free it soon */
void	rpcreap(void);			/* free what was buried */
int	rpcdata(Rpc*, uchar*, long, int);	/* the data apart from the message; 0: cannot be */
