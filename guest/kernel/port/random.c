/*
 * /dev/random, and random bytes for the kernel: ChaCha20 keyed by the host's
 * entropy.  Every request takes a key of its own from the generator, which
 * replaces its key at the same moment, so that nothing handed out before can
 * be computed from what is in memory later.  Fresh entropy is mixed in after
 * so many requests and so much time.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "cons.h"

enum {
	Keywords	= 8,
	Blockbytes	= 64,
	Reseedrequests	= 4096,
	Reseedsec	= 60,
	Chunk		= 16*Blockbytes,	/* made before it is copied out */
};

static struct {
	u32int	key[Keywords];
	int	seeded;
	int	nrequest;		/* since the last reseed */
	uvlong	when;			/* of the last reseed, hostmono() */
} gen;

static inline u32int
rotl(u32int x, int n)
{
	return x<<n | x>>(32-n);
}

#define QUARTER(a, b, c, d) \
	a += b; d = rotl(d^a, 16); c += d; b = rotl(b^c, 12); \
	a += b; d = rotl(d^a, 8); c += d; b = rotl(b^c, 7)

/* One block of the stream of key, number n (RFC 8439, 2.3, with nonce 0). */
static void
chachablock(u32int *key, uvlong n, u32int *out)
{
	u32int s[16], x[16];
	int i;

	s[0] = 0x61707865;
	s[1] = 0x3320646e;
	s[2] = 0x79622d32;
	s[3] = 0x6b206574;
	memmove(s + 4, key, Keywords*4);
	s[12] = n;
	s[13] = n>>32;
	s[14] = s[15] = 0;
	memmove(x, s, sizeof x);
	for(i = 0; i < 10; i++){
		QUARTER(x[0], x[4], x[8], x[12]);
		QUARTER(x[1], x[5], x[9], x[13]);
		QUARTER(x[2], x[6], x[10], x[14]);
		QUARTER(x[3], x[7], x[11], x[15]);
		QUARTER(x[0], x[5], x[10], x[15]);
		QUARTER(x[1], x[6], x[11], x[12]);
		QUARTER(x[2], x[7], x[8], x[13]);
		QUARTER(x[3], x[4], x[9], x[14]);
	}
	for(i = 0; i < 16; i++)
		out[i] = x[i] + s[i];
}

static void
reseed(void)
{
	u32int fresh[Keywords];
	int i;

	archrandom(fresh, sizeof fresh);
	for(i = 0; i < Keywords; i++)
		gen.key[i] ^= fresh[i];
	gen.seeded = 1;
	gen.nrequest = 0;
	gen.when = hostmono();
}

/* A key for one request. */
static void
requestkey(u32int *key)
{
	u32int b[16];

	if(!gen.seeded || ++gen.nrequest >= Reseedrequests
	|| hostmono() - gen.when > Reseedsec*1000000000ULL)
		reseed();
	chachablock(gen.key, 0, b);
	memmove(gen.key, b, Keywords*4);
	memmove(key, b + Keywords, Keywords*4);
	memset(b, 0, sizeof b);
}

/* Fill n bytes, which may be user memory. */
long
randomread(void *va, long n)
{
	u32int key[Keywords], buf[Chunk/4];
	uvlong block;
	uchar *p;
	long m, i;

	requestkey(key);
	block = 0;
	for(p = va; n > 0; p += m){
		m = n < Chunk? n: Chunk;
		for(i = 0; i < m; i += Blockbytes)
			chachablock(key, block++, buf + i/4);
		memmove(p, buf, m);
		n -= m;
	}
	memset(key, 0, sizeof key);
	return p - (uchar*)va;
}

/* Fill n bytes of kernel memory. */
void
genrandom(uchar *p, int n)
{
	randomread(p, n);
}
