/*
 * Digests: sechash(2).  Each function adds n bytes to a digest and, when
 * given a place for the result, finishes it.  Called with a nil state it
 * makes one on the heap, returned unless finished, when it is freed.
 */
enum
{
	MD5dlen		= 16,
	SHA1dlen	= 20,
	SHA2_256dlen	= 32,
	SHA2_512dlen	= 64,
};

typedef struct DigestState DigestState;

struct DigestState
{
	uvlong	len;		/* bytes so far */
	union {
		u32int	state[8];
		u64int	bstate[8];
	};
	uchar	buf[128];	/* an unfinished block */
	int	blen;		/* bytes in it */
	char	malloced;
	char	seeded;		/* state holds the initial values */
};

typedef DigestState MD5state;
typedef DigestState SHA1state;
typedef DigestState SHA2_256state;
typedef DigestState SHA2_512state;

DigestState*	md5(uchar*, ulong, uchar*, DigestState*);
DigestState*	sha1(uchar*, ulong, uchar*, DigestState*);
DigestState*	sha2_256(uchar*, ulong, uchar*, DigestState*);
DigestState*	sha2_512(uchar*, ulong, uchar*, DigestState*);
