/* sechash(2)'s common part. */
#include <u.h>
#include <libc.h>
#include <libsec.h>
#include "md.h"

static void
pad(Method *m, DigestState *s)
{
	uchar tail[2*128];
	uvlong bits;
	int n, len, i;

	bits = s->len << 3;
	len = m->block == 128 ? 16 : 8;		/* bytes of the length field */
	n = m->block - s->blen;
	if(n < 1+len)
		n += m->block;
	memset(tail, 0, sizeof tail);
	memmove(tail, s->buf, s->blen);
	tail[s->blen] = 0x80;
	n += s->blen;
	for(i = 0; i < 8; i++)
		if(m->bigendian)
			tail[n-1-i] = bits>>8*i;
		else
			tail[n-8+i] = bits>>8*i;
	m->step(s, tail, n);
}

DigestState*
_digest(Method *m, uchar *p, ulong n, uchar *out, DigestState *s)
{
	ulong k;

	if(s == nil){
		s = mallocz(sizeof *s, 1);
		if(s == nil)
			return nil;
		s->malloced = 1;
	}
	if(!s->seeded){
		memmove(s->bstate, m->init, m->initsize);
		s->seeded = 1;
		s->len = 0;
		s->blen = 0;
	}
	s->len += n;
	if(s->blen > 0){
		k = m->block - s->blen;
		if(k > n)
			k = n;
		memmove(s->buf + s->blen, p, k);
		s->blen += k;
		p += k;
		n -= k;
		if(s->blen == m->block){
			m->step(s, s->buf, m->block);
			s->blen = 0;
		}
	}
	k = n - n % m->block;
	if(k > 0){
		m->step(s, p, k);
		p += k;
		n -= k;
	}
	if(n > 0){
		memmove(s->buf, p, n);
		s->blen = n;
	}
	if(out == nil)
		return s;
	pad(m, s);
	m->put(s, out);
	if(s->malloced)
		free(s);
	else
		memset(s, 0, sizeof *s);
	return nil;
}
