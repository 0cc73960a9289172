/*
 * #¤: how a server that has authenticated somebody becomes that user.  The
 * host owner's factotum writes a hash to caphash; who knows the key behind it
 * writes from@to@key to capuse and runs as `to' from then on.  A hash is good
 * once, and is the HMAC-SHA1 of from@to under the key, so nothing in the
 * kernel tells a key.  Removing caphash ends the making of new ones.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "libsec.h"
#include "crypt.h"

enum {
	Qdir,
	Qhash,
	Quse,

	Maxhash	= 256,		/* kept; the oldest goes first */
	Maxuse	= 1024,		/* bytes of from@to@key */
};

static Dirtab capdir[] = {
	".",		{ Qdir, 0, QTDIR },	0,	DMDIR|0500,
	"caphash",	{ Qhash },		0,	0200,
	"capuse",	{ Quse },		0,	0222,
};
static int ncapdir = nelem(capdir);

/* Guards hash[] and removed. */
static QLock lk;
static uchar hash[Maxhash][SHA1dlen];	/* oldest first */
static int nhash;
static int removed;

static int
capgen(Chan *c, char *name, Dirtab *tab, int ntab, int i, Dir *dp)
{
	if(removed && i + 1 == Qhash)
		return name != nil && strcmp(name, "caphash") == 0? -1: 0;
	if(name != nil && i >= 0){
		if(i + 1 >= ntab)
			return -1;
		if(strcmp(tab[i+1].name, name) != 0)
			return 0;
	}
	return devgen(c, nil, tab, ntab, i, dp);
}

static Chan*
capattach(char *spec)
{
	return devattach(0xA4, spec);
}

static Walkqid*
capwalk(Chan *c, Chan *nc, char **name, int nname)
{
	return devwalk(c, nc, name, nname, capdir, ncapdir, capgen);
}

static int
capstat(Chan *c, uchar *db, int n)
{
	return devstat(c, db, n, capdir, ncapdir, capgen);
}

static Chan*
capopen(Chan *c, int omode)
{
	if(c->qid.type & QTDIR){
		if(omode != OREAD)
			error(Ebadarg);
	}else if(c->qid.path == Qhash && (removed || !iseve()))
		error(Eperm);
	return devopen(c, omode, capdir, ncapdir, capgen);
}

static void
capclose(Chan*)
{
}

static void
capremove(Chan *c)
{
	if(!iseve() || c->qid.path != Qhash)
		error(Eperm);
	removed = 1;
}

static long
capread(Chan *c, void *va, long n, vlong)
{
	if(!(c->qid.type & QTDIR))
		error(Eperm);
	return devdirread(c, va, n, capdir, ncapdir, capgen);
}

static void
addhash(uchar *h)
{
	qlock(&lk);
	if(nhash == Maxhash)
		memmove(hash[0], hash[1], --nhash * SHA1dlen);
	memmove(hash[nhash++], h, SHA1dlen);
	qunlock(&lk);
}

/* Is it there?  It is not, afterwards. */
static int
takehash(uchar *h)
{
	int i;

	qlock(&lk);
	for(i = 0; i < nhash; i++)
		if(memcmp(hash[i], h, SHA1dlen) == 0){
			nhash--;
			memmove(hash[i], hash[i+1], (nhash - i) * SHA1dlen);
			qunlock(&lk);
			return 1;
		}
	qunlock(&lk);
	return 0;
}

/* text is [from@]to@key */
static void
become(char *text)
{
	uchar h[SHA1dlen];
	char *key, *to, err[ERRMAX];

	key = strrchr(text, '@');
	if(key == nil)
		error(Eshort);
	*key++ = '\0';
	hmac(sha1, SHA1dlen, (uchar*)key, strlen(key), (uchar*)text, strlen(text), h);
	to = strchr(text, '@');
	if(!takehash(h)){
		if(to != nil)
			*to = '\0';
		snprint(err, sizeof err, "invalid capability %s@%s", text, key);
		error(err);
	}
	if(to == nil)
		to = text;
	else{
		*to++ = '\0';
		if(strcmp(text, up->user) != 0)
			error("capability must match user");
	}
	kstrdupto(&up->user, to);
	up->basepri = PriNormal;
}

static long
capwrite(Chan *c, void *va, long n, vlong)
{
	uchar h[SHA1dlen];
	char *buf;

	switch((ulong)c->qid.path){
	case Qhash:
		if(!iseve() || removed)
			error(Eperm);
		if(n < SHA1dlen)
			error(Eshort);
		memmove(h, va, SHA1dlen);
		addhash(h);
		return n;
	case Quse:
		if(n <= 0 || n > Maxuse)
			error(Ebadarg);
		buf = smalloc(n + 1);
		if(waserror()){
			memset(buf, 0, n);
			free(buf);
			nexterror();
		}
		memmove(buf, va, n);
		become(buf);
		poperror();
		memset(buf, 0, n);
		free(buf);
		return n;
	}
	error(Eperm);
}

Dev capdevtab = {
	0xA4,
	"cap",

	devreset,
	devinit,
	devshutdown,
	capattach,
	capwalk,
	capstat,
	capopen,
	devcreate,
	capclose,
	capread,
	devbread,
	capwrite,
	devbwrite,
	capremove,
	devwstat,
};
