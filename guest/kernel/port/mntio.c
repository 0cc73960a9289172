/*
 * 9P by whole messages: the way of mntrpc.c to a server behind a channel whose
 * driver has Dev.rpc.  A message and its reply are one Msgio, which is the driver's
 * until it is done, so that there is no stream to take apart, nobody reads for others,
 * and data goes between the server and the pages of the process that reads or
 * writes.  Nothing of an Rpc is freed before the driver is done with it: a process
 * that cannot wait leaves it behind as an orphan.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "fcall.h"
#include "qio.h"
#include "mnt.h"

static Rpc	*graves;	/* (i) done, with nobody waiting */

/* From an interrupt, where pages cannot be given back. */
void
rpcbury(Rpc *r)
{
	r->next = graves;
	graves = r;
}

void
rpcreap(void)
{
	Rpc *r;
	int s;

	while(graves != nil){
		s = splhi();
		r = graves;
		graves = r->next;
		splx(s);
		rpcend(r);
	}
}

/* Free what r has, and r, of which the driver is done. */
void
rpcend(Rpc *r)
{
	Mnt *m;

	m = r->m;
	unpinpages(r->pinned, r->npin);
	free(r->pinned);
	if(r->io.seg != r->seg)
		free(r->io.seg);
	freeb(r->out);
	freeb(r->in);
	rpcfree(r);
	if(--m->nrpc == 0 && m->closed)
		free(m);
}

/* Pages of memory as pieces, neighbours joined; returns how many pieces. */
static int
describe(Msgseg *s, Page **pp, ulong va, long n)
{
	ulong k, pa, off;
	int i, nseg;

	nseg = 0;
	off = va & PGMASK;
	for(i = 0; n > 0; i++, off = 0){
		k = BY2PG - off;
		if(k > n)
			k = n;
		pa = pagepa(pp[i]) + off;
		if(nseg > 0 && s[nseg-1].pa + s[nseg-1].len == pa)
			s[nseg-1].len += k;
		else{
			s[nseg].pa = pa;
			s[nseg].len = k;
			nseg++;
		}
		n -= k;
	}
	return nseg;
}

/*
 * r's message is followed by n bytes at p, or is to be answered with them (in).
 * 0 if that memory is none of which a device can have the pages.
 */
int
rpcdata(Rpc *r, uchar *p, long n, int in)
{
	int npage, nseg;

	if((ulong)p >= KERNBASE || n == 0)
		return 0;
	npage = (PGROUND((ulong)p+n) - PGTRUNC((ulong)p)) >> PGSHIFT;
	r->pinned = malloc(npage*sizeof(Page*));
	r->io.seg = malloc((2+npage)*sizeof(Msgseg));
	if(r->pinned == nil || r->io.seg == nil)
		error(Enomem);
	r->npin = pinpages((ulong)p, n, in, r->pinned);
	if(r->npin == 0)
		return 0;
	nseg = describe(r->io.seg+(in? 2: 1), r->pinned, (ulong)p, n);
	r->io.nout = in? 1: 1+nseg;
	r->io.nin = in? 1+nseg: 1;
	if(!in)
		r->io.seg[1+nseg].len = 0;	/* the reply's place */
	return 1;
}

/* The bytes of the reply that a request may have. */
static int
replyroom(Rpc *r, Block *b)
{
	if(r->type != Tread)
		return RPCREPLY;
	if(r->npin > 0)
		return RPCREAD;
	return RPCFIRST + GBIT32(b->rp+MSGHDR+BIT32SZ+BIT64SZ) + RPCREAD;
}

/* The reply is in r->in, as far as it is not data apart from it. */
static void
reply(Rpc *r)
{
	Block *b;
	ulong size, n;

	if(r->io.status != Rpcok){
		r->err = r->io.status == Rpcflushed? Eintr: Emountrpc;
		return;
	}
	b = r->in;
	size = r->io.used;
	n = size;
	if(r->npin > 0 && r->type == Tread && b->rp[4] == Rread)
		n = RPCFIRST;
	if(size < MSGHDR || n > b->lim - b->rp || GBIT32(b->rp) != size || GBIT16(b->rp+5) != r->tag){
		r->err = Emountrpc;
		return;
	}
	b->wp = b->rp + n;
	r->rtype = b->rp[4];
	if(r->rtype != r->type+1 && r->rtype != Rerror){
		r->err = Emountrpc;
		return;
	}
	b->rp += MSGHDR;
	r->in = nil;
	r->reply = b;
}

static void
done(Msgio *io)
{
	Rpc *r;

	r = io->arg;
	reply(r);
	rpcfinish(r);
}

/*
 * Send b, which is r's from now on, with the data that rpcdata was given.  An
 * error means that it was not sent.
 */
void
rpcstart(Rpc *r, Block *b)
{
	Msgseg *s;
	int n;

	r->out = b;
	n = replyroom(r, b);
	r->in = allocb(n);
	if(r->npin == 0){
		if(r->io.seg != r->seg)
			free(r->io.seg);
		r->io.seg = r->seg;
		r->io.nout = 1;
		r->io.nin = 1;
	}
	s = r->io.seg;
	s[0].pa = PADDR(b->rp);
	s[0].len = BLEN(b);
	s[r->io.nout].pa = PADDR(r->in->rp);
	s[r->io.nout].len = n;
	r->io.fin = done;
	r->io.arg = r;
	if(r->m->rpc(r->m->c, &r->io))
		done(&r->io);
}
