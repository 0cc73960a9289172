/* Floating point, time, base 64, digests, regular expressions, 9P's bytes. */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <regexp.h>
#include <libsec.h>
#include "tap.h"

static void
floats(void)
{
	static struct {
		char	*s;
		double	d;
	} t[] = {
		{"0.1", 0.1}, {"1e308", 1e308}, {"9007199254740993", 9007199254740992.0},
		{"2.2250738585072011e-308", 2.2250738585072011e-308}, {"5e-324", 4.9406564584124654e-324},
		{"123456789012345678901234567890", 1.2345678901234568e29}, {"-.5e+1", -5}, {"1e-400", 0},
	};
	char *e, buf[64];
	double ip;
	int i, n;

	for(i = 0; i < nelem(t); i++){
		snprint(buf, sizeof buf, "strtod %s", t[i].s);
		ok(strtod(t[i].s, nil) == t[i].d, "%s", buf);
	}
	strtod("1.5e", &e);
	samestr(e, "e", "an exponent needs digits");
	ok(isInf(strtod("1e999", nil), 1) && isNaN(strtod("nan", nil)), "infinity and NaN");
	ok(floor(-2.5) == -3 && ceil(-2.5) == -2 && floor(1e300) == 1e300, "floor, ceil");
	ok(modf(-3.25, &ip) == -0.25 && ip == -3, "modf");
	ok(frexp(-8, &n) == -0.5 && n == 4 && ldexp(0.75, -1074) == 4.9406564584124654e-324, "frexp, ldexp");
	ok(sqrt(2)*sqrt(2) - 2 < 1e-15 && isNaN(sqrt(-1)), "sqrt");
	ok(pow(2, 10) == 1024 && pow(-2, 3) == -8 && fabs(pow(2, 0.5) - sqrt(2)) < 1e-15 && isNaN(pow(-1, 0.5)), "pow");
	ok(fabs(exp(1) - 2.718281828459045) < 1e-15 && exp(-1000) == 0 && isInf(exp(1000), 1), "exp");
	ok(fabs(log(10) - 2.302585092994046) < 1e-15 && log10(1000) == 3, "log");
	ok(fabs(sin(1) - 0.8414709848078965) < 1e-15 && fabs(cos(1) - 0.5403023058681398) < 1e-15 && fabs(tan(1) - 1.5574077246549023) < 1e-15, "sin, cos, tan");
	ok(fabs(atan2(1, -1) - 2.356194490192345) < 1e-15 && fabs(asin(1) - PIO2) < 1e-15 && acos(1) == 0, "atan2, asin, acos");
	ok(fmod(7.5, 2) == 1.5 && fmod(-7.5, 2) == -1.5 && fmod(1e300, 3) == fmod(1e300, 3), "fmod");
}

static void
clock(void)
{
	static long secs[] = {0, 951782400, 951868799, 1000000000, 1709164800, 2147483647, 4102444800UL};
	char *want[] = {"Thu Jan  1 00:00:00 GMT 1970\n", "Tue Feb 29 00:00:00 GMT 2000\n", "Tue Feb 29 23:59:59 GMT 2000\n",
		"Sun Sep  9 01:46:40 GMT 2001\n", "Thu Feb 29 00:00:00 GMT 2024\n", "Tue Jan 19 03:14:07 GMT 2038\n", "Fri Jan  1 00:00:00 GMT 2100\n"};
	long before;
	vlong now;
	int i;

	for(i = 0; i < nelem(secs); i++){
		samestr(asctime(gmtime(secs[i])), want[i], "asctime");
		same(tm2sec(gmtime(secs[i])), secs[i], "tm2sec is its inverse");
	}
	same(gmtime(1709164800)->yday, 59, "yday");
	before = time(nil);
	now = nsec()/1000000000;
	ok(before > 1600000000 && before <= now && now <= time(nil), "the clock");
}

static void
digests(void)
{
	static struct {
		DigestState	*(*fn)(uchar*, ulong, uchar*, DigestState*);
		int	len;
		char	*of0;		/* of nothing */
		char	*ofm;		/* of a million times a */
	} t[] = {
		{md5, MD5dlen, "D41D8CD98F00B204E9800998ECF8427E", "7707D6AE4E027C70EEA2A935C2296F21"},
		{sha1, SHA1dlen, "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709", "34AA973CD4C4DAA4F61EEB2BDBAD27316534016F"},
		{sha2_256, SHA2_256dlen, "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
			"CDC76E5C9914FB9281A1C7E284D73E67F1809A48A497200E046D39CCC7112CD0"},
	};
	DigestState s;
	uchar d[SHA2_512dlen], a[1000];
	char hex[129];
	int i, j;

	memset(a, 'a', sizeof a);
	for(i = 0; i < nelem(t); i++){
		t[i].fn(nil, 0, d, nil);
		enc16(hex, sizeof hex, d, t[i].len);
		samestr(hex, t[i].of0, "digest of nothing");
		memset(&s, 0, sizeof s);
		for(j = 0; j < 1000; j++)
			t[i].fn(a, j&1 ? 999 : 1000, nil, &s);
		t[i].fn(a, 500, nil, &s);
		t[i].fn(a, 0, d, &s);
		enc16(hex, sizeof hex, d, t[i].len);
		samestr(hex, t[i].ofm, "digest of a million letters");
	}
	same(enc64(hex, sizeof hex, (uchar*)"hello", 5), 8, "enc64's length");
	samestr(hex, "aGVsbG8=", "enc64");
	ok(dec64(d, sizeof d, hex, 8) == 5 && memcmp(d, "hello", 5) == 0, "dec64");
	same(enc16(hex, 4, (uchar*)"abc", 3), -1, "no room");
}

static void
regexps(void)
{
	static struct {
		char	*re;
		char	*s;
		char	*want;		/* the match, and \1; nil for none */
		char	*sub;
	} t[] = {
		{"abc", "xabcx", "abc", ""}, {"a*", "baaa", "", ""}, {"(a+)b", "xaab", "aab", "aa"},
		{"a|ab|abc", "abcd", "abc", ""}, {"^b", "a\nb", "b", ""}, {"a$", "a\nb", "a", ""},
		{"[^a-c]+", "abcxyz", "xyz", ""}, {"a.c", "a\nc", nil, ""}, {"(ab|cd)*e", "ababcde", "ababcde", "cd"},
		{"x?y+z", "yyz", "yyz", ""}, {"\\.\\*", "a.*b", ".*", ""}, {"[\\]a]+", "x]a]", "]a]", ""},
		{"é+", "caféé", "éé", ""}, {"(a*)(b*)", "aabb", "aabb", "aa"}, {"^$", "", "", ""}, {"[^x]", "\n", nil, ""},
	};
	char buf[64], buf2[64];
	Reprog *re;
	Resub m[4];
	int i, hit;

	for(i = 0; i < nelem(t); i++){
		re = regcomp(t[i].re);
		memset(m, 0, sizeof m);
		hit = regexec(re, t[i].s, m, nelem(m));
		if(t[i].want == nil){
			same(hit, 0, t[i].re);
			continue;
		}
		buf[0] = buf2[0] = 0;
		if(hit){
			regsub("&", buf, sizeof buf, m, nelem(m));
			regsub("\\1", buf2, sizeof buf2, m, nelem(m));
		}else
			strcpy(buf, "no match");
		samestr(buf, t[i].want, t[i].re);
		samestr(buf2, t[i].sub, t[i].re);
		free(re);
	}
	re = regcomp("(a*)*b");
	memset(buf, 'a', sizeof buf - 1);
	buf[sizeof buf - 1] = 0;
	same(regexec(re, buf, nil, 0), 0, "no expression takes long");
	same(regexec(regcompnl("a.c"), "a\nc", nil, 0), 1, "regcompnl's dot");
	same(regexec(regcomplit("a.c"), "abc a.c", nil, 0), 1, "regcomplit");
}

static void
messages(void)
{
	static uchar version[] = {0x13, 0, 0, 0, 0x64, 0xFF, 0xFF, 0x18, 0x20, 0, 0, 6, 0, '9', 'P', '2', '0', '0', '0'};
	static uchar attach[] = {0x19, 0, 0, 0, 0x68, 1, 0, 1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 6, 0, 'g', 'l', 'e', 'n', 'd', 'a', 0, 0};
	uchar buf[256];
	char strs[64];
	Fcall f, g;
	Dir d, e;
	int i, bad;

	memset(&f, 0, sizeof f);
	f.type = Tversion;
	f.tag = NOTAG;
	f.msize = 8216;
	f.version = VERSION9P;
	ok(convS2M(&f, buf, sizeof buf) == sizeof version && memcmp(buf, version, sizeof version) == 0, "Tversion's bytes");
	f.type = Tattach;
	f.tag = 1;
	f.fid = 1;
	f.afid = NOFID;
	f.uname = "glenda";
	f.aname = "";
	ok(convS2M(&f, buf, sizeof buf) == sizeof attach && memcmp(buf, attach, sizeof attach) == 0, "Tattach's bytes");
	ok(convM2S(buf, sizeof attach, &g) == sizeof attach && strcmp(g.uname, "glenda") == 0 && g.afid == NOFID, "and back");
	bad = 0;
	for(i = 0; i < sizeof attach; i++){
		memmove(buf, attach, sizeof attach);
		buf[0] = i;		/* a wrong size, whatever it is */
		if(convM2S(buf, i, &g) != 0)
			bad++;
	}
	same(bad, 0, "short messages are refused");
	memset(&d, 0, sizeof d);
	d.name = d.uid = d.gid = "x";
	d.muid = "";
	d.length = 1LL<<40;
	d.mode = DMDIR|0755;
	same(convD2M(&d, buf, sizeof buf), STATFIXLEN+3, "a stat entry's size");
	same(GBIT16(buf), STATFIXLEN+1, "which it begins with");
	same(statcheck(buf, STATFIXLEN+3), 0, "statcheck");
	same(statcheck(buf, STATFIXLEN+2), -1, "of a cut entry");
	ok(convM2D(buf, sizeof buf, &e, strs) == STATFIXLEN+3 && e.length == d.length && e.mode == d.mode && strcmp(e.gid, "x") == 0, "and back");
	same(convD2M(&d, buf, 10), BIT16SZ, "too little room: the size that is needed");
}

void
main(void)
{
	floats();
	clock();
	digests();
	regexps();
	messages();
	done();
}
