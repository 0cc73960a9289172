/*
 * HMAC, RFC 2104, over any digest of libsec's whose blocks have 64 bytes; and what all ciphers do with bytes.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "libsec.h"
#include "crypt.h"

void
hmackey(Digest *h, uchar *key, ulong n, DigestState *inner, DigestState *outer)
{
	uchar k[Hashblock];
	DigestState s;
	int i;

	memset(k, 0, sizeof k);
	if(n > Hashblock){
		memset(&s, 0, sizeof s);
		(*h)(key, n, k, &s);
	}else
		memmove(k, key, n);
	memset(inner, 0, sizeof *inner);
	memset(outer, 0, sizeof *outer);
	for(i = 0; i < Hashblock; i++)
		k[i] ^= 0x36;
	(*h)(k, Hashblock, nil, inner);
	for(i = 0; i < Hashblock; i++)
		k[i] ^= 0x36 ^ 0x5C;
	(*h)(k, Hashblock, nil, outer);
	memset(k, 0, sizeof k);
}

void
hmac(Digest *h, int dlen, uchar *key, ulong nkey, uchar *msg, ulong n, uchar *out)
{
	DigestState inner, outer;
	uchar d[Maxdigest];

	hmackey(h, key, nkey, &inner, &outer);
	(*h)(msg, n, d, &inner);
	(*h)(d, dlen, out, &outer);
}

int
constcmp(uchar *a, uchar *b, int n)
{
	int r;

	for(r = 0; --n >= 0; )
		r |= *a++ ^ *b++;
	return r;
}

void
xorbytes(uchar *to, uchar *from, ulong n)
{
	for(; n >= 4; n -= 4, to += 4, from += 4)
		*(u32int*)to ^= *(u32int*)from;
	while(n-- > 0)
		*to++ ^= *from++;
}
