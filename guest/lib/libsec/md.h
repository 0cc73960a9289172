/*
 * What the digests share: collecting blocks, and the padding of MD5 and the
 * SHAs, a 1 bit, zeroes, and the length in bits.
 */
typedef struct Method Method;

struct Method
{
	int	block;			/* bytes */
	int	digest;
	int	bigendian;
	void	*init;			/* the initial state, digest words */
	int	initsize;
	void	(*step)(DigestState*, uchar*, ulong);	/* whole blocks, bytes */
	void	(*put)(DigestState*, uchar*);
};

DigestState*	_digest(Method*, uchar*, ulong, uchar*, DigestState*);
