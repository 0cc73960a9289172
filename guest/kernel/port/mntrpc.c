/*
 * 9P requests and replies of the kernel.  Any number of processes can have
 * requests under way on a connection; one of those that wait reads replies for
 * all and hands each to its process by its tag, and when it has its own it leaves
 * the reading to another.
 *
 * A process that is interrupted while it waits sends Tflush and waits for the
 * answer to that or to its request, whichever comes first.  If it is killed
 * meanwhile, or is interrupted again when the server had time enough, the request
 * becomes an orphan: its tag stays taken until the server answers.  The server
 * may be anything: what it sends is believed only as far as it was checked, and
 * nothing that it does or fails to do keeps more than its own users waiting.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "fcall.h"
#include "qio.h"
#include "mnt.h"

enum
{
	NTAG	= 1<<16,
	PATIENCE = 2*HZ,	/* ticks that a server has to answer a flush */
	CRUMB	= 512,		/* bytes that cost more than they are, in a Block of their own */
	PAN	= 8192,		/* room for many */
};

static struct
{
	ulong	used[NTAG/32];	/* a bit for each tag */
	int	last;
} tags;

static int
newtag(void)
{
	int i, t;

	t = tags.last;
	for(i = 0; i < NTAG; i++){
		t = (t+1) & (NTAG-1);
		if(t == 0 || t == NOTAG)
			continue;
		if((tags.used[t/32] & 1ul<<(t&31)) == 0){
			tags.used[t/32] |= 1ul<<(t&31);
			tags.last = t;
			return t;
		}
	}
	error("too many 9P requests under way");
}

static void
freetag(int t)
{
	tags.used[t/32] &= ~(1ul<<(t&31));
}

/* A request with room for n bytes behind the header. */
Block*
newmsg(int type, int n)
{
	Block *b;

	b = allocb(MSGHDR+n);
	b->wp[4] = type;
	b->wp += MSGHDR;
	return b;
}

void
put8(Block *b, int v)
{
	*b->wp++ = v;
}

void
put16(Block *b, int v)
{
	PBIT16(b->wp, v);
	b->wp += BIT16SZ;
}

void
put32(Block *b, ulong v)
{
	PBIT32(b->wp, v);
	b->wp += BIT32SZ;
}

void
put64(Block *b, uvlong v)
{
	PBIT64(b->wp, v);
	b->wp += BIT64SZ;
}

void
putstr(Block *b, char *s)
{
	int n;

	n = strlen(s);
	put16(b, n);
	memmove(b->wp, s, n);
	b->wp += n;
}

/*
 * A reply's body as one block of at least n bytes, where the fixed part is; or
 * the reply is freed and an error raised.
 */
Block*
replybody(Block *b, int n)
{
	if(blocklen(b) < n){
		freeblist(b);
		error(Emountrpc);
	}
	if(waserror()){
		freeblist(b);
		nexterror();
	}
	b = concatblock(b);
	poperror();
	return b;
}

uchar*
getqid(uchar *p, Qid *q)
{
	q->type = p[0];
	q->vers = GBIT32(p+1);
	q->path = GBIT64(p+5);
	return p + QIDSZ;
}

/* Enter a request into the list of those that wait; b gets its header. */
static Rpc*
newrpc(Mnt *m, Block *b)
{
	Rpc *r;

	r = mallocz(sizeof(Rpc), 1);
	if(r == nil)
		error(Enomem);
	if(waserror()){
		free(r);
		nexterror();
	}
	r->tag = newtag();
	poperror();
	r->m = m;
	r->type = b->rp[4];
	PBIT32(b->rp, BLEN(b));
	PBIT16(b->rp+5, r->tag);
	if(m->rpc != nil){
		m->nrpc++;
		r->io.seg = r->seg;
		return r;
	}
	r->next = m->waiting;
	m->waiting = r;
	return r;
}

/* Send r's message, which is gone in any case.  An error means that it was not sent. */
static void
transmit(Rpc *r, Block *b)
{
	if(r->m->rpc != nil)
		rpcstart(r, b);
	else
		mntwritemsg(r->m, b);
}

/* Take r from the list: was it there? */
static int
unlist(Mnt *m, Rpc *r)
{
	Rpc **l;

	for(l = &m->waiting; *l != nil; l = &(*l)->next)
		if(*l == r){
			*l = r->next;
			return 1;
		}
	return 0;
}

/* The end of a request that is on no list, and that no driver has. */
void
rpcfree(Rpc *r)
{
	freetag(r->tag);
	if(r->oldtag != 0)
		freetag(r->oldtag);
	if(r->orphan)
		r->m->norphan--;
	freeblist(r->reply);
	free(r);
}

static void
discard(Rpc *r)
{
	if(r->m->rpc != nil)
		rpcend(r);
	else
		rpcfree(r);
}

/* Tell whoever waits for r that it is done; r is on no list.  May be an interrupt, if m->rpc is there. */
void
rpcfinish(Rpc *r)
{
	r->done = 1;
	if(r->orphan){
		if(r->m->rpc != nil)
			rpcbury(r);
		else
			rpcfree(r);
		return;
	}
	if(r->flushes != nil){
		r->flushes->flushed = 1;
		wakeup(r->flushes);
	}else
		wakeup(r);
}

/* The connection is of no use any more: all that wait for it fail.  Who reads it does not sleep on r. */
static void
die(Mnt *m, char *why)
{
	Rpc *r;

	m->dead = why;
	if(m->reader != nil && m->reader != up)
		breaksleep(m->reader);
	while((r = m->waiting) != nil){
		m->waiting = r->next;
		r->err = why;
		rpcfinish(r);
	}
}

/*
 * Nobody waits for r any more.  A server that leaves more requests without reply
 * than its users can have at once would use up the tags of all.
 */
static void
abandon(Rpc *r)
{
	int s;

	s = splhi();
	r->orphan = 1;
	r->m->norphan++;
	if(r->m->rpc != nil && r->done)
		rpcbury(r);		/* by an interrupt, since the caller looked */
	splx(s);
}

static void
checkorphans(Mnt *m)
{
	if(m->rpc == nil && m->norphan > MAXORPHAN)
		die(m, Ehungup);
}

/* Somebody else who waits should read now. */
static void
gate(Mnt *m)
{
	Rpc *r;

	for(r = m->waiting; r != nil; r = r->next)
		if(!r->orphan && r->flushes == nil && wakeup(r) != nil)
			return;
}

/*
 * Send a message, which is gone in any case; an interruption means that it was not sent.  If only a part was, what follows
 * would be taken for the rest of it.
 */
void
mntwritemsg(Mnt *m, Block *b)
{
	vlong off;
	long n;
	Chan *c;

	c = m->c;
	n = BLEN(b);
	off = c->offset;
	c->offset += n;
	if(devtab[c->type]->bwrite(c, b, off) != n){
		die(m, Ehungup);
		error(Ehungup);
	}
}

/*
 * Put b behind what was read and is not a whole message yet.  A server may send those byte by byte, and Blocks of one
 * byte would cost the memory of all.
 */
static void
addread(Mnt *m, Block *b)
{
	Block *last, *pan;
	int n;

	if(m->in == nil){
		m->in = b;
		return;
	}
	for(last = m->in; last->next != nil; last = last->next)
		;
	last->next = b;
	n = BLEN(b);
	if(b->next != nil || n > CRUMB)
		return;
	if(last->free != nil || last->lim - last->wp < n){
		pan = iallocb(PAN);
		if(pan == nil)
			return;
		last = last->next = pan;
	}else
		last->next = nil;
	memmove(last->wp, b->rp, n);
	last->wp += n;
	freeb(b);
}

/* Read more of the stream; an error, or nothing, is its end. */
static void
fill(Mnt *m)
{
	Block *b;
	Chan *c;
	int n;

	c = m->c;
	b = devtab[c->type]->bread(c, m->msize > Maxatomic? m->msize: Maxatomic, c->offset);
	n = blocklen(b);
	if(n == 0){
		freeblist(b);
		error(Ehungup);
	}
	c->offset += n;
	addread(m, b);
	m->nin += n;
}

/* Byte i of what was read. */
static int
peek(Mnt *m, int i)
{
	Block *b;

	for(b = m->in; i >= BLEN(b); b = b->next)
		i -= BLEN(b);
	return b->rp[i];
}

/* Take the first n bytes of what was read, as a list. */
static Block*
split(Mnt *m, int n)
{
	Block *head, *b, **l, *rest;
	int left;

	left = n;
	for(l = &m->in; left > BLEN(*l); l = &(*l)->next)
		left -= BLEN(*l);
	b = *l;
	rest = b->next;
	if(BLEN(b) > left){
		*l = mem2bl(b->rp, left);	/* an error leaves all as it was */
		b->rp += left;
		rest = b;
	}else
		b->next = nil;
	head = m->in;
	m->in = rest;
	m->nin -= n;
	return head;
}

/*
 * Read one message, all of it: a list of blocks, from the size on.  Raises
 * Eintr with nothing lost, and other errors when the connection is at its end.
 */
Block*
mntreadmsg(Mnt *m)
{
	ulong size;

	while(m->nin < MSGHDR)
		fill(m);
	size = peek(m, 0) | peek(m, 1)<<8 | peek(m, 2)<<16 | (ulong)peek(m, 3)<<24;
	if(size < MSGHDR || size > m->msize)
		error(Emountrpc);
	while(m->nin < size)
		fill(m);
	return split(m, size);
}

/* Hand a reply to the request that it answers; nobody's is thrown away. */
static void
dispatch(Mnt *m, Block *b)
{
	Rpc *r;
	int tag;

	tag = GBIT16(b->rp+5);
	for(r = m->waiting; r != nil; r = r->next)
		if(r->tag == tag)
			break;
	if(r == nil){
		freeblist(b);
		return;
	}
	unlist(m, r);
	r->rtype = b->rp[4];
	if(r->rtype == r->type+1 || r->rtype == Rerror){
		b->rp += MSGHDR;
		r->reply = b;
	}else{
		freeblist(b);
		r->err = Emountrpc;
	}
	rpcfinish(r);
}

static int
lasting(char *err)
{
	return strcmp(err, Eintr) != 0 && strcmp(err, Enomem) != 0;
}

/* Read and hand out one reply.  Raises nothing but what the process itself is to blame for. */
static void
readreply(Mnt *m)
{
	Block *b;

	if(waserror()){
		if(!lasting(up->errstr))
			nexterror();
		die(m, strcmp(up->errstr, Emountrpc) == 0? Emountrpc: Ehungup);
		return;
	}
	b = mntreadmsg(m);
	if(b->next != nil && BLEN(b) < MSGHDR)
		b = pullupblock(b, MSGHDR);
	poperror();
	dispatch(m, b);
}

static int
rpcready(void *a)
{
	Rpc *r;

	r = a;
	return r->done || r->flushed || (r->m->rpc == nil && r->m->reader == nil);
}

/* Wait until r is answered, or its flush is. */
static void
await(Mnt *m, Rpc *r)
{
	while(!r->done && !r->flushed){
		if(m->rpc != nil || m->reader != nil){
			sleep(r, rpcready, r);
			continue;
		}
		m->reader = up;
		if(waserror()){
			m->reader = nil;
			gate(m);
			nexterror();
		}
		while(!r->done && !r->flushed)
			readreply(m);
		poperror();
		m->reader = nil;
		if(m->dead != nil)
			keepsleep(up);		/* die may have been too late to break one */
		gate(m);
	}
}

/* Send Tflush for r: the request for that. */
static Rpc*
sendflush(Mnt *m, Rpc *r)
{
	Block *b;
	Rpc *f;

	b = newmsg(Tflush, BIT16SZ);
	put16(b, r->tag);
	if(waserror()){
		freeb(b);
		nexterror();
	}
	f = newrpc(m, b);
	poperror();
	f->flushes = r;
	if(waserror()){
		unlist(m, f);
		discard(f);
		nexterror();
	}
	transmit(f, b);
	poperror();
	return f;
}

/*
 * r was interrupted.  Returns when it is answered after all, with r->done, or
 * when its flush is, with r->flushed; raises an error if it is left to itself.
 */
static void
flush(Mnt *m, Rpc *r)
{
	Rpc *volatile f;
	ulong since;

	f = nil;
	since = ticksnow();
	while(waserror()){
		if(r->done || r->flushed)
			goto out;
		if(lasting(up->errstr) || up->procctl == Proc_exitme || ticksnow()-since > PATIENCE){
			abandon(r);
			if(f != nil){
				f->flushes = nil;
				abandon(f);
			}
			checkorphans(m);
			if(m->rpc == nil && m->reader == nil)
				gate(m);
			error(Eintr);
		}
	}
	if(f == nil)
		f = sendflush(m, r);
	if(up->procctl == Proc_exitme)
		error(Eintr);
	if(m->rpc != nil){
		tsleep(r, rpcready, r, TK2MS(PATIENCE)+MS2HZ);
		if(!r->done && !r->flushed)
			error(Eintr);	/* the host's thread hangs; it may keep what it has */
	}else
		await(m, r);
	poperror();
out:
	if(!r->done)
		unlist(m, r);
	if(f == nil)
		return;
	if(f->done){
		discard(f);
		return;
	}
	/* the tag must stay taken until the flush is answered, too */
	f->oldtag = r->tag;
	f->flushes = nil;
	abandon(f);
	r->tag = 0;
}

/* Copy and free a list: at most n bytes; returns how many. */
static int
bl2mem(uchar *p, Block *b, int n)
{
	Block *bb;
	int m, done;

	done = 0;
	for(bb = b; bb != nil && done < n; bb = bb->next){
		m = BLEN(bb);
		if(m > n - done)
			m = n - done;
		memmove(p+done, bb->rp, m);
		done += m;
	}
	freeblist(b);
	return done;
}

/* Turn the body of Rerror, which is freed, into up->errstr. */
static void
serverror(Block *b)
{
	uchar buf[BIT16SZ+ERRMAX];
	int n, len;

	len = bl2mem(buf, b, sizeof buf - 1);
	n = len < BIT16SZ? 0: GBIT16(buf);
	if(n > len - BIT16SZ)
		n = len - BIT16SZ;
	if(n <= 0 || buf[BIT16SZ] == '\0')
		kstrcpy(up->errstr, Emountrpc, ERRMAX);
	else{
		buf[BIT16SZ+n] = '\0';
		kstrcpy(up->errstr, (char*)buf+BIT16SZ, ERRMAX);
	}
}

/* The end of r's wait: what came of it, if not an error; r is gone. */
static Block*
result(Rpc *r, int *type)
{
	Block *reply;
	char *err;

	reply = r->reply;
	r->reply = nil;
	err = r->err;
	*type = r->rtype;
	if(!r->done)
		err = Eintr;
	if(r->m->rpc != nil){
		if(r->done)
			rpcend(r);
		else
			abandon(r);	/* the driver has it still */
	}else{
		if(r->tag != 0)
			freetag(r->tag);
		free(r);
	}
	if(err != nil){
		freeblist(reply);
		error(err);
	}
	return reply;
}

/* Send b, which is gone in any case, as r's message, and wait for the reply. */
static Block*
exchange(Mnt *m, Rpc *r, Block *b, int *rerror)
{
	Block *reply;
	int type;

	if(waserror()){
		if(!r->done){
			unlist(m, r);
			discard(r);
			nexterror();
		}
	}else{
		transmit(r, b);
		poperror();
	}
	if(waserror()){
		if(!r->done)
			flush(m, r);
		/* the reply came first, but who is called does not sleep on before he has heard */
		if(r->done && (up->nnote > 0 || up->procctl == Proc_exitme))
			up->notepending = 1;
	}else{
		await(m, r);
		poperror();
	}
	reply = result(r, &type);
	if(type == Rerror){
		serverror(reply);
		if(rerror == nil)
			error(up->errstr);
		*rerror = 1;
		return nil;
	}
	return reply;
}

static Rpc*
prepare(Mnt *m, Block *b)
{
	Rpc *r;

	if(m->dead != nil){
		freeb(b);
		error(m->dead);
	}
	if(m->rpc != nil)
		rpcreap();
	if(waserror()){
		freeb(b);
		nexterror();
	}
	r = newrpc(m, b);
	poperror();
	return r;
}

/*
 * Send b, which is gone in any case, and wait for the reply: its body, as a
 * list of blocks.  If the server says Rerror, that is raised; or, if rerror is
 * not nil, *rerror is set, the text is in up->errstr and the result nil.
 */
Block*
mntrpc(Mnt *m, Block *b, int *rerror)
{
	return exchange(m, prepare(m, b), b, rerror);
}

/*
 * The same for Tread (in) and Twrite, whose n bytes of data are at p: the reply's
 * fixed part.  Only where m->rpc is there.  nil if the memory is such that
 * the data must be part of the message.
 */
Block*
mntrpcdata(Mnt *m, Block *b, uchar *p, long n, int in)
{
	Rpc *r;
	int apart;

	r = prepare(m, b);
	if(waserror()){
		freeb(b);
		rpcend(r);
		nexterror();
	}
	apart = rpcdata(r, p, n, in);
	poperror();
	if(!apart){
		freeb(b);
		rpcend(r);
		return nil;
	}
	if(!in)
		PBIT32(b->rp, BLEN(b)+n);
	return exchange(m, r, b, nil);
}

/* Send a request whose reply nobody waits for. */
void
mntpost(Mnt *m, Block *b)
{
	Rpc *r;

	r = prepare(m, b);
	abandon(r);
	if(waserror()){
		if(m->rpc != nil)
			rpcend(r);
		else if(unlist(m, r))
			rpcfree(r);
		nexterror();
	}
	transmit(r, b);
	poperror();
	checkorphans(m);
}

/* The connection's channel is closed, so no process is here any more; its driver may have Rpcs still. */
void
mntdestroy(Mnt *m)
{
	Rpc *r;

	while((r = m->waiting) != nil){
		m->waiting = r->next;
		rpcfree(r);
	}
	freeblist(m->in);
	rpcreap();
	m->closed = 1;
	if(m->nrpc == 0)
		free(m);
}
