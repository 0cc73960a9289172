/*
 * RC4, as everybody has it.  Broken as it is, what Bell Labs' programs push on connections knows little else.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "libsec.h"
#include "crypt.h"

static void
swap(uchar *a, uchar *b)
{
	uchar t;

	t = *a;
	*a = *b;
	*b = t;
}

void
rc4key(Rc4 *r, uchar *key, int n)
{
	uchar j;
	int i;

	for(i = 0; i < 256; i++)
		r->s[i] = i;
	j = 0;
	for(i = 0; i < 256; i++){
		j += r->s[i] + key[i%n];
		swap(&r->s[i], &r->s[j]);
	}
	r->i = r->j = 0;
}

/* Encrypts and decrypts. */
void
rc4(Rc4 *r, uchar *p, ulong n)
{
	uchar *s;

	s = r->s;
	for(; n > 0; n--){
		r->i++;
		r->j += s[r->i];
		swap(&s[r->i], &s[r->j]);
		*p++ ^= s[(uchar)(s[r->i] + s[r->j])];
	}
}
