/*
 * Packets of TCP that are longer than the wire takes (Blong), between those who are spared cutting and summing them: a device and the
 * stack.  Everybody else sees what the wire would carry.  The headers of such a packet, IPv4's or IPv6's and TCP's, are in its first Block; its
 * checksum field holds the sum of the pseudo header, and aux the bytes of data in each of its segments.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "ip.h"
#include "tcp.h"

enum {
	Sum	= 16,		/* of TCP's header: where the checksum is */
};

/* An IP packet of n bytes: fill in its checksum. */
void
longsum(uchar *p, int n)
{
	int hdr;

	if(n == 0)
		return;
	hdr = p[0]>>4 == 4? (p[0] & 0xF)*4: V6hdr;
	if(n >= hdr+Tcphdr)
		put2(p+hdr+Sum, sumfold(sumadd(0, p+hdr, n-hdr)));
}

/* The headers of a segment, thlen of them TCP's, which were those of a packet in which it had m bytes of data from off on, the nth of its segments. */
static void
segment(Block *b, Rx *rx, int thlen, int off, int m, int nth, int last)
{
	uchar *p, *t;

	p = b->rp;
	t = p + rx->hlen;
	if(rx->v == 4){
		put2(p+2, rx->hlen + thlen + m);
		put2(p+4, get2(p+4) + nth);
		put2(p+10, 0);
		put2(p+10, sumfold(sumadd(0, p, rx->hlen)));
	}else
		put2(p+4, thlen + m);
	put4(t+4, get4(t+4) + off);
	if(!last)
		t[13] &= ~(FIN|PSH);
	if(nth > 0)
		t[13] &= ~CWR;
	put2(t+Sum, 0);
	put2(t+Sum, sumfold(sumblock(sumpseudo(&rx->src, &rx->dst, Ptcp, thlen+m), b, rx->hlen, thlen+m)));
}

/* Bytes of TCP's header of a packet; 0: it has none. */
static int
tcphdr(Block *b, Rx *rx)
{
	int n;

	if(BLEN(b) < rx->hlen+Tcphdr)
		return 0;
	n = (b->rp[rx->hlen+12]>>4)*4;
	return n >= Tcphdr && BLEN(b) >= rx->hlen+n? n: 0;
}

int
longseg(Block *b, Rx *rx)
{
	int n;

	n = tcphdr(b, rx);
	return n == 0 || b->aux == 0? 0: rx->hlen + n + b->aux;
}

/* Where it must go cut: give f each segment.  longseg has said that it can be; it is gone then. */
void
longcut(Ifc *ifc, Block *b, Rx *rx, void (*f)(Ifc*, Block*, Rx*))
{
	Block *nb;
	int hdr, thlen, off, len, m, nth;

	thlen = tcphdr(b, rx);
	hdr = rx->hlen + thlen;
	len = blocklen(b) - hdr;
	for(off = nth = 0; off < len; off += m, nth++){
		m = len-off < b->aux? len-off: b->aux;
		nb = pktalloc(hdr);
		if(nb != nil){
			memmove(nb->wp, b->rp, hdr);
			nb->wp += hdr;
			nb->next = pktslice(b, hdr+off, m);
		}
		if(nb == nil || nb->next == nil){
			ifc->f->ipstat[Sindiscards]++;
			freeblist(nb);
			break;
		}
		segment(nb, rx, thlen, off, m, nth, off+m == len);
		f(ifc, nb, rx);
	}
	freeblist(b);
}
