/*
 * A client of TLS with a shared key (RFC 4279, and 5487, 7905), by #a, as far as a test needs one: tlspsk addr version suite.  After
 * the handshake it sends a pattern, reads until the end, and prints what came.
 */
#include <u.h>
#include <libc.h>
#include <libsec.h>

typedef struct Suite Suite;
struct Suite
{
	char	*name;
	int	num;
	char	*enc;
	char	*hash;
	int	mac;
	int	key;
	int	iv;
	int	sha384;			/* for the PRF */
};

enum
{
	Patternlen	= 300000,
	Hello		= 1,
	Keyexchange	= 16,
	Done		= 14,
	Finished	= 20,
};

static Suite suites[] = {
	{"PSK-AES128-CBC-SHA", 0x8C, "aes_128_cbc", "sha1", 20, 16, 16, 0},
	{"PSK-AES256-CBC-SHA", 0x8D, "aes_256_cbc", "sha1", 20, 32, 16, 0},
	{"PSK-AES128-CBC-SHA256", 0xAE, "aes_128_cbc", "sha256", 32, 16, 16, 0},
	{"PSK-AES128-GCM-SHA256", 0xA8, "aes_128_gcm_aead", "clear", 0, 16, 4, 0},
	{"PSK-AES256-GCM-SHA384", 0xA9, "aes_256_gcm_aead", "clear", 0, 32, 4, 1},
	{"PSK-CHACHA20-POLY1305", 0xCCAB, "ccpoly96_aead", "clear", 0, 32, 12, 0},
};

static Suite	*suite;
static int	version;
static int	ctl, hand, data;
static uchar	said[10000];		/* the handshake */
static int	nsaid;
static uchar	psk[16] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF};
static uchar	randoms[2][32];		/* client's, server's */
static uchar	master[48];

/* SHA-384 is SHA-512 that begins elsewhere, and is cut. */
static DigestState*
sha384(uchar *p, ulong n, uchar *out, DigestState *s)
{
	static u64int start[] = {
		0xCBBB9D5DC1059ED8ULL, 0x629A292A367CD507ULL, 0x9159015A3070DD17ULL, 0x152FECD8F70E5939ULL,
		0x67332667FFC00B31ULL, 0x8EB44A8768581511ULL, 0xDB0C2E0D64F98FA7ULL, 0x47B5481DBEFA4FA4ULL,
	};
	uchar d[SHA2_512dlen];

	if(!s->seeded){
		memmove(s->bstate, start, sizeof start);
		s->seeded = 1;
	}
	sha2_512(p, n, out != nil ? d : nil, s);
	if(out != nil)
		memmove(out, d, 48);
	return nil;
}

typedef DigestState* Digest(uchar*, ulong, uchar*, DigestState*);

/* HMAC of a and b */
static void
mac(Digest *h, int dlen, int block, uchar *key, int nkey, uchar *a, int na, uchar *b, int nb, uchar *out)
{
	uchar k[128], d[64];
	DigestState s;
	int i;

	memset(k, 0, sizeof k);
	memmove(k, key, nkey);
	for(i = 0; i < block; i++)
		k[i] ^= 0x36;
	memset(&s, 0, sizeof s);
	h(k, block, nil, &s);
	h(a, na, nil, &s);
	h(b, nb, d, &s);
	for(i = 0; i < block; i++)
		k[i] ^= 0x36^0x5C;
	memset(&s, 0, sizeof s);
	h(k, block, nil, &s);
	h(d, dlen, out, &s);
}

/* P_hash of RFC 5246, xored into out */
static void
phash(Digest *h, int dlen, int block, uchar *key, int nkey, uchar *seed, int n, uchar *out, int nout)
{
	uchar a[64], d[64];
	int i;

	mac(h, dlen, block, key, nkey, seed, n, nil, 0, a);
	while(nout > 0){
		mac(h, dlen, block, key, nkey, a, dlen, seed, n, d);
		for(i = 0; i < dlen && nout > 0; i++, nout--)
			*out++ ^= d[i];
		mac(h, dlen, block, key, nkey, a, dlen, nil, 0, d);
		memmove(a, d, dlen);
	}
}

static void
prf(uchar *key, int nkey, char *label, uchar *a, int na, uchar *b, int nb, uchar *out, int nout)
{
	uchar seed[200];
	int n, half;

	n = strlen(label);
	memmove(seed, label, n);
	memmove(seed+n, a, na);
	memmove(seed+n+na, b, nb);
	n += na+nb;
	memset(out, 0, nout);
	if(version < 0x303){
		half = (nkey+1)/2;
		phash(md5, MD5dlen, 64, key, half, seed, n, out, nout);
		phash(sha1, SHA1dlen, 64, key+nkey-half, half, seed, n, out, nout);
	}else if(suite->sha384)
		phash(sha384, 48, 128, key, nkey, seed, n, out, nout);
	else
		phash(sha2_256, SHA2_256dlen, 64, key, nkey, seed, n, out, nout);
}

/* the twelve bytes of Finished for what has been said so far */
static void
finished(char *label, uchar *out)
{
	uchar d[64];
	DigestState s;
	int n;

	memset(&s, 0, sizeof s);
	if(version < 0x303){
		md5(said, nsaid, d, nil);
		sha1(said, nsaid, d+MD5dlen, nil);
		n = MD5dlen+SHA1dlen;
	}else if(suite->sha384){
		sha384(said, nsaid, d, &s);
		n = 48;
	}else{
		sha2_256(said, nsaid, d, nil);
		n = SHA2_256dlen;
	}
	prf(master, sizeof master, label, d, n, nil, 0, out, 12);
}

static void
record(uchar *p, int n)
{
	if(nsaid+n > sizeof said)
		sysfatal("the handshake is too long");
	memmove(said+nsaid, p, n);
	nsaid += n;
}

static void
send(int type, uchar *p, int n)
{
	uchar msg[300];

	msg[0] = type;
	msg[1] = 0;
	msg[2] = n>>8;
	msg[3] = n;
	memmove(msg+4, p, n);
	record(msg, n+4);
	if(write(hand, msg, n+4) != n+4)
		sysfatal("hand: %r");
}

/* The next message from the server, in said; returns its body. */
static uchar*
receive(int *type)
{
	uchar hdr[4], *body;
	int n;

	if(readn(hand, hdr, 4) != 4)
		sysfatal("hand: %r");
	*type = hdr[0];
	n = hdr[2]<<8 | hdr[3];
	record(hdr, 4);
	body = said+nsaid;
	if(nsaid+n > sizeof said || readn(hand, body, n) != n)
		sysfatal("hand: %r");
	nsaid += n;
	return body;
}

static void
tell(char *fmt, ...)
{
	char buf[512];
	va_list arg;
	int n;

	va_start(arg, fmt);
	n = vsnprint(buf, sizeof buf, fmt, arg);
	va_end(arg);
	if(write(ctl, buf, n) != n)
		sysfatal("%.20s: %r", buf);
}

static void
hello(void)
{
	uchar b[60], *p;

	memset(b, 0, sizeof b);
	b[0] = version>>8;
	b[1] = version;
	memmove(b+2, randoms[0], 32);
	p = b+2+32+1;			/* no session */
	*p++ = 0;
	*p++ = 2;
	*p++ = suite->num>>8;
	*p++ = suite->num;
	*p++ = 1;			/* compression: none */
	*p++ = 0;
	send(Hello, b, p-b);
}

static void
keyexchange(void)
{
	static char id[] = "Client_identity";
	uchar b[40], pm[2*(2+sizeof psk)];
	int n;

	n = strlen(id);
	b[0] = 0;
	b[1] = n;
	memmove(b+2, id, n);
	send(Keyexchange, b, n+2);
	memset(pm, 0, sizeof pm);
	pm[1] = pm[2+sizeof psk+1] = sizeof psk;
	memmove(pm+2+sizeof psk+2, psk, sizeof psk);
	prf(pm, sizeof pm, "master secret", randoms[0], 32, randoms[1], 32, master, sizeof master);
}

static void
handshake(void)
{
	uchar *b, want[12], mine[12], keys[200];
	char text[300];
	int type, n;

	hello();
	while(b = receive(&type), type != Done)
		if(type == 2){
			n = b[0]<<8 | b[1];
			if(n != version)
				sysfatal("the server wants version %#x", n);
			memmove(randoms[1], b+2, 32);
		}
	tell("version %#x", version);
	keyexchange();
	n = 2*(suite->mac+suite->key+suite->iv);
	prf(master, sizeof master, "key expansion", randoms[1], 32, randoms[0], 32, keys, n);
	enc64(text, sizeof text, keys, n);
	tell("secret %s %s 1 %s", suite->hash, suite->enc, text);
	tell("changecipher");
	finished("client finished", mine);
	send(Finished, mine, sizeof mine);
	finished("server finished", want);
	b = receive(&type);
	if(type != Finished || memcmp(b, want, sizeof want) != 0)
		sysfatal("the server's Finished is another");
	tell("opened");
}

static void
talk(void)
{
	static uchar buf[Patternlen];
	uchar d[MD5dlen];
	DigestState s;
	long n, total;
	int i;

	for(i = 0; i < sizeof buf; i++)
		buf[i] = i*31 ^ i>>8;
	if(write(data, buf, sizeof buf) != sizeof buf)
		sysfatal("data: %r");
	memset(&s, 0, sizeof s);
	for(total = 0; (n = read(data, buf, sizeof buf)) > 0; total += n)
		md5(buf, n, nil, &s);
	if(n < 0)
		sysfatal("data: %r");
	md5(nil, 0, d, &s);
	print("%ld bytes ", total);
	for(i = 0; i < sizeof d; i++)
		print("%.2x", d[i]);
	print("\n");
}

void
main(int argc, char **argv)
{
	char num[16], file[64];
	int fd, i;

	if(argc != 4)
		sysfatal("usage: tlspsk addr version suite");
	version = strtol(argv[2], nil, 0);
	for(suite = suites; suite < suites+nelem(suites) && strcmp(suite->name, argv[3]) != 0; suite++)
		;
	if(suite == suites+nelem(suites))
		sysfatal("no such suite: %s", argv[3]);
	fd = open("/dev/random", OREAD);
	readn(fd, randoms[0], 32);
	close(fd);
	fd = dial(argv[1], nil, nil, nil);
	if(fd < 0)
		sysfatal("%s: %r", argv[1]);
	ctl = open("#a/tls/clone", ORDWR);
	i = read(ctl, num, sizeof num-1);
	num[i > 0 ? i : 0] = 0;
	snprint(file, sizeof file, "#a/tls/%s/hand", num);
	hand = open(file, ORDWR);
	snprint(file, sizeof file, "#a/tls/%s/data", num);
	data = open(file, ORDWR);
	tell("fd %d %#x", fd, version);
	close(fd);
	handshake();
	close(hand);
	close(ctl);
	talk();
	exits(nil);
}
