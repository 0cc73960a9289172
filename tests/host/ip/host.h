/*
 * The IP stack's core as a host program: host.c stands in for the kernel (memory, time, randomness, Blocks), wire.c
 * joins stacks by wires that lose, double, delay and reorder, io.c is all that knows the host's headers.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "ip.h"
#include "tcp.h"

typedef struct Wire	Wire;
typedef struct Frame	Frame;

struct Frame {
	Frame	*next;
	uvlong	due;		/* us */
	Ifc	*to;
	int	seg;
	int	n;
	uchar	data[];
};

/* One direction of a wire, or both if they are alike. */
struct Wire {
	int	loss;		/* of 1000 */
	int	dup;
	int	reorder;	/* of 1000: this frame comes late */
	int	corrupt;	/* of 1000: a bit is flipped */
	uvlong	delay;		/* us */
	uvlong	rate;		/* bytes a second, 0: no limit */
	uvlong	busy;		/* us: until when the wire is */
	int	limit;		/* frames that wait for it */
	Frame	*first;		/* by due */
	int	nframe;
	ulong	sent;
	ulong	lost;
	int	seg;			/* of the frame that comes out: hostframe's */
	void	(*out)(Wire*, uchar*, int, Ifc*);	/* a frame comes out; for to */
};

/* host.c */
extern uvlong	hostus;			/* the time, us */
extern ulong	blockbytes;		/* memory of all Blocks */
extern int	nomem;			/* of 1000 allocations, so many fail */
extern ulong	hostbytes;		/* of everything that the stack has */
u32int	rnd(void);
void	rndseed(u32int);
Ifc*	hostifc(Ip*, char*, int);	/* an Ethernet interface; mtu of packets */
void	hostaddr(Ifc*, char*, char*);
extern void	(*hostxmit)(Ifc*, Block*);	/* where frames of Ethernet interfaces go */
extern void	(*hostmulti)(uchar*, int);	/* what they are told of groups: receive it, or no longer */
int	tellconv(Conv*, char*);		/* a control message: 0, or -1 with the error printed */
char*	tellerr(Conv*, char*);		/* the same, the error or nil */
Block*	hostframe(uchar*, int, int);	/* bytes, and of a packet that is not cut those in its segments, or 0; nil: no memory */
Conv*	hostconv(Ip*, int);		/* a conversation of a protocol, Xtcp ... */
void	hostdrop(Conv*);		/* its last file is closed */
int	hostwrite(Conv*, uvlong*, uvlong);	/* write the pattern up to a total as far as there is room: bytes */
int	hostread(Conv*, uvlong*, int);	/* read and check up to so many bytes: -1 if wrong */

/* wire.c */
void	wiresend(Wire*, Block*, Ifc*);
uvlong	wirenext(Wire*);		/* us, 0: nothing on it */
void	wirerun(Wire*);			/* deliver what is due */

/* io.c: the host */
void	say(const char*, ...);
void	fatal(const char*, ...) noreturn;
void*	hostalloc(ulong);		/* zeroed */
void	hostfree(void*);
int	tapopen(const char*, int);	/* may frames come uncut? */
long	tapread(int, void*, long, int*);	/* and hostframe's */
long	tapwrite(int, void*, long);
void	tapwait(int, long);		/* us at most */
uvlong	realus(void);
int	pcapopen(const char*);
void	pcapframe(int, uvlong, void*, int);
