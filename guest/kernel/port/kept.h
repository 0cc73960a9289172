/*
 * What the kernel keeps only because it may be wanted again.  Each cache tells it here to kept.c,
 * for /dev/caches; a new one gets a line there.
 */
typedef struct Kept Kept;

struct Kept
{
	ulong	n;
	ulong	bytes;		/* of malloc's pieces */
	ulong	pages;		/* beside those */
};

/* These find zeros; mallockept tells of all that malloc has given out. */
void	blockkept(Kept*);
void	chankept(Kept*);
void	imagekept(Kept*);
void	mallockept(Kept*);
void	mntkept(Kept*);
void	pathkept(Kept*);
void	prockept(Kept*);
void	sdkept(Kept*);
void	spacekept(Kept*);
