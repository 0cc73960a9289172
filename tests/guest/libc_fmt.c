/* print(2): verbs, flags, limits of buffers, custom verbs, quoting. */
#include <u.h>
#include <libc.h>
#include "tap.h"

static void
t(char *want, char *fmt, ...)
{
	char buf[512], name[64];
	va_list args;

	va_start(args, fmt);
	vsnprint(buf, sizeof buf, fmt, args);
	va_end(args);
	snprint(name, sizeof name, "format %s", fmt);
	samestr(buf, want, name);
}

static void
integers(void)
{
	t("-5 5 0", "%d %d %d", -5, 5, 0);
	t("4294967291", "%ud", -5);
	t("-2147483648", "%d", 0x80000000);
	t("-9223372036854775808", "%lld", 1LL<<63);
	t("18446744073709551615", "%llud", ~0ULL);
	t("ff FF 0xff 0XFF 377 0377 101", "%x %X %#x %#X %o %#o %b", 255, 255, 255, 255, 255, 255, 5);
	t("   42|42   |00042|+42| 42", "%5d|%-5d|%05d|%+d|% d", 42, 42, 42, 42, 42);
	t("     007|007     |", "%8.3d|%-8.3d|", 7, 7);
	t("|", "%.0d|", 0);
	t("1,234,567 -12,345 999", "%,d %,d %,d", 1234567, -12345, 999);
	t("4464 44 65535 255", "%hd %hhd %uhd %uhhd", 70000, 300, -1, -1);
	t("   7", "%*d", 4, 7);
	t("7   |", "%*d|", -4, 7);
	t("deadbeef 0xdeadbeef", "%p %#p", (void*)0xDEADBEEF, (void*)0xDEADBEEF);
}

static void
strings(void)
{
	t("abc|       abc|abc       |ab|    ab", "%s|%10s|%-10s|%.2s|%6.2s", "abc", "abc", "abc", "abc", "abc");
	t("<nil>", "%s", nil);
	t("héé|  héé|h", "%s|%5s|%.1s", "héé", "héé", "héé");
	t("x|α|%", "%c|%C|%%", 'x', 0x3B1);
	t("%y%", "%y", 1);
	t("'it''s' plain '' 'a b'", "%q %q %q %q", "it's", "plain", "", "a b");
	t("  'a b'|'a b'  |", "%7q|%-7q|", "a b", "a b");
}

static void
floats(void)
{
	t("3.141593 3.141593e+00 3.14159", "%f %e %g", 3.14159265358979, 3.14159265358979, 3.14159265358979);
	t("0.1 1e-05 100000 1e+06 123457", "%g %g %g %g %g", 0.1, 1e-5, 1e5, 1e6, 123456.7);
	t("2 4 0 1.000 -0.5", "%.0f %.0f %.0f %.3f %g", 2.5, 3.5, 0.5, 0.9999, -0.5);
	t("   1.50|1.50   |0001.50|+1.5", "%7.2f|%-7.2f|%07.2f|%+g", 1.5, 1.5, 1.5, 1.5);
	t("NaN Inf -Inf", "%g %g %g", NaN(), Inf(1), Inf(-1));
	t("4.9406564584124654e-324 1.7976931348623157e+308", "%.17g %.17g", 4.9e-324, 1.7976931348623157e308);
	t("0.1000000000000000055511151231257827021181583404541015625", "%.55f", 0.1);
}

static void
buffers(void)
{
	char buf[8], *p;
	int n;

	n = snprint(buf, sizeof buf, "%s", "0123456789");
	same(n, 7, "snprint returns what it wrote");
	samestr(buf, "0123456", "snprint cuts");
	n = snprint(buf, 5, "abé%s", "x");
	samestr(buf, "abé", "a rune is not cut");
	same(n, 4, "and its bytes count");
	n = snprint(buf, 4, "abé%s", "x");
	samestr(buf, "ab", "nothing slips in after what did not fit");
	same(n, 2, "nor counts");
	p = seprint(buf, buf+sizeof buf, "%d", 12);
	same(p-buf, 2, "seprint returns the end");
	p = smprint("%s%1000d", "begin", 7);
	same(strlen(p), 1005, "smprint grows");
	free(p);
}

static int
pointfmt(Fmt *f)
{
	int *p;

	p = va_arg(f->args, int*);
	return fmtprint(f, "[%d %d]", p[0], p[1]);
}

static void
custom(void)
{
	int p[2] = {3, -4};

	fmtinstall('P', pointfmt);
	t("a [3 -4] 7", "a %P %d", p, 7);
	fmtinstall(0x3B1, pointfmt);
	t("[3 -4]", "%α", p);
	werrstr("no such %s", "thing");
	t("no such thing", "%r");
}

void
main(void)
{
	integers();
	strings();
	floats();
	buffers();
	custom();
	done();
}
