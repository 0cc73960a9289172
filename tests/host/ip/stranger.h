/*
 * stranger.c: one stack, and frames made by hand.
 */
#include "host.h"

extern Ip	*f;
extern Ifc	*ifc;
extern uchar	last[2048];		/* the last frame that the stack sent */
extern int	lastlen;
extern ulong	nsent;
extern uchar	pkt[2048];		/* the frame in the making */
extern int	peerport;		/* of the stack, to which segments go */
extern int	ntest, nbad;
Conv*	strangerhost(void);		/* make the stack: a listener at port 7 */
void	ok(int, char*, ulong, char*);	/* TAP: good?, promise, figure, its unit */
void	deliver(uchar*, int);		/* a frame */
void	later(ulong);			/* ms go by */
uchar*	ip4(u32int, int, int);		/* begin an IPv4 packet in pkt: from 10.x.y.z, protocol, bytes behind its header: where those go */
void	segment(u32int, int, u32int, u32int, int, int, int);	/* from, port, seq, ack, flags, window, bytes of data */
void	segmentwith(u32int, int, u32int, u32int, int, int, int, uchar*, int);	/* the same with options */
int	answered(int);			/* the frame just sent is a segment with these flags */
void	introduce(u32int);
Conv*	connects(Conv*, u32int, int);
int	answer(Seg*);
void	noanswers(void);
