/*
 * Blocks of bytes and queues of them: what pipes, the console, 9P and the
 * network move data in.  Everybody who moves data includes this, after dat.h.
 * A Block belongs to whoever holds the pointer; giving it to a queue or to
 * freeb gives it away.  Functions whose name begins with q and that may sleep
 * say so; all others may be called from an interrupt.
 */
typedef struct Block	Block;
typedef struct Queue	Queue;

struct Block {
	Block	*next;		/* in the same queue or packet */
	uchar	*rp;		/* first byte not yet consumed */
	uchar	*wp;		/* first byte not yet filled */
	uchar	*lim;		/* end of the space */
	uchar	*base;		/* start of the space */
	void	(*free)(Block*);	/* if the space is not ours: told when it is no longer used */
	void	*arg;		/* for free */
	ushort	ref;		/* readers that still copy out of it, and one for the holder */
	ushort	pool;		/* free list that it returns to, 0 for the allocator */
	ushort	flag;		/* B... */
	ushort	aux;		/* Blong, of what was received: bytes of data in a segment of it; frag.c: a piece's place */
};

enum {
	/* Block.flag: what a network device checked already, or is asked to fill in */
	Bipck	= 1<<2,
	Budpck	= 1<<3,
	Btcpck	= 1<<4,
	Bpktck	= 1<<5,
	/* or a TCP packet that is longer than the wire takes, without checksum: to be cut by the device, or never cut */
	Blong	= 1<<6,
	/* 1<<7 is the queues' own */

	/* qopen's mode: how records behave */
	Qmsg	= 1<<0,		/* a read takes one record, what does not fit is lost; qbread may get a list */
	Qcoalesce = 1<<1,	/* a read takes as many records as fit: a byte stream */
	Qkick	= 1<<2,		/* kick at every write, not just when the reader was idle */
				/* none: a read takes one record, what does not fit stays */

	Maxatomic = 64*1024,	/* longest write that is one record */
};

#define BLEN(b)		((b)->wp - (b)->rp)
#define BALLOC(b)	((b)->lim - (b)->base)

/* block.c */
Block*	adjustblock(Block*, int);
Block*	allocb(int);
int	blocklen(Block*);
Block*	concatblock(Block*);
Block*	copyblock(Block*, int);
void	freeb(Block*);
void	freeblist(Block*);
Block*	iallocb(int);
Block*	mem2bl(uchar*, int);
Block*	packblock(Block*);
Block*	padblock(Block*, int);
int	pullblock(Block**, int);
Block*	pullupblock(Block*, int);
Block*	trimblock(Block*, int, int);

/* qread.c, qwrite.c: these may sleep, and raise errors */
Block*	qbread(Queue*, int);
long	qbwrite(Queue*, Block*);
long	qread(Queue*, void*, int);
int	qwrite(Queue*, void*, int);

/* qread.c, qwrite.c, queue.c: these do not */
int	qcanread(Queue*);
void	qclose(Queue*);
void	qflush(Queue*);
void	qfree(Queue*);
int	qfull(Queue*);
Block*	qget(Queue*);
void	qhangup(Queue*, char*);
int	qisclosed(Queue*);
int	qiwrite(Queue*, void*, int);
int	qlen(Queue*);
Queue*	qopen(int, int, void (*)(void*), void*);
int	qpass(Queue*, Block*);
int	qpassnolim(Queue*, Block*);
int	qpassrecord(Queue*, Block*);
int	qproduce(Queue*, void*, int);
void	qreopen(Queue*);
int	qwindow(Queue*);
