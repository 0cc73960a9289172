/* Memory, strings, runes, numbers, sorting: every length and alignment that could matter. */
#include <u.h>
#include <libc.h>
#include <ctype.h>
#include "tap.h"

static void
memory(void)
{
	static uchar a[600], b[600];
	int n, off, i, bad;

	bad = 0;
	for(n = 0; n < 200; n++)
		for(off = 0; off < 8; off++){
			for(i = 0; i < sizeof a; i++)
				a[i] = i*7;
			memset(b, 0xEE, sizeof b);
			memmove(b+off, a+3, n);
			for(i = 0; i < sizeof b; i++)
				if(b[i] != (uchar)(i >= off && i < off+n ? (i-off+3)*7 : 0xEE))
					bad++;
		}
	same(bad, 0, "memmove of all short lengths");
	for(n = 0; n < 300; n++)
		for(off = -17; off <= 17; off += 3){
			for(i = 0; i < sizeof a; i++)
				a[i] = b[i] = i*13;
			memmove(a+100+off, a+100, n);
			for(i = 0; i < n; i++)
				if(a[100+off+i] != b[100+i])
					bad++;
		}
	same(bad, 0, "memmove of overlapping memory");
	for(n = 0; n < 100; n++)
		for(off = 0; off < 4; off++){
			memset(a, 1, sizeof a);
			memset(a+off, 0x5A, n);
			for(i = 0; i < 200; i++)
				if(a[i] != (i >= off && i < off+n ? 0x5A : 1))
					bad++;
		}
	same(bad, 0, "memset");
	ok(memcmp("abcdefgh", "abcdefgi", 8) < 0 && memcmp("b", "a", 1) > 0 && memcmp("x\377", "x\1", 2) > 0, "memcmp compares bytes without sign");
	ok(memchr("abcdef", 'f', 6) != nil && memchr("abcdef", 'f', 5) == nil && memchr("a\200", 0x80, 2) != nil, "memchr");
}

static void
strings(void)
{
	char buf[64], *s;
	int n, off, bad;

	bad = 0;
	for(off = 0; off < 8; off++)
		for(n = 0; n < 40; n++){
			memset(buf, 'x', sizeof buf);
			buf[off+n] = 0;
			if(strlen(buf+off) != n)
				bad++;
			if(n > 0){
				buf[off+n-1] = 'y';
				if(strchr(buf+off, 'y') != buf+off+n-1 || strrchr(buf+off, 'y') != buf+off+n-1 || strchr(buf+off, 'z') != nil)
					bad++;
			}
		}
	same(bad, 0, "strlen, strchr and strrchr at all alignments");
	ok(strcmp("a", "b") < 0 && strcmp("a\377", "a") > 0 && strcmp("", "") == 0, "strcmp");
	ok(strncmp("abc", "abd", 2) == 0 && strncmp("abc", "abd", 3) < 0, "strncmp");
	ok(cistrcmp("HeLLo", "hEllO") == 0 && cistrstr("xxABCxx", "abc") != nil, "cistrcmp, cistrstr");
	s = strecpy(buf, buf+5, "12345678");
	ok(s == buf+4 && strcmp(buf, "1234") == 0, "strecpy cuts and ends");
	ok(strspn("aabbc", "ab") == 4 && strcspn("aabbc", "c") == 4 && strcmp(strpbrk("hello", "xol"), "llo") == 0, "spans");
	ok(strcmp(strstr("abcabd", "abd"), "abd") == 0 && strstr("abc", "") != nil && strstr("abc", "x") == nil, "strstr");
}

static void
runes(void)
{
	static struct {
		char	*s;
		int	n;
		Rune	r;
	} bad[] = {
		{"\200", 1, Runeerror}, {"\300\200", 1, Runeerror}, {"\355\240\200", 1, Runeerror},
		{"\364\220\200\200", 1, Runeerror}, {"\342\202", 1, Runeerror},
	};
	char buf[UTFmax];
	Rune r, back;
	int i, n, wrong;

	wrong = 0;
	for(r = 1; r <= Runemax; r += r < 0x800 ? 1 : 61){
		if(r >= 0xD800 && r <= 0xDFFF)
			continue;
		n = runetochar(buf, &r);
		if(n != runelen(r) || !fullrune(buf, n) || n > 1 && fullrune(buf, n-1) || chartorune(&back, buf) != n || back != r)
			wrong++;
	}
	same(wrong, 0, "runes survive UTF");
	for(i = 0; i < nelem(bad); i++){
		n = chartorune(&r, bad[i].s);
		ok(n == bad[i].n && r == bad[i].r, "malformed UTF %d", i);
	}
	r = -5;
	n = runetochar(buf, &r);
	ok(n == 3 && runelen(-5) == 3 && chartorune(&back, buf) == 3 && back == Runeerror, "a rune below 0 is an error");
	ok(runestrlen(L"aé€😀") == 4 && runestrcmp(L"αβ", L"αβ") == 0 && L"é"[0] == 0xE9, "L\"...\" is an array of Runes");
	same(utflen("aé€😀"), 4, "utflen");
	ok(strcmp(utfrune("aé€", 0x20AC), "€") == 0 && utfrune("abc", 0xE9) == nil, "utfrune");
	ok(toupperrune(0xE9) == 0xC9 && tolowerrune(0x416) == 0x436 && totitlerune(0x1C6) == 0x1C5, "cases");
	ok(isalpharune(0x3B1) && !isalpharune('1') && isupperrune(0xC9) && islowerrune(0xE9) && isspacerune(0x3000), "classes");
	ok(isdigit('7') && isxdigit('f') && isspace('\n') && ispunct('~') && !isalpha(0x80), "ctype");
}

static void
numbers(void)
{
	char *e;

	same(strtol("  -0x1Fz", &e, 0), -31, "strtol of hexadecimal");
	samestr(e, "z", "where it ended");
	same(strtol("077", nil, 0), 63, "octal");
	same(strtol("99999999999", nil, 10), 0x7FFFFFFF, "strtol saturates");
	same(strtol("-99999999999", nil, 10), -0x7FFFFFFF-1, "below too");
	same(strtoull("18446744073709551615", nil, 10), ~0ULL, "strtoull's largest");
	same(strtoll("-9223372036854775808", nil, 10), 1LL<<63, "strtoll's smallest");
	same(strtoul("zz", nil, 36), 1295, "base 36");
	strtol("xyz", &e, 10);
	samestr(e, "xyz", "no digits, nothing taken");
	same(-7000000000LL/3, -2333333333LL, "division of 64 bits");
	same(-7000000000LL%1000000007LL, -999999958LL, "and remainder");
	same(~0ULL/0x123456789ULL, 3774873600LL, "by more than 32 bits");
	same(0x8000000000000000ULL/0xFFFFFFFFFFFFFFFFULL, 0, "by more than the dividend");
}

static void
names(void)
{
	static char *t[][2] = {
		{"/a/../b//c/./d/..", "/b/c"}, {"a/../..", ".."}, {"", "."}, {"//", "/"}, {"/..", "/"},
		{"../../a/..", "../.."}, {"#c/../x", "#c/x"}, {"a/", "a"}, {"./a", "a"},
	};
	char buf[64], *f[8];
	int i, n;

	for(i = 0; i < nelem(t); i++){
		strcpy(buf, t[i][0]);
		samestr(cleanname(buf), t[i][1], t[i][0]);
	}
	strcpy(buf, "a 'b c' d''''e  ''");
	n = tokenize(buf, f, nelem(f));
	ok(n == 4 && strcmp(f[1], "b c") == 0 && f[3][0] == 0, "tokenize undoes quotes");
	strcpy(buf, ":a::b");
	same(getfields(buf, f, nelem(f), 0, ":"), 4, "getfields keeps empty fields");
	strcpy(buf, ":a::b");
	same(getfields(buf, f, nelem(f), 1, ":"), 2, "or not");
	strcpy(buf, "a b c d");
	n = getfields(buf, f, 2, 1, " ");
	samestr(f[1], "b c d", "the last field has the rest");
	same(n, 2, "and their number is limited");
}

static int
cmp(void *a, void *b)
{
	return *(int*)a < *(int*)b ? -1 : *(int*)a > *(int*)b;
}

static void
sorting(void)
{
	static int v[5000];
	int kind, i, bad;

	for(kind = 0; kind < 5; kind++){
		for(i = 0; i < nelem(v); i++)
			v[i] = kind == 0 ? i : kind == 1 ? -i : kind == 2 ? i%7 : kind == 3 ? nrand(1000000) : (i < 2500 ? i : 5000-i);
		qsort(v, nelem(v), sizeof v[0], cmp);
		bad = 0;
		for(i = 1; i < nelem(v); i++)
			if(v[i-1] > v[i])
				bad++;
		same(bad, 0, "qsort");
	}
}

void
main(void)
{
	memory();
	strings();
	runes();
	numbers();
	names();
	sorting();
	done();
}
