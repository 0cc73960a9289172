/*
 * Ciphers and authenticators of the kernel's own, for #a and #D; digests are libsec's.  Sizes are in bytes.
 * Include libsec.h first.
 */
typedef struct Aes	Aes;
typedef struct Gcm	Gcm;
typedef struct Poly	Poly;
typedef struct Rc4	Rc4;

typedef DigestState*	Digest(uchar*, ulong, uchar*, DigestState*);

enum
{
	Aesblock	= 16,
	Hashblock	= 64,		/* of MD5, SHA-1, SHA-256 */
	Maxdigest	= SHA2_256dlen,
	Chachakey	= 32,
	Chachanonce	= 12,
	Gcmnonce	= 12,
	Aeadtag		= 16,
};

struct Aes
{
	int	rounds;
	u32int	enc[4*15];
	u32int	dec[4*15];
};

struct Rc4
{
	uchar	s[256];
	uchar	i;
	uchar	j;
};

struct Gcm
{
	Aes;
	uvlong	table[16][2];		/* multiples of the hash key */
};

/* hmac.c */
void	hmac(Digest*, int, uchar*, ulong, uchar*, ulong, uchar*);	/* digest, its size, key, message, result */
void	hmackey(Digest*, uchar*, ulong, DigestState*, DigestState*);	/* the states with which inner and outer begin */
int	constcmp(uchar*, uchar*, int);		/* 0: equal; in a time that does not tell where not */
void	xorbytes(uchar*, uchar*, ulong);	/* into the first */

/* aes.c */
void	aeskey(Aes*, uchar*, int);		/* 16, 24 or 32 */
void	aesencrypt(Aes*, uchar*, uchar*);	/* from, to; may be the same */
void	aesdecrypt(Aes*, uchar*, uchar*);
void	aescbcencrypt(Aes*, uchar*, uchar*, ulong);	/* iv, which goes on; whole blocks in place */
void	aescbcdecrypt(Aes*, uchar*, uchar*, ulong);

/* rc4.c */
void	rc4key(Rc4*, uchar*, int);
void	rc4(Rc4*, uchar*, ulong);

/* Both of these leave a tag, or compare with it, and return -1 if it is another. */
/* chacha.c: key, nonce, additional data, text in place, tag */
void	ccpolyseal(uchar*, uchar*, uchar*, ulong, uchar*, ulong, uchar*);
int	ccpolyopen(uchar*, uchar*, uchar*, ulong, uchar*, ulong, uchar*);

/* gcm.c */
void	gcmkey(Gcm*, uchar*, int);
void	gcmseal(Gcm*, uchar*, uchar*, ulong, uchar*, ulong, uchar*);
int	gcmopen(Gcm*, uchar*, uchar*, ulong, uchar*, ulong, uchar*);
