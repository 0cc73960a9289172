/*
 * #D: records as Bell Labs' cpu and import exchange them, byte for byte, and two ends that understand each other.
 */
#include <u.h>
#include <libc.h>
#include <libsec.h>
#include "tap.h"

typedef struct End End;
struct End
{
	int	ctl;
	int	data;
	char	dir[32];
};

enum
{
	Big	= 200000,
};

static char	cryptsecret[] = "a secret that both know";		/* of which 23 bytes are 23 */
static uchar	big[Big], buf[Big];

/* RC4's state after the key, and n bytes of it */
static void
stream(char *key, int nkey, uchar *p, int n)
{
	uchar s[256], t;
	int i, j, k;

	for(i = 0; i < 256; i++)
		s[i] = i;
	for(i = j = 0; i < 256; i++){
		j = j + s[i] + (uchar)key[i % nkey] & 255;
		t = s[i]; s[i] = s[j]; s[j] = t;
	}
	for(i = j = k = 0; k < n; k++){
		i = i+1 & 255;
		j = j+s[i] & 255;
		t = s[i]; s[i] = s[j]; s[j] = t;
		p[k] = s[s[i]+s[j] & 255];
	}
}

static int
say(End *e, char *fmt, ...)
{
	char s[400];
	va_list arg;
	int n;

	va_start(arg, fmt);
	n = vsnprint(s, sizeof s, fmt, arg);
	va_end(arg);
	return write(e->ctl, s, n);
}

static int
openfile(End *e, char *file, int mode)
{
	char name[64];

	snprint(name, sizeof name, "%s/%s", e->dir, file);
	return open(name, mode);
}

static void
openend(End *e, int fd)
{
	char num[16];
	int n;

	e->ctl = open("#D/ssl/clone", ORDWR);
	n = read(e->ctl, num, sizeof num-1);
	num[n > 0? n: 0] = 0;
	snprint(e->dir, sizeof e->dir, "#D/ssl/%s", num);
	e->data = openfile(e, "data", ORDWR);
	if(fd >= 0 && say(e, "fd %d", fd) < 0)
		diag("fd: %r");
}

static void
closeend(End *e)
{
	close(e->data);
	close(e->ctl);
}

static void
wire(void)
{
	static char msg[2][6] = { "hello", "again" };
	uchar want[100], keys[100], d[SHA1dlen], num[4];
	char s64[100];
	DigestState s;
	int p[2], i, k, n, at;
	End e;

	stream("Key", 3, keys, 9);
	ok(memcmp(keys, "\xEB\x9F\x77\x81\xB7\x34\xCA\x72\xA7", 9) == 0, "the test knows RC4");
	pipe(p);
	openend(&e, p[1]);
	close(p[1]);
	enc64(s64, sizeof s64, (uchar*)cryptsecret, 15);
	say(&e, "secretin %s", s64);
	say(&e, "secretout %s", s64);
	ok(say(&e, "alg rc4_256 sha1") > 0, "secrets and algorithms as cpu sets them");
	stream(cryptsecret, 15, keys, sizeof keys);
	at = 0;
	for(k = 0; k < 2; k++){
		write(e.data, msg[k], 5);
		n = read(p[0], buf, sizeof buf);
		memset(&s, 0, sizeof s);
		memset(num, 0, sizeof num);
		num[3] = k;
		sha1((uchar*)cryptsecret, 15, nil, &s);
		sha1((uchar*)msg[k], 5, nil, &s);
		sha1(num, 4, d, &s);
		want[0] = 0x80;
		want[1] = 25;
		memmove(want+2, d, 20);
		memmove(want+22, msg[k], 5);
		for(i = 0; i < 25; i++)
			want[2+i] ^= keys[at++];
		same(n, 27, "a write is a record");
		ok(memcmp(buf, want, 27) == 0, "of these bytes");
	}
	/* what comes is another stream from its own beginning; 3 bytes of it fill up a block */
	memset(&s, 0, sizeof s);
	memset(num, 0, sizeof num);
	sha1((uchar*)cryptsecret, 15, nil, &s);
	sha1((uchar*)"padded!!", 8, nil, &s);
	sha1(num, 4, d, &s);
	want[0] = 0;
	want[1] = 28;
	want[2] = 3;
	memmove(want+3, d, 20);
	memmove(want+23, "padded!!", 8);
	for(i = 0; i < 28; i++)
		want[3+i] ^= keys[i];
	write(p[0], want, 2);		/* it may come in pieces */
	write(p[0], want+2, 10);
	write(p[0], want+12, 19);
	n = read(e.data, buf, 3);
	same(n, 3, "a read gives what it has room for");
	n += read(e.data, buf+3, 100);
	ok(n == 5 && memcmp(buf, "padde", 5) == 0, "and then the rest, without the padding");
	write(p[0], "\x80\x16garbage that is garbage.", 24);
	fails(read(e.data, buf, 100), "bad digest", "garbage has another digest");
	close(p[0]);
	closeend(&e);
}

static void
ends(void)
{
	static char *algs[] = { "rc4_256 sha1", "rc4_128 md5", "rc4_40 sha", "sha1", "rc4_128", "clear" };
	static int sizes[] = { 1, 1000, 32747, 32748, 40000, Big };
	End a, b;
	int i, k, p[2], bad, fd;

	for(i = 0; i < nelem(algs); i++){
		pipe(p);
		openend(&a, p[0]);
		openend(&b, p[1]);
		close(p[0]);
		close(p[1]);
		fd = openfile(&a, "secretout", OWRITE);
		write(fd, cryptsecret, 23);
		close(fd);
		fd = openfile(&b, "secretin", OWRITE);
		write(fd, cryptsecret, 23);
		close(fd);
		same(say(&a, "alg %s", algs[i]), 4+strlen(algs[i]), algs[i]);
		say(&b, "alg %s", algs[i]);
		bad = 0;
		for(k = 0; k < nelem(sizes); k++){
			if(fork() == 0){
				write(b.data, big, sizes[k]);
				_exits(nil);
			}
			memset(buf, 0, sizes[k]);
			bad += readn(a.data, buf, sizes[k]) != sizes[k] || memcmp(buf, big, sizes[k]) != 0;
			waitpid();
		}
		same(bad, 0, "what one end writes the other reads");
		closeend(&b);
		same(read(a.data, buf, 100), 0, "and then the end");
		closeend(&a);
	}
}

static void
orders(void)
{
	End e;
	int p[2];

	openend(&e, -1);
	fails(say(&e, "alg sha1"), "must set fd before algorithm", "alg before fd");
	fails(write(e.data, "x", 1), "must set fd", "data before fd");
	fails(say(&e, "fd %d", e.ctl), "cannot ssl encrypt devssl files", "SSL in SSL");
	pipe(p);
	say(&e, "fd %d", p[1]);
	fails(say(&e, "alg sha1"), "algorithm but no secret", "alg before a secret");
	fails(say(&e, "secretin ****"), "bad secret", "a secret that is none");
	same(say(&e, "secretin AAECAw=="), 17, "a secret for one direction");
	fails(say(&e, "alg rot13"), "bad algorithm", "an unknown algorithm");
	same(say(&e, "alg sha1"), 8, "serves for both");
	close(p[0]);
	close(p[1]);
	closeend(&e);
}

void
main(void)
{
	int i;

	for(i = 0; i < sizeof big; i++)
		big[i] = i*31 ^ i>>8;
	wire();
	ends();
	orders();
	done();
}
