/*
 * Stands in for the kernel under the IP stack's core: see host.h.  Every Block is a piece of memory of its own, so
 * that the sanitizers see what goes beyond it.
 */
#include "host.h"
#include "pattern.h"

enum {
	Piece	= 9000,		/* of a frame from the wire, in a Block */
};

uvlong	hostus = 1000000;
ulong	blockbytes, hostbytes;
int	nomem;
Conf	conf = { 64*1024*1024 };
void	(*hostxmit)(Ifc*, Block*);
void	(*hostmulti)(uchar*, int);

static u32int seed = 2463534242u;

char	Ebadip[] = "bad ip address syntax";
char	Ebadarg[] = "bad arg in system call";
char	Ebadusefd[] = "inappropriate use of fd";
char	Ecmdargs[] = "wrong #args in control message";
char	Econinuse[] = "connection in use";
char	Econrefused[] = "connection refused";
char	Ehungup[] = "i/o on hungup channel";
char	Enodev[] = "no free devices";
char	Enomem[] = "kernel allocate failed";
char	Etimedout[] = "connection timed out";
char	Etoobig[] = "read or write too large";
char	Etoosmall[] = "read or write too small";

u32int
rnd(void)
{
	seed ^= seed<<13;
	seed ^= seed>>17;
	seed ^= seed<<5;
	return seed;
}

void
rndseed(u32int s)
{
	seed = s*2654435761u | 1;
}

void
panic(char *fmt, ...)
{
	fatal("panic: %s", fmt);
}

uvlong
ipclock(void)
{
	return hostus;
}

void
iprandom(void *v, int n)
{
	uchar *p;

	for(p = v; n > 0; n--)
		*p++ = rnd()>>8;
}

void
convwake(Conv *c, int why)
{
	USED(c, why);
}

/* What the stack logs goes to standard output at once. */
void
iplogwake(Ip *f)
{
	for(; f->logn > 0; f->logn--, f->logr = (f->logr+1) % sizeof f->log)
		say("%c", f->log[f->logr]);
}

void
ipalarm(Ip *f)
{
	USED(f);
}

int
ipshort(void)
{
	return 0;
}

typedef struct Head Head;
struct Head {
	ulong	size;
	ulong	pad;
};

void*
mallocz(ulong n, int clear)
{
	Head *h;

	USED(clear);
	if(nomem && rnd()%1000 < nomem)
		return nil;
	h = hostalloc(n+sizeof *h);
	h->size = n;
	hostbytes += n;
	return h+1;
}

void*
malloc(ulong n)
{
	return mallocz(n, 0);
}

void
free(void *v)
{
	Head *h;

	if(v == nil)
		return;
	h = (Head*)v - 1;
	hostbytes -= h->size;
	hostfree(h);
}

Block*
iallocb(int n)
{
	Block *b;

	b = mallocz(sizeof *b, 1);
	if(b == nil)
		return nil;
	b->base = mallocz(n+64, 1);
	if(b->base == nil){
		free(b);
		return nil;
	}
	b->lim = b->base+n+64;
	b->rp = b->wp = b->base+64;
	b->ref = 1;
	blockbytes += n+64;
	return b;
}

void
freeb(Block *b)
{
	if(b == nil)
		return;
	if(b->ref == 0)
		panic("a Block is freed twice");
	if(--b->ref > 0)
		return;
	if(b->free != nil){
		b->free(b);
		return;
	}
	blockbytes -= BALLOC(b);
	free(b->base);
	free(b);
}

void
freeblist(Block *b)
{
	Block *next;

	for(; b != nil; b = next){
		next = b->next;
		freeb(b);
	}
}

int
blocklen(Block *b)
{
	int n;

	for(n = 0; b != nil; b = b->next)
		n += BLEN(b);
	return n;
}

int
pullblock(Block **l, int n)
{
	Block *b;
	int m, gone;

	for(gone = 0; (b = *l) != nil && gone < n; gone += m){
		m = BLEN(b);
		if(m > n-gone){
			b->rp += n-gone;
			return n;
		}
		*l = b->next;
		freeb(b);
	}
	return gone;
}

Block*
trimblock(Block *b, int off, int len)
{
	Block *p;

	if(blocklen(b) < off+len){
		freeblist(b);
		return nil;
	}
	if(off > 0)
		pullblock(&b, off);
	for(p = b; p->next != nil && BLEN(p) < len; p = p->next)
		len -= BLEN(p);
	if(BLEN(p) > len)
		p->wp = p->rp+len;
	freeblist(p->next);
	p->next = nil;
	return b;
}

Block*
packblock(Block *b)
{
	Block *nb;

	nb = iallocb(BLEN(b));
	if(nb == nil)
		return b;
	memmove(nb->wp, b->rp, BLEN(b));
	nb->wp += BLEN(b);
	nb->next = b->next;
	nb->flag = b->flag;
	nb->aux = b->aux;
	freeb(b);
	return nb;
}

char*
strecpy(char *to, char *e, char *from)
{
	if(to >= e)
		return to;
	while(to < e-1 && *from != 0)
		*to++ = *from++;
	*to = 0;
	return to;
}

char*
etherbind(Ifc *ifc, char **w, int n)
{
	static int num;

	USED(w, n);
	ifc->mac[0] = 2;
	ifc->mac[5] = ++num;
	ifc->xmit = hostxmit;
	return nil;
}

void
etherunbind(Ifc *ifc)
{
	USED(ifc);
}

void
ethermulti(Ifc *ifc, uchar *mac, int on)
{
	USED(ifc);
	if(hostmulti != nil)
		hostmulti(mac, on);
}

/* Cut a message into words and give it to the core. */
char*
tellerr(Conv *c, char *msg)
{
	char buf[256], *w[16], *p;
	int n;

	strecpy(buf, buf+sizeof buf, msg);
	n = 0;
	for(p = buf; *p != 0 && n < 16;){
		while(*p == ' ')
			*p++ = 0;
		if(*p == 0)
			break;
		w[n++] = p;
		while(*p != 0 && *p != ' ')
			p++;
	}
	return convctl(c, w, n);
}

int
tellconv(Conv *c, char *msg)
{
	char *e;

	ipenter(c->f);
	e = tellerr(c, msg);
	ipleave(c->f);
	if(e == nil)
		return 0;
	say("# %s: %s\n", msg, e);
	return -1;
}

Conv*
hostconv(Ip *f, int proto)
{
	Conv *c;

	c = convnew(&f->set[proto], "me");
	if(c == nil)
		fatal("no conversation");
	c->inuse = 1;
	return c;
}

void
hostdrop(Conv *c)
{
	Ip *f;

	f = c->f;
	c->inuse = 0;
	ipenter(f);
	convclose(c);
	ipleave(f);
}

Ifc*
hostifc(Ip *f, char *medium, int mtu)
{
	char buf[64];
	Conv *c;

	c = hostconv(f, Xipifc);
	snprint(buf, sizeof buf, "bind %s x", medium);
	if(tellconv(c, buf) < 0)
		fatal("bind");
	snprint(buf, sizeof buf, "mtu %d", mtu + 14);
	if(strcmp(medium, "loopback") != 0 && tellconv(c, buf) < 0)
		fatal("mtu");
	return c->pcb;
}

Block*
hostframe(uchar *p, int n, int seg)
{
	Block *list, **l;
	int m;

	list = nil;
	for(l = &list; n > 0; l = &(*l)->next){
		m = n < Piece? n: Piece;
		*l = iallocb(m);
		if(*l == nil){
			freeblist(list);
			return nil;
		}
		memmove((*l)->wp, p, m);
		(*l)->wp += m;
		p += m;
		n -= m;
	}
	if(seg != 0 && list != nil){
		list->flag = Btcpck|Blong;
		list->aux = seg;
	}
	return list;
}

void
hostaddr(Ifc *ifc, char *addr, char *mask)
{
	char buf[128];

	snprint(buf, sizeof buf, "add %s %s", addr, mask);
	if(tellconv(ifc->c, buf) < 0)
		fatal("add %s", addr);
}

int
hostwrite(Conv *c, uvlong *done, uvlong total)
{
	Block *b;
	int n, sum;

	sum = 0;
	while(*done < total && c->set->p->room(c) > 0){
		n = 1 + rnd()%16384;
		if(n > total - *done)
			n = total - *done;
		b = iallocb(n);
		if(b == nil)
			break;
		pattern_fill(b->wp, n, *done);
		b->wp += n;
		ipenter(c->f);
		if(c->set->p->write(c, b) != nil){
			ipleave(c->f);
			break;
		}
		ipleave(c->f);
		*done += n;
		sum += n;
	}
	return sum;
}

int
hostread(Conv *c, uvlong *done, int max)
{
	static uchar want[1<<17];
	Block *b;
	int n, sum;

	sum = 0;
	while(sum < max && (b = qtake(&c->rq)) != nil){
		n = BLEN(b);
		pattern_fill(want, n, *done);
		if(memcmp(want, b->rp, n) != 0){
			say("# wrong data at %llu\n", *done);
			freeb(b);
			return -1;
		}
		*done += n;
		sum += n;
		freeb(b);
	}
	if(sum > 0 && c->set->p->drained != nil){
		ipenter(c->f);
		c->set->p->drained(c);
		ipleave(c->f);
	}
	return sum;
}

void
setmalloctag(void *v, ulong tag)
{
	USED(v, tag);
}

/* Only the C library's formatting of runes, which nobody here uses, asks for this. */
Rune*
runestrdup(Rune *r)
{
	USED(r);
	fatal("runestrdup");
}
