/*
 * #D: what Bell Labs' cpu, import and exportfs push on a connection: records with a digest, encrypted, by secrets that both sides
 * know.  libc's pushssl is the program: fd, secretin, secretout, alg.
 *
 * A record has a header of 2 bytes, 0x80 and 15 bits of length, or of 3, 14 bits of length and how much of it fills up a
 * block; then come the digest, which is of secret, data and the record's number, and the data.  All but the
 * header is encrypted, as one stream.
 *
 * Who reads holds inlk, who writes outlk; a record that has come in part stays in rbuf.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "libsec.h"
#include "crypt.h"
#include "filter.h"

typedef struct Half Half;
typedef struct Ssl Ssl;

enum
{
	/* indices of files */
	Qclone	= 0,
	Qctl,
	Qdata,
	Qsecretin,
	Qsecretout,
	Qencalgs,
	Qhashalgs,

	Maxrec		= 0x7FFF,	/* bytes behind a header */
	Maxhdr		= 3,
	Maxsecret	= 256,

	CMalg	= 0,
	CMfd,
	CMsecretin,
	CMsecretout,
};

/* What protects one direction. */
struct Half
{
	uchar	secret[Maxsecret];
	int	nsecret;		/* 0: none yet */
	u32int	num;			/* of the next record */
	int	encrypted;
	Rc4	rc4;
};

struct Ssl
{
	Filter;
	int	framed;			/* there are records; else bytes pass as they are */
	Digest	*hash;			/* nil: none */
	int	hlen;

	QLock	inlk;			/* guards: */
	Half	in;
	uchar	*rbuf;			/* a record */
	int	nrbuf;			/* bytes of it that have come */
	uchar	*rp;			/* of its data: what has not been read is before wp */
	uchar	*wp;

	QLock	outlk;			/* guards: */
	Half	out;
	Half	before;			/* out, before the record that is being sent */
	uchar	*wbuf;
	int	dead;			/* part of a record could not be sent */
};

static struct
{
	char	*name;
	int	keylen;			/* bytes of the secret at most */
} ciphers[] = {
	{ "rc4_40",	5 },
	{ "rc4",	5 },
	{ "rc4_128",	16 },
	{ "rc4_256",	32 },
};

static struct
{
	char	*name;
	Digest	*f;
	int	len;
} hashes[] = {
	{ "md5",	md5,	MD5dlen },
	{ "sha1",	sha1,	SHA1dlen },
	{ "sha",	sha1,	SHA1dlen },
};

static Filterfile files[] = {
	[Qclone]	{ "clone",	0666,	1 },
	[Qctl]		{ "ctl",	0660 },
	[Qdata]		{ "data",	0660 },
	[Qsecretin]	{ "secretin",	0220 },
	[Qsecretout]	{ "secretout",	0220 },
	[Qencalgs]	{ "encalgs",	0444 },
	[Qhashalgs]	{ "hashalgs",	0444 },
};

static Filterdev dev = { "#D", "ssl", files, nelem(files) };

/* secret, data, number */
static void
digest(Ssl *s, Half *h, uchar *p, int n, uchar *out)
{
	DigestState d;
	uchar num[4];
	int i;

	for(i = 0; i < 4; i++)
		num[i] = h->num >> (24-8*i);
	memset(&d, 0, sizeof d);
	(*s->hash)(h->secret, h->nsecret, nil, &d);
	(*s->hash)(p, n, nil, &d);
	(*s->hash)(num, sizeof num, out, &d);
}

/* If nothing of the record went because the writer was interrupted, it is as if there had been none. */
static void
sendall(Ssl *s, uchar *p, int n)
{
	volatile int done;
	long m;

	done = 0;
	if(waserror()){
		if(filterunsent(s, done))
			s->out = s->before;
		else
			s->dead = 1;
		nexterror();
	}
	for(; done < n; done += m)
		m = filterwrite(s, p+done, n-done);
	poperror();
}

/* One record. */
static void
sendrecord(Ssl *s, uchar *p, int n)
{
	uchar *w;
	int len;

	if(s->wbuf == nil && (s->wbuf = malloc(Maxhdr+Maxrec)) == nil)
		error(Enomem);
	w = s->wbuf;
	len = s->hlen+n;
	w[0] = 0x80 | len>>8;
	w[1] = len;
	memmove(w+2+s->hlen, p, n);
	s->before = s->out;
	if(s->hash != nil)
		digest(s, &s->out, w+2+s->hlen, n, w+2);
	if(s->out.encrypted)
		rc4(&s->out.rc4, w+2, len);
	s->out.num++;
	sendall(s, w, 2+len);
}

/* An interruption after the first record makes the write short, not an error. */
static long
writedata(Ssl *s, uchar *p, long n)
{
	volatile long done;
	long m;

	if(s->c == nil)
		error("must set fd before data");
	if(!s->framed)
		return n == 0? 0: filterwrite(s, p, n);
	done = 0;
	qlock(&s->outlk);
	if(waserror()){
		qunlock(&s->outlk);
		if(done > 0 && wascut())
			return done;
		nexterror();
	}
	for(; done < n; done += m){
		if(s->dead)
			error(Ehungup);
		m = n-done < Maxrec-s->hlen? n-done: Maxrec-s->hlen;
		sendrecord(s, p+done, m);
	}
	poperror();
	qunlock(&s->outlk);
	return n;
}

/* At least n bytes of the record are there: 0, or -1 at the end of the channel. */
static int
fill(Ssl *s, int n)
{
	long m;

	if(s->rbuf == nil && (s->rbuf = malloc(Maxhdr+Maxrec)) == nil)
		error(Enomem);
	while(s->nrbuf < n){
		m = filterread(s, s->rbuf+s->nrbuf, n-s->nrbuf);
		if(m == 0){
			if(s->nrbuf > 0)
				error(Ehungup);
			return -1;
		}
		s->nrbuf += m;
	}
	return 0;
}

/* The next record's data lie between rp and wp: 0, or -1 at the end. */
static int
recvrecord(Ssl *s)
{
	uchar *p, d[Maxdigest];
	int hdr, len, pad;

	if(fill(s, 2) < 0)
		return -1;
	p = s->rbuf;
	hdr = p[0] & 0x80? 2: 3;
	fill(s, hdr);
	len = p[0]<<8 | p[1];
	len &= hdr == 2? 0x7FFF: 0x3FFF;
	pad = hdr == 2? 0: p[2];
	if(len < s->hlen+pad)
		error("bad ssl record");
	fill(s, hdr+len);
	s->nrbuf = 0;
	p += hdr;
	if(s->in.encrypted)
		rc4(&s->in.rc4, p, len);
	if(s->hash != nil){
		digest(s, &s->in, p+s->hlen, len-s->hlen, d);
		if(constcmp(d, p, s->hlen) != 0)
			error("bad digest");
	}
	s->in.num++;
	s->rp = p+s->hlen;
	s->wp = p+len-pad;
	return 0;
}

static long
readdata(Ssl *s, uchar *va, long n)
{
	if(s->c == nil)
		error("must set fd before data");
	if(!s->framed)
		return filterread(s, va, n);
	qlock(&s->inlk);
	if(waserror()){
		qunlock(&s->inlk);
		nexterror();
	}
	while(s->rp == s->wp)
		if(recvrecord(s) < 0)
			break;
	if(n > s->wp-s->rp)
		n = s->wp-s->rp;
	memmove(va, s->rp, n);
	s->rp += n;
	poperror();
	qunlock(&s->inlk);
	return n;
}

/* ---- control ---- */

static Cmdtab ctlmsg[] = {
	CMalg,		"alg",		0,
	CMfd,		"fd",		2,
	CMsecretin,	"secretin",	2,
	CMsecretout,	"secretout",	2,
};

static void
setsecret(Half *h, uchar *p, long n)
{
	uchar buf[Maxsecret];

	if(n <= 0 || n > sizeof buf)
		error("bad secret");
	memmove(buf, p, n);		/* may be a user's, and not there */
	memmove(h->secret, buf, n);
	h->nsecret = n;
	memset(buf, 0, sizeof buf);
}

static void
setsecret64(Half *h, char *s)
{
	uchar x[Maxsecret];
	int n;

	n = dec64(x, sizeof x, s, strlen(s));
	if(n <= 0)
		error("bad secret");
	setsecret(h, x, n);
	memset(x, 0, sizeof x);
}

/* A cipher's key is as much of the secret as it takes; so, from then on, is what goes into the digest. */
static void
setkey(Half *h, int keylen)
{
	if(h->nsecret > keylen)
		h->nsecret = keylen;
	rc4key(&h->rc4, h->secret, h->nsecret);
	h->encrypted = 1;
}

static int
setalg(Ssl *s, char *name)
{
	int i;

	for(i = 0; i < nelem(ciphers); i++)
		if(strcmp(name, ciphers[i].name) == 0){
			setkey(&s->in, ciphers[i].keylen);
			setkey(&s->out, ciphers[i].keylen);
			return 1;
		}
	for(i = 0; i < nelem(hashes); i++)
		if(strcmp(name, hashes[i].name) == 0){
			s->hash = hashes[i].f;
			s->hlen = hashes[i].len;
			return 1;
		}
	return 0;
}

static void
share(Half *to, Half *from)
{
	if(to->nsecret == 0 && from->nsecret > 0)
		setsecret(to, from->secret, from->nsecret);
}

static void
algorithms(Ssl *s, char **w, int n)
{
	int i;

	if(s->c == nil)
		error("must set fd before algorithm");
	s->framed = 0;
	s->hash = nil;
	s->hlen = 0;
	s->in.encrypted = s->out.encrypted = 0;
	if(n == 1 && strcmp(w[0], "clear") == 0)
		return;
	share(&s->in, &s->out);
	share(&s->out, &s->in);
	if(s->in.nsecret == 0)
		error("algorithm but no secret");
	for(i = 0; i < n; i++)
		if(!setalg(s, w[i]))
			error("bad algorithm");
	if(n == 0)
		error("bad algorithm");
	s->framed = 1;
}

static void
change(Ssl *s, Cmdbuf *cb)
{
	switch(lookupcmd(cb, ctlmsg, nelem(ctlmsg))->index){
	case CMalg:
		algorithms(s, cb->f+1, cb->nf-1);
		break;
	case CMfd:
		filterfd(s, cb->f[1], "cannot ssl encrypt devssl files");
		break;
	case CMsecretin:
		setsecret64(&s->in, cb->f[1]);
		break;
	case CMsecretout:
		setsecret64(&s->out, cb->f[1]);
		break;
	}
}

/* Nobody reads or writes meanwhile; but clear bytes may be waited for. */
static void
control(Filter *f, Cmdbuf *cb)
{
	Ssl *s;

	s = (Ssl*)f;
	qlock(&s->inlk);
	qlock(&s->outlk);
	if(waserror()){
		qunlock(&s->outlk);
		qunlock(&s->inlk);
		nexterror();
	}
	change(s, cb);
	poperror();
	qunlock(&s->outlk);
	qunlock(&s->inlk);
}

/* ---- files ---- */

static Chan*
sslattach(char *spec)
{
	return filterattach(&dev, 'D', spec);
}

static void
sslfree(Ssl *s)
{
	free(s->rbuf);
	free(s->wbuf);
	memset(&s->in, 0, sizeof s->in);
	memset(&s->out, 0, sizeof s->out);
	memset(&s->before, 0, sizeof s->before);
	filterfree(s);
}

static Chan*
sslopen(Chan *c, int omode)
{
	Ssl *s;

	if(FFILE(c->qid) != Qclone)
		return filteropen(c, omode);
	/* the last of the kernel's memory is for those who want less */
	if(mallocused() > mallocmax()/4*3)
		error(Enomem);
	s = mallocz(sizeof(Ssl), 1);
	if(s == nil)
		error(Enomem);
	if(waserror()){
		sslfree(s);
		nexterror();
	}
	c = filterclone(c, omode, s, Qctl);
	poperror();
	return c;
}

static void
sslclose(Chan *c)
{
	Ssl *s;

	s = (Ssl*)filterof(c);
	if(filterclose(c))
		sslfree(s);
}

static long
textread(Ssl *s, int file, void *va, long n, vlong off)
{
	char buf[100], *p, *e;
	int i;

	p = buf;
	e = buf+sizeof buf;
	buf[0] = 0;
	switch(file){
	case Qctl:
		seprint(p, e, "%d", s->num);
		break;
	case Qencalgs:
		for(i = 0; i < nelem(ciphers); i++)
			p = seprint(p, e, "%s%s", i == 0? "": " ", ciphers[i].name);
		break;
	case Qhashalgs:
		for(i = 0; i < nelem(hashes); i++)
			p = seprint(p, e, "%s%s", i == 0? "": " ", hashes[i].name);
		break;
	default:
		error(Ebadusefd);
	}
	return readstr(off, va, n, buf);
}

static long
sslread(Chan *c, void *va, long n, vlong off)
{
	Ssl *s;

	if(c->qid.type & QTDIR)
		return filterdirread(c, va, n);
	s = (Ssl*)filterof(c);
	if(FFILE(c->qid) == Qdata)
		return readdata(s, va, n);
	return textread(s, FFILE(c->qid), va, n, off);
}

static long
sslwrite(Chan *c, void *va, long n, vlong)
{
	Ssl *s;

	s = (Ssl*)filterof(c);
	switch(FFILE(c->qid)){
	case Qctl:
		return filterctl(s, va, n, control);
	case Qdata:
		return writedata(s, va, n);
	case Qsecretin:
		setsecret(&s->in, va, n);
		return n;
	case Qsecretout:
		setsecret(&s->out, va, n);
		return n;
	}
	error(Eperm);
}

Dev ssldevtab = {
	.dc	= 'D',
	.name	= "ssl",

	.reset	= devreset,
	.init	= devinit,
	.shutdown = devshutdown,
	.attach	= sslattach,
	.walk	= filterwalk,
	.stat	= filterstat,
	.open	= sslopen,
	.create	= devcreate,
	.close	= sslclose,
	.read	= sslread,
	.bread	= devbread,
	.write	= sslwrite,
	.bwrite	= devbwrite,
	.remove	= devremove,
	.wstat	= devwstat,
	.power	= devpower,
	.config	= devconfig,
};
