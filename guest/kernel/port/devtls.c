/*
 * #a: TLS, its records alone.  A conversation is given a channel (fd) and, by who shakes hands with the peer over
 * hand, version, algorithms and keys; then data carries what is said.  libsec's tlsClient and tlsServer are such
 * programs: names, words and the order of secrets are theirs.
 *
 * Who reads holds the conversation's inlk, also while it waits for the peer; who writes holds outlk.  A record that has come in
 * part stays in rbuf, so a reader can be interrupted at any time.  The peer is not trusted with anything, and the channel
 * may lead anywhere.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "libsec.h"
#include "crypt.h"
#include "tls.h"
#include "filter.h"

typedef struct Tls Tls;

enum
{
	/* indices of files */
	Qclone	= 0,
	Qencalgs,
	Qhashalgs,
	Qctl,
	Qdata,
	Qhand,
	Qstats,
	Qstatus,

	Maxhand	= 128*1024,		/* bytes of handshake that nobody has read */
	Textmax	= 1024,

	/* Tls.state */
	Handshaking = 0,
	Open,
	Remoteclosed,
	Localclosed,
	Alerting,
	Errored,

	CMalert	= 0,
	CMchangecipher,
	CMdebug,
	CMfd,
	CMopened,
	CMsecret,
	CMversion,
};

struct Tls
{
	Filter;
	int	version;
	int	verset;			/* no other will do */
	int	state;
	char	err[ERRMAX];		/* of Alerting, Errored */
	Queue	*hand;			/* handshake messages */

	QLock	inlk;			/* guards: */
	Tlssec	in;
	Tlssec	newin;			/* after the peer's change of cipher */
	int	hasnewin;
	uchar	*rbuf;			/* a record */
	int	nrbuf;			/* bytes of it that have come */
	uchar	*rp;			/* of its data: what has not been read is before wp */
	uchar	*wp;

	QLock	outlk;			/* guards: */
	Tlssec	out;
	Tlssec	newout;
	int	hasnewout;
	Tlssec	before;			/* out, before the record that is being sent */
	uchar	*wbuf;

	uvlong	datain;
	uvlong	dataout;
	uvlong	handin;
	uvlong	handout;
};

static Filterfile files[] = {
	[Qclone]	{ "clone",	0666,	1 },
	[Qencalgs]	{ "encalgs",	0444,	1 },
	[Qhashalgs]	{ "hashalgs",	0444,	1 },
	[Qctl]		{ "ctl",	0660 },
	[Qdata]		{ "data",	0660 },
	[Qhand]		{ "hand",	0660,	0,	1 },
	[Qstats]	{ "stats",	0440 },
	[Qstatus]	{ "status",	0440 },
};

static Filterdev dev = { "#a", "tls", files, nelem(files) };

static char	*statenames[] = { "Handshaking", "Open", "RemoteClosed", "LocalClosed", "Alerting", "Errored" };

static struct
{
	int	num;
	char	*text;
} alerts[] = {
	{ Aclosenotify, "close notify" },
	{ Aunexpected, "unexpected message" },
	{ Abadmac, "bad record MAC" },
	{ 21, "decryption failed" },
	{ Aoverflow, "record overflow" },
	{ 40, "handshake failure" },
	{ 42, "bad certificate" },
	{ 43, "unsupported certificate" },
	{ 44, "revoked certificate" },
	{ 45, "expired certificate" },
	{ 46, "unacceptable certificate" },
	{ 47, "illegal parameter" },
	{ 48, "unknown certificate authority" },
	{ 49, "access denied" },
	{ Adecode, "decode error" },
	{ 51, "decrypt error" },
	{ Aversion, "unsupported protocol version" },
	{ 71, "insufficient security" },
	{ Ainternal, "internal error" },
	{ Ausercancelled, "user cancelled" },
	{ Anorenegotiation, "no renegotiation" },
	{ 112, "unrecognized name" },
	{ 115, "unknown pre-shared key identity" },
};

static char*
alerttext(int num)
{
	int i;

	for(i = 0; i < nelem(alerts); i++)
		if(alerts[i].num == num)
			return alerts[i].text;
	return "unknown alert";
}

static int
iswarning(int num)
{
	return num == Aclosenotify || num == Ausercancelled || num == Anorenegotiation;
}

/* ---- records that go out ---- */

/* Nothing goes any more; the first reason stays. */
static void
fail(Tls *t, int state, char *why)
{
	if(t->state == Errored || t->state == Alerting)
		return;
	t->state = state;
	kstrcpy(t->err, why, sizeof t->err);
	qhangup(t->hand, t->err);
}

/* If nothing of the record went because the writer was interrupted, it is as if there had been none; else the conversation is at its end. */
static void
writeall(Tls *t, uchar *p, int n)
{
	volatile int done;
	long m;

	done = 0;
	if(waserror()){
		if(filterunsent(t, done))
			t->out = t->before;
		else
			fail(t, Errored, "channel error");
		nexterror();
	}
	for(; done < n; done += m)
		m = filterwrite(t, p+done, n-done);
	poperror();
}

/* One record; outlk is held. */
static void
sendrecord(Tls *t, int type, uchar *p, int n)
{
	uchar *w;

	if(t->wbuf == nil && (t->wbuf = malloc(Tlshdr+Tlsmax+Tlsgrow)) == nil)
		error(Enomem);
	w = t->wbuf;
	memmove(w+Tlshdr, p, n);	/* may be a user's, and not there */
	w[0] = type;
	w[1] = t->version>>8;
	w[2] = t->version;
	t->before = t->out;
	writeall(t, w, tlsseal(&t->out, w, n));
}

static void
send(Tls *t, int type, uchar *p, int n)
{
	qlock(&t->outlk);
	if(waserror()){
		qunlock(&t->outlk);
		nexterror();
	}
	sendrecord(t, type, p, n);
	poperror();
	qunlock(&t->outlk);
}

/* As far as that can be without waiting for other writers; what becomes of it is not our concern. */
static void
sendalert(Tls *t, int num)
{
	uchar a[2];

	a[0] = iswarning(num)? 1: 2;
	a[1] = num;
	if(t->c == nil || !canqlock(&t->outlk))
		return;
	if(!waserror()){
		sendrecord(t, Ralert, a, sizeof a);
		poperror();
	}
	qunlock(&t->outlk);
}

/* ---- records that come in; inlk is held ---- */

/* The peer has broken the rules: it is told, and so is who reads. */
static void
broken(Tls *t, int alert, char *why)
{
	sendalert(t, alert);
	fail(t, Errored, why != nil? why: alerttext(alert));
	error(t->err);
}

/* At least n bytes of the record are there. */
static void
fill(Tls *t, int n)
{
	long m;

	if(waserror()){
		if(strcmp(up->errstr, Eintr) != 0)
			fail(t, Errored, "channel error");
		nexterror();
	}
	if(t->rbuf == nil && (t->rbuf = malloc(Tlshdr+Tlsmax+Tlsgrow)) == nil)
		error(Enomem);
	while(t->nrbuf < n){
		m = filterread(t, t->rbuf+t->nrbuf, n-t->nrbuf);
		if(m == 0)
			error(Ehungup);
		t->nrbuf += m;
	}
	poperror();
}

static void
recvalert(Tls *t, uchar *p, int n)
{
	if(n != 2)
		broken(t, Adecode, "invalid alert");
	if(p[1] == Aclosenotify){
		t->state = Remoteclosed;
		qhangup(t->hand, nil);
	}else if(p[0] == 2){
		fail(t, Errored, alerttext(p[1]));
		error(t->err);
	}
}

static void
recvhandshake(Tls *t, uchar *p, int n)
{
	if((t->taken & 1<<Qhand) == 0){
		if(t->state != Open)
			broken(t, Aunexpected, nil);
		sendalert(t, Anorenegotiation);
		return;
	}
	if(qlen(t->hand)+n > Maxhand)
		broken(t, Aunexpected, "too much of a handshake");
	t->handin += n;
	if(n > 0 && qproduce(t->hand, p, n) < 0)
		error(Enomem);
}

static void
recvrecord(Tls *t)
{
	int type, version, n;
	uchar *p;

	fill(t, Tlshdr);
	type = t->rbuf[0];
	version = t->rbuf[1]<<8 | t->rbuf[2];
	n = t->rbuf[3]<<8 | t->rbuf[4];
	if(version>>8 != Tls10>>8 || t->verset && version != t->version)
		broken(t, Aversion, nil);
	if(n > Tlsmax+Tlsgrow)
		broken(t, Aoverflow, nil);
	fill(t, Tlshdr+n);
	t->nrbuf = 0;
	n = tlsopen(&t->in, t->rbuf, n, &p);
	if(n < 0)
		broken(t, -n, nil);
	if(n > Tlsmax)
		broken(t, Aoverflow, nil);
	switch(type){
	case Rchange:
		if(n != 1 || *p != 1)
			broken(t, Adecode, "invalid change of cipher");
		if(!t->hasnewin)
			broken(t, Aunexpected, "unexpected change of cipher");
		t->in = t->newin;
		t->hasnewin = 0;
		break;
	case Ralert:
		recvalert(t, p, n);
		break;
	case Rhandshake:
		recvhandshake(t, p, n);
		break;
	case Rdata:
		if(t->state != Open)
			broken(t, Aunexpected, "data before the handshake has ended");
		t->datain += n;
		t->rp = p;
		t->wp = p+n;
		break;
	default:
		broken(t, Aunexpected, nil);
	}
}

/* Errors unless the conversation is in a state in which there is something to do. */
static void
mustbe(Tls *t, int hand)
{
	char buf[ERRMAX];

	if(t->c == nil)
		error("tls improperly configured: no fd");
	switch(t->state){
	case Handshaking:
		if(!hand)
			error("tls improperly configured: not opened");
		break;
	case Localclosed:
		error("tls hungup");
	case Alerting:
	case Errored:
		if(hand)
			error(t->err);
		snprint(buf, sizeof buf, "tls error: %s", t->err);
		error(buf);
	}
}

static long
readdata(Tls *t, uchar *va, long n)
{
	qlock(&t->inlk);
	if(waserror()){
		qunlock(&t->inlk);
		if(t->state == Errored)
			mustbe(t, 0);
		nexterror();
	}
	while(t->rp == t->wp){
		mustbe(t, 0);
		if(t->state == Remoteclosed)
			break;
		recvrecord(t);
	}
	if(n > t->wp-t->rp)
		n = t->wp-t->rp;
	memmove(va, t->rp, n);
	t->rp += n;
	poperror();
	qunlock(&t->inlk);
	return n;
}

/* While data flows others read the records, and put in the queue what is for us. */
static long
readhand(Tls *t, uchar *va, long n)
{
	qlock(&t->inlk);
	if(waserror()){
		qunlock(&t->inlk);
		nexterror();
	}
	while(!qcanread(t->hand) && t->state != Open && t->state != Remoteclosed){
		mustbe(t, 1);
		recvrecord(t);
	}
	poperror();
	qunlock(&t->inlk);
	return qread(t->hand, va, n);
}

/* An interruption after the first record makes the write short, not an error. */
static long
writerecords(Tls *t, int type, uchar *p, long n)
{
	volatile long done;
	long m;

	done = 0;
	if(waserror()){
		if(done > 0 && wascut())
			return done;
		nexterror();
	}
	for(; done < n; done += m){
		mustbe(t, type == Rhandshake);
		m = n-done < Tlsmax? n-done: Tlsmax;
		send(t, type, p+done, m);
		if(type == Rdata)
			t->dataout += m;
		else
			t->handout += m;
	}
	poperror();
	return n;
}

/* ---- control ---- */

static Cmdtab ctlmsg[] = {
	CMalert,	"alert",	2,
	CMchangecipher,	"changecipher",	1,
	CMdebug,	"debug",	0,
	CMfd,		"fd",		3,
	CMopened,	"opened",	1,
	CMsecret,	"secret",	5,
	CMversion,	"version",	2,
};

static int
versionof(char *s, int max)
{
	int v;

	v = strtol(s, nil, 0);
	if(v < Tls10 || v > max)
		error("unsupported version");
	return v;
}

static void
setfd(Tls *t, char *fd, char *version)
{
	int v;

	v = versionof(version, Tls12);
	filterfd(t, fd, "cannot tls encrypt devtls files");
	t->version = v;
}

static void
setsecret(Tls *t, char **f)
{
	uchar x[512];
	int n;

	if(!t->verset)
		error("must set version before secrets");
	n = dec64(x, sizeof x, f[4], strlen(f[4]));
	if(n < 0)
		error("bad secret");
	qlock(&t->inlk);
	qlock(&t->outlk);
	if(waserror()){
		memset(x, 0, sizeof x);
		qunlock(&t->outlk);
		qunlock(&t->inlk);
		nexterror();
	}
	tlssecrets(&t->newin, &t->newout, f[1], f[2], atoi(f[3]), x, n, t->version);
	t->hasnewin = t->hasnewout = 1;
	poperror();
	memset(x, 0, sizeof x);
	qunlock(&t->outlk);
	qunlock(&t->inlk);
}

static void
changecipher(Tls *t)
{
	uchar one;

	one = 1;
	mustbe(t, 1);
	qlock(&t->outlk);
	if(waserror()){
		qunlock(&t->outlk);
		nexterror();
	}
	if(!t->hasnewout)
		error("must set secrets before changing cipher");
	sendrecord(t, Rchange, &one, 1);
	t->out = t->newout;
	t->hasnewout = 0;
	poperror();
	qunlock(&t->outlk);
}

static void
setopened(Tls *t)
{
	mustbe(t, 1);
	if(t->state != Handshaking)
		error("tls is open already");
	if(strcmp(t->in.enc->name, "clear") == 0 || strcmp(t->out.enc->name, "clear") == 0)
		error("cipher must be configured before enabling data messages");
	t->state = Open;
}

static void
alert(Tls *t, int num)
{
	mustbe(t, 1);
	sendalert(t, num);
	if(num == Aclosenotify)
		t->state = Localclosed;
	else if(!iswarning(num))
		fail(t, Alerting, alerttext(num));
}

static void
control(Filter *f, Cmdbuf *cb)
{
	Cmdtab *ct;
	Tls *t;

	t = (Tls*)f;
	ct = lookupcmd(cb, ctlmsg, nelem(ctlmsg));
	switch(ct->index){
	case CMalert:
		alert(t, strtol(cb->f[1], nil, 0));
		break;
	case CMchangecipher:
		changecipher(t);
		break;
	case CMdebug:
		break;
	case CMfd:
		setfd(t, cb->f[1], cb->f[2]);
		break;
	case CMopened:
		setopened(t);
		break;
	case CMsecret:
		setsecret(t, cb->f);
		break;
	case CMversion:
		if(t->c == nil)
			error("must set fd before version");
		if(t->verset)
			error("version has been set already");
		t->version = versionof(cb->f[1], t->version);
		t->verset = 1;
		break;
	}
}

/* ---- files ---- */

static Chan*
tlsattach(char *spec)
{
	return filterattach(&dev, 'a', spec);
}

static void
tlsfree(Tls *t)
{
	Tlssec *s[] = { &t->in, &t->newin, &t->out, &t->newout, &t->before };
	int i;

	qfree(t->hand);
	free(t->rbuf);
	free(t->wbuf);
	for(i = 0; i < nelem(s); i++)
		memset(s[i], 0, sizeof *s[i]);
	filterfree(t);
}

static Chan*
opennew(Chan *c, int omode)
{
	Tls *t;

	/* the last of the kernel's memory is for those who want less */
	if(mallocused() > mallocmax()/4*3)
		error(Enomem);
	t = mallocz(sizeof(Tls), 1);
	if(t == nil)
		error(Enomem);
	if(waserror()){
		tlsfree(t);
		nexterror();
	}
	t->hand = qopen(Maxhand, Qcoalesce, nil, nil);
	if(t->hand == nil)
		error(Enomem);
	t->version = Tls12;
	tlssecrets(&t->in, &t->out, "clear", "clear", 1, nil, 0, t->version);
	c = filterclone(c, omode, t, Qctl);
	poperror();
	return c;
}

static Chan*
tlsopenfile(Chan *c, int omode)
{
	return FFILE(c->qid) == Qclone? opennew(c, omode): filteropen(c, omode);
}

/* The last file has been closed: the peer is told that nothing more comes. */
static void
farewell(void *a)
{
	Tls *t;

	t = a;
	if(t->state <= Remoteclosed)
		sendalert(t, Aclosenotify);
	tlsfree(t);
}

static void
farewellproc(void *a)
{
	farewell(a);
	pexit("", 1);
}

/* At exit a peer that does not read is not waited for.  When there is no process to be had, it sees the end of the channel alone. */
static void
farewellbyproc(Tls *t)
{
	if(waserror()){
		tlsfree(t);
		return;
	}
	kproc("tlsclose", farewellproc, t);
	poperror();
}

static void
tlsclose(Chan *c)
{
	Tls *t;

	if((c->flag & COPEN) == 0 || FFILE(c->qid) < Qctl)
		return;
	t = (Tls*)filterof(c);
	if(!filterclose(c)){
		if(FFILE(c->qid) == Qhand)
			qflush(t->hand);
		return;
	}
	if(up->closingfgrp != nil)
		farewellbyproc(t);
	else
		farewell(t);
}

static long
textread(Tls *t, int file, void *va, long n, vlong off)
{
	char *buf, *s, *e;

	buf = smalloc(Textmax);
	if(waserror()){
		free(buf);
		nexterror();
	}
	s = buf;
	e = buf+Textmax;
	switch(file){
	case Qctl:
		s = seprint(s, e, "%d", t->num);
		break;
	case Qencalgs:
	case Qhashalgs:
		s = tlsalgs(s, e, file == Qhashalgs);
		break;
	case Qstats:
		s = seprint(s, e, "DataIn: %llud\nDataOut: %llud\nHandIn: %llud\nHandOut: %llud\n", t->datain, t->dataout, t->handin, t->handout);
		break;
	case Qstatus:
		s = seprint(s, e, "State: %s\nVersion: %#x\nEncIn: %s\nHashIn: %s\n", statenames[t->state], t->version, t->in.enc->name, t->in.hashname);
		if(t->hasnewin)
			s = seprint(s, e, "NewEncIn: %s\nNewHashIn: %s\n", t->newin.enc->name, t->newin.hashname);
		s = seprint(s, e, "EncOut: %s\nHashOut: %s\n", t->out.enc->name, t->out.hashname);
		if(t->hasnewout)
			s = seprint(s, e, "NewEncOut: %s\nNewHashOut: %s\n", t->newout.enc->name, t->newout.hashname);
		break;
	}
	n = readmem(off, va, n, buf, s-buf);
	poperror();
	free(buf);
	return n;
}

static long
tlsread(Chan *c, void *va, long n, vlong off)
{
	Tls *t;

	if(c->qid.type & QTDIR)
		return filterdirread(c, va, n);
	t = (Tls*)filterof(c);
	switch(FFILE(c->qid)){
	case Qdata:
		return readdata(t, va, n);
	case Qhand:
		return readhand(t, va, n);
	}
	return textread(t, FFILE(c->qid), va, n, off);
}

static long
tlswrite(Chan *c, void *va, long n, vlong)
{
	Tls *t;

	t = (Tls*)filterof(c);
	switch(FFILE(c->qid)){
	case Qdata:
		return writerecords(t, Rdata, va, n);
	case Qhand:
		return writerecords(t, Rhandshake, va, n);
	case Qctl:
		return filterctl(t, va, n, control);
	}
	error(Eperm);
}

Dev tlsdevtab = {
	.dc	= 'a',
	.name	= "tls",

	.reset	= devreset,
	.init	= devinit,
	.shutdown = devshutdown,
	.attach	= tlsattach,
	.walk	= filterwalk,
	.stat	= filterstat,
	.open	= tlsopenfile,
	.create	= devcreate,
	.close	= tlsclose,
	.read	= tlsread,
	.bread	= devbread,
	.write	= tlswrite,
	.bwrite	= devbwrite,
	.remove	= devremove,
	.wstat	= devwstat,
	.power	= devpower,
	.config	= devconfig,
};
