/*
 * AES in Galois/Counter mode, NIST SP 800-38D, with nonces of 96 bits.  A product in the field goes
 * four bits at a time, by a table of the key's sixteen multiples.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "libsec.h"
#include "crypt.h"

static uvlong
get8(uchar *p)
{
	uvlong v;
	int i;

	v = 0;
	for(i = 0; i < 8; i++)
		v = v<<8 | p[i];
	return v;
}

static void
put8(uchar *p, uvlong v)
{
	int i;

	for(i = 7; i >= 0; i--, v >>= 8)
		p[i] = v;
}

/* Times x: bits go from the first byte's highest to the last byte's lowest. */
static void
shift(uvlong *hi, uvlong *lo)
{
	int out;

	out = *lo & 1;
	*lo = *lo>>1 | *hi<<63;
	*hi >>= 1;
	if(out)
		*hi ^= 0xE1ULL<<56;
}

void
gcmkey(Gcm *g, uchar *key, int n)
{
	uchar h[Aesblock];
	uvlong hi, lo;
	int i, k;

	aeskey(g, key, n);
	memset(h, 0, sizeof h);
	aesencrypt(g, h, h);
	hi = get8(h);
	lo = get8(h+8);
	memset(g->table, 0, sizeof g->table);
	for(i = 8; i > 0; i >>= 1){
		g->table[i][0] = hi;
		g->table[i][1] = lo;
		shift(&hi, &lo);
	}
	for(i = 2; i < 16; i <<= 1)
		for(k = 1; k < i; k++){
			g->table[i+k][0] = g->table[i][0] ^ g->table[k][0];
			g->table[i+k][1] = g->table[i][1] ^ g->table[k][1];
		}
}

/* y = (y ^ block) * H */
static void
hashblock(Gcm *g, uvlong *y, uchar *block)
{
	/* what four bits that leave at the end add at the beginning */
	static ushort carry[16] = {
		0x0000, 0x1C20, 0x3840, 0x2460, 0x7080, 0x6CA0, 0x48C0, 0x54E0,
		0xE100, 0xFD20, 0xD940, 0xC560, 0x9180, 0x8DA0, 0xA9C0, 0xB5E0,
	};
	uvlong hi, lo, word;
	int i, out, nib;

	y[0] ^= get8(block);
	y[1] ^= get8(block+8);
	hi = lo = 0;
	for(i = 0; i < 32; i++){
		word = i < 16? y[1]: y[0];
		nib = word>>4*(i&15) & 15;
		if(i > 0){
			out = lo & 15;
			lo = lo>>4 | hi<<60;
			hi = hi>>4 ^ (uvlong)carry[out]<<48;
		}
		hi ^= g->table[nib][0];
		lo ^= g->table[nib][1];
	}
	y[0] = hi;
	y[1] = lo;
}

static void
hashpadded(Gcm *g, uvlong *y, uchar *p, ulong n)
{
	uchar last[Aesblock];

	for(; n >= Aesblock; n -= Aesblock, p += Aesblock)
		hashblock(g, y, p);
	if(n > 0){
		memset(last, 0, sizeof last);
		memmove(last, p, n);
		hashblock(g, y, last);
	}
}

static void
counterblock(Gcm *g, uchar *nonce, u32int n, uchar *out)
{
	memmove(out, nonce, Gcmnonce);
	out[12] = n>>24;
	out[13] = n>>16;
	out[14] = n>>8;
	out[15] = n;
	aesencrypt(g, out, out);
}

static void
crypt(Gcm *g, uchar *nonce, uchar *p, ulong n)
{
	uchar s[Aesblock];
	u32int counter;
	ulong m;

	for(counter = 2; n > 0; counter++, p += m, n -= m){
		counterblock(g, nonce, counter, s);
		m = n < Aesblock? n: Aesblock;
		xorbytes(p, s, m);
	}
}

static void
tagof(Gcm *g, uchar *nonce, uchar *aad, ulong naad, uchar *p, ulong n, uchar *tag)
{
	uchar len[Aesblock];
	uvlong y[2];

	y[0] = y[1] = 0;
	hashpadded(g, y, aad, naad);
	hashpadded(g, y, p, n);
	put8(len, (uvlong)naad*8);
	put8(len+8, (uvlong)n*8);
	hashblock(g, y, len);
	put8(len, y[0]);
	put8(len+8, y[1]);
	counterblock(g, nonce, 1, tag);
	xorbytes(tag, len, Aeadtag);
}

void
gcmseal(Gcm *g, uchar *nonce, uchar *aad, ulong naad, uchar *p, ulong n, uchar *tag)
{
	crypt(g, nonce, p, n);
	tagof(g, nonce, aad, naad, p, n, tag);
}

int
gcmopen(Gcm *g, uchar *nonce, uchar *aad, ulong naad, uchar *p, ulong n, uchar *tag)
{
	uchar t[Aeadtag];

	tagof(g, nonce, aad, naad, p, n, t);
	if(constcmp(t, tag, Aeadtag) != 0)
		return -1;
	crypt(g, nonce, p, n);
	return 0;
}
