/*
 * AES, FIPS 197.  A round is four lookups a word, in tables that the first key makes from the arithmetic of
 * the standard, and no other file knows of.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "libsec.h"
#include "crypt.h"

static uchar	sbox[256];
static uchar	inverse[256];
static u32int	enctab[256];		/* SubBytes and MixColumns of a byte in the first row; other rows are turned */
static u32int	dectab[256];
static int	made;

static u32int
ror(u32int x, int n)
{
	return n == 0? x: x>>n | x<<(32-n);
}

static uchar
mul(uchar a, uchar b)
{
	uchar r;

	for(r = 0; b != 0; b >>= 1){
		if(b & 1)
			r ^= a;
		a = a<<1 ^ (a & 0x80? 0x1B: 0);
	}
	return r;
}

static u32int
column(uchar a, uchar b, uchar c, uchar d)
{
	return (u32int)a<<24 | b<<16 | c<<8 | d;
}

/* 3 generates all that is not zero, so powers and logarithms give inverses. */
static void
mktables(void)
{
	uchar pow[256], log[256], x, s;
	int i, k;

	x = 1;
	for(i = 0; i < 255; i++){
		pow[i] = x;
		log[x] = i;
		x = mul(x, 3);
	}
	pow[255] = pow[0];
	for(i = 0; i < 256; i++){
		x = i == 0? 0: pow[255-log[i]];
		s = x ^ 0x63;
		for(k = 1; k <= 4; k++)
			s ^= (uchar)(x<<k | x>>(8-k));
		sbox[i] = s;
		inverse[s] = i;
	}
	for(i = 0; i < 256; i++){
		s = sbox[i];
		enctab[i] = column(mul(s, 2), s, s, mul(s, 3));
		x = inverse[i];
		dectab[i] = column(mul(x, 14), mul(x, 9), mul(x, 13), mul(x, 11));
	}
	made = 1;
}

static u32int
get4(uchar *p)
{
	return column(p[0], p[1], p[2], p[3]);
}

static void
put4(uchar *p, u32int x)
{
	p[0] = x>>24;
	p[1] = x>>16;
	p[2] = x>>8;
	p[3] = x;
}

static u32int
subword(uchar *box, u32int a, u32int b, u32int c, u32int d)
{
	return column(box[a>>24], box[b>>16 & 255], box[c>>8 & 255], box[d & 255]);
}

/* InvMixColumns of a word */
static u32int
unmix(u32int w)
{
	return dectab[sbox[w>>24]] ^ ror(dectab[sbox[w>>16 & 255]], 8)
		^ ror(dectab[sbox[w>>8 & 255]], 16) ^ ror(dectab[sbox[w & 255]], 24);
}

void
aeskey(Aes *a, uchar *key, int n)
{
	u32int w, *k;
	uchar rcon;
	int i, nk, nw;

	if(!made)
		mktables();
	nk = n/4;
	a->rounds = nk+6;
	nw = 4*(a->rounds+1);
	rcon = 1;
	for(i = 0; i < nk; i++)
		a->enc[i] = get4(key+4*i);
	for(; i < nw; i++){
		w = a->enc[i-1];
		if(i%nk == 0){
			w = subword(sbox, w<<8 | w>>24, w<<8, w<<8, w<<8 | w>>24) ^ (u32int)rcon<<24;
			rcon = mul(rcon, 2);
		}else if(nk > 6 && i%nk == 4)
			w = subword(sbox, w, w, w, w);
		a->enc[i] = a->enc[i-nk] ^ w;
	}
	/* the equivalent inverse cipher: rounds from the last, all but the ends through InvMixColumns */
	k = a->dec;
	for(i = 0; i < nw; i++){
		w = a->enc[4*(a->rounds-i/4) + i%4];
		k[i] = i < 4 || i >= nw-4? w: unmix(w);
	}
}

/* One word of a round. */
static u32int
mixed(u32int *tab, u32int a, u32int b, u32int c, u32int d)
{
	return tab[a>>24] ^ ror(tab[b>>16 & 255], 8) ^ ror(tab[c>>8 & 255], 16) ^ ror(tab[d & 255], 24);
}

void
aesencrypt(Aes *a, uchar *from, uchar *to)
{
	u32int s[4], t[4], *k;
	int i, r;

	k = a->enc;
	for(i = 0; i < 4; i++)
		s[i] = get4(from+4*i) ^ *k++;
	for(r = 1; r < a->rounds; r++){
		for(i = 0; i < 4; i++)
			t[i] = mixed(enctab, s[i], s[(i+1)&3], s[(i+2)&3], s[(i+3)&3]) ^ *k++;
		memmove(s, t, sizeof s);
	}
	for(i = 0; i < 4; i++)
		put4(to+4*i, subword(sbox, s[i], s[(i+1)&3], s[(i+2)&3], s[(i+3)&3]) ^ *k++);
}

void
aesdecrypt(Aes *a, uchar *from, uchar *to)
{
	u32int s[4], t[4], *k;
	int i, r;

	k = a->dec;
	for(i = 0; i < 4; i++)
		s[i] = get4(from+4*i) ^ *k++;
	for(r = 1; r < a->rounds; r++){
		for(i = 0; i < 4; i++)
			t[i] = mixed(dectab, s[i], s[(i+3)&3], s[(i+2)&3], s[(i+1)&3]) ^ *k++;
		memmove(s, t, sizeof s);
	}
	for(i = 0; i < 4; i++)
		put4(to+4*i, subword(inverse, s[i], s[(i+3)&3], s[(i+2)&3], s[(i+1)&3]) ^ *k++);
}

void
aescbcencrypt(Aes *a, uchar *iv, uchar *p, ulong n)
{
	for(; n >= Aesblock; n -= Aesblock, p += Aesblock){
		xorbytes(p, iv, Aesblock);
		aesencrypt(a, p, p);
		memmove(iv, p, Aesblock);
	}
}

void
aescbcdecrypt(Aes *a, uchar *iv, uchar *p, ulong n)
{
	uchar next[Aesblock];

	for(; n >= Aesblock; n -= Aesblock, p += Aesblock){
		memmove(next, p, Aesblock);
		aesdecrypt(a, p, p);
		xorbytes(p, iv, Aesblock);
		memmove(iv, next, Aesblock);
	}
}
