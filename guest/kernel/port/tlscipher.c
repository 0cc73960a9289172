/*
 * One record of TLS, protected and back, with the algorithms that #a offers.  A record is at p with its header; its contents
 * begin where room for what goes before them has been left (tlsseal moves them).
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "cons.h"
#include "libsec.h"
#include "crypt.h"
#include "tls.h"

enum
{
	/* Tlsalg.kind */
	Clear,
	Krc4,
	Kcbc,
	Kgcm,
	Kccpoly,

	Explicit	= 8,		/* bytes of a nonce that a record of GCM brings */
	Maclead		= 13,		/* seq[8] and the header go before what is authenticated */
};

static Tlsalg ciphers[] = {
	{ "clear",		Clear,		0,	0 },
	{ "rc4_128",		Krc4,		16,	0 },
	{ "rc4_256",		Krc4,		32,	0 },
	{ "aes_128_cbc",	Kcbc,		16,	16 },
	{ "aes_256_cbc",	Kcbc,		32,	16 },
	{ "aes_128_gcm_aead",	Kgcm,		16,	4 },
	{ "aes_256_gcm_aead",	Kgcm,		32,	4 },
	{ "ccpoly96_aead",	Kccpoly,	Chachakey, Chachanonce },
};

static struct
{
	char	*name;
	Digest	*f;
	int	len;
} hashes[] = {
	{ "clear",	nil,		0 },
	{ "md5",	md5,		MD5dlen },
	{ "sha1",	sha1,		SHA1dlen },
	{ "sha256",	sha2_256,	SHA2_256dlen },
};

char*
tlsalgs(char *s, char *e, int digests)
{
	int i, n;

	n = digests? nelem(hashes): nelem(ciphers);
	for(i = 0; i < n; i++)
		s = seprint(s, e, "%s%s", i == 0? "": " ", digests? hashes[i].name: ciphers[i].name);
	return s;
}

static Tlsalg*
findcipher(char *name)
{
	int i;

	for(i = 0; i < nelem(ciphers); i++)
		if(strcmp(ciphers[i].name, name) == 0)
			return &ciphers[i];
	error("unsupported encryption algorithm");
}

static int
findhash(char *name)
{
	int i;

	for(i = 0; i < nelem(hashes); i++)
		if(strcmp(hashes[i].name, name) == 0)
			return i;
	error("unsupported hash algorithm");
}

static void
setkeys(Tlssec *s, Tlsalg *a, int h, uchar *mac, uchar *key, uchar *iv, int version)
{
	memset(s, 0, sizeof *s);
	s->enc = a;
	s->hashname = hashes[h].name;
	s->hash = hashes[h].f;
	s->maclen = hashes[h].len;
	s->version = version;
	if(s->hash != nil)
		hmackey(s->hash, mac, s->maclen, &s->inner, &s->outer);
	memmove(s->iv, iv, a->ivlen);
	switch(a->kind){
	case Krc4:
		rc4key(&s->rc4, key, a->keylen);
		break;
	case Kcbc:
		aeskey(&s->aes, key, a->keylen);
		break;
	case Kgcm:
		gcmkey(&s->gcm, key, a->keylen);
		break;
	case Kccpoly:
		memmove(s->key, key, a->keylen);
		break;
	}
}

/* The secrets are, each first of the client and then of the server: for the digest, key, iv. */
void
tlssecrets(Tlssec *in, Tlssec *out, char *hash, char *enc, int client, uchar *p, int n, int version)
{
	Tlsalg *a;
	int h, mac;
	uchar *key, *iv;

	a = findcipher(enc);
	h = findhash(hash);
	mac = hashes[h].len;
	if((a->kind == Kgcm || a->kind == Kccpoly) && (mac != 0 || version < Tls12))
		error("unsupported combination of algorithms");
	if(n < 2*(mac+a->keylen+a->ivlen))
		error("not enough secret data provided");
	key = p+2*mac;
	iv = key+2*a->keylen;
	setkeys(client? out: in, a, h, p, key, iv, version);
	setkeys(client? in: out, a, h, p+mac, key+a->keylen, iv+a->ivlen, version);
}

/* What is authenticated before the contents: seq, type, version, length n. */
static void
lead(Tlssec *s, uchar *hdr, int n, uchar *p)
{
	int i;

	for(i = 0; i < 8; i++)
		p[i] = s->seq >> (56-8*i);
	memmove(p+8, hdr, 3);
	p[11] = n>>8;
	p[12] = n;
}

static void
mac(Tlssec *s, uchar *hdr, uchar *p, int n, uchar *out)
{
	DigestState d;
	uchar l[Maclead], inner[Maxdigest];

	lead(s, hdr, n, l);
	d = s->inner;
	(*s->hash)(l, sizeof l, nil, &d);
	(*s->hash)(p, n, inner, &d);
	d = s->outer;
	(*s->hash)(inner, s->maclen, out, &d);
}

/* The nonce of an AEAD record; explicit is what GCM's record says. */
static void
nonceof(Tlssec *s, uchar *explicit, uchar *nonce)
{
	int i;

	memmove(nonce, s->iv, Chachanonce);
	if(s->enc->kind == Kgcm)
		memmove(nonce+4, explicit, Explicit);
	else
		for(i = 0; i < 8; i++)
			nonce[4+i] ^= s->seq >> (56-8*i);
}

static int
sealaead(Tlssec *s, uchar *hdr, uchar *p, int n)
{
	uchar l[Maclead], nonce[Chachanonce];
	int x;

	lead(s, hdr, n, l);
	x = s->enc->kind == Kgcm? Explicit: 0;
	memmove(p+x, p, n);
	memmove(p, l, x);			/* the number of the record serves */
	nonceof(s, p, nonce);
	if(x != 0)
		gcmseal(&s->gcm, nonce, l, sizeof l, p+x, n, p+x+n);
	else
		ccpolyseal(s->key, nonce, l, sizeof l, p, n, p+n);
	return x+n+Aeadtag;
}

static int
openaead(Tlssec *s, uchar *hdr, uchar *p, int n, uchar **start)
{
	uchar l[Maclead], nonce[Chachanonce];
	int x, r;

	x = s->enc->kind == Kgcm? Explicit: 0;
	n -= x+Aeadtag;
	if(n < 0)
		return -Abadmac;
	lead(s, hdr, n, l);
	nonceof(s, p, nonce);
	p += x;
	if(x != 0)
		r = gcmopen(&s->gcm, nonce, l, sizeof l, p, n, p+n);
	else
		r = ccpolyopen(s->key, nonce, l, sizeof l, p, n, p+n);
	*start = p;
	return r < 0? -Abadmac: n;
}

/* From TLS 1.1 on a record brings its own iv, as a first block whose cleartext nobody needs. */
static int
sealcbc(Tlssec *s, uchar *p, int n)
{
	int pad;

	if(s->version >= Tls11){
		memmove(p+Aesblock, p, n);
		randomread(p, Aesblock);
		n += Aesblock;
	}
	pad = Aesblock - n%Aesblock;
	memset(p+n, pad-1, pad);
	n += pad;
	aescbcencrypt(&s->aes, s->iv, p, n);
	return n;
}

/*
 * Bad padding must look like a bad digest, also to a clock: the digest is made in any case, of as much as
 * there may be, and both are told together.
 */
static int
opencbc(Tlssec *s, uchar *hdr, uchar *p, int n, uchar **start)
{
	uchar d[Maxdigest];
	int i, len, pad, bad;

	if(n%Aesblock != 0)
		return -Abadmac;
	aescbcdecrypt(&s->aes, s->iv, p, n);
	if(s->version >= Tls11){
		p += Aesblock;
		n -= Aesblock;
	}
	if(n < s->maclen+1)
		return -Abadmac;
	pad = p[n-1];
	bad = pad+1+s->maclen > n;
	if(bad)
		pad = 0;
	for(i = 1; i <= 256 && i <= n; i++)
		bad |= i <= pad+1 && p[n-i] != pad;
	len = n-pad-1-s->maclen;
	if(s->hash != nil){
		mac(s, hdr, p, len, d);
		bad |= constcmp(d, p+len, s->maclen);
		/* a digest over what the padding took the place of */
		for(i = len/Hashblock; i < (n-1-s->maclen)/Hashblock; i++)
			(*s->hash)(p, Hashblock, nil, &(DigestState){.seeded = 0});
	}
	*start = p;
	return bad? -Abadmac: len;
}

int
tlsseal(Tlssec *s, uchar *rec, int n)
{
	uchar *p;

	p = rec+Tlshdr;
	switch(s->enc->kind){
	case Kgcm:
	case Kccpoly:
		n = sealaead(s, rec, p, n);
		break;
	default:
		if(s->hash != nil){
			mac(s, rec, p, n, p+n);
			n += s->maclen;
		}
		if(s->enc->kind == Krc4)
			rc4(&s->rc4, p, n);
		else if(s->enc->kind == Kcbc)
			n = sealcbc(s, p, n);
	}
	s->seq++;
	rec[3] = n>>8;
	rec[4] = n;
	return Tlshdr+n;
}

int
tlsopen(Tlssec *s, uchar *rec, int n, uchar **start)
{
	uchar d[Maxdigest], *p;

	p = rec+Tlshdr;
	*start = p;
	switch(s->enc->kind){
	case Kgcm:
	case Kccpoly:
		n = openaead(s, rec, p, n, start);
		break;
	case Kcbc:
		n = opencbc(s, rec, p, n, start);
		break;
	default:
		if(s->enc->kind == Krc4)
			rc4(&s->rc4, p, n);
		n -= s->maclen;
		if(n < 0)
			return -Abadmac;
		if(s->hash != nil){
			mac(s, rec, p, n, d);
			if(constcmp(d, p+n, s->maclen) != 0)
				return -Abadmac;
		}
	}
	s->seq++;
	return n;
}
