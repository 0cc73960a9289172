/*
 * dd: copies with given block sizes, and converts on the way.  Options are
 * -name value, or name=value as elsewhere.
 */
#include <u.h>
#include <libc.h>

static char *ifile, *ofile;
static ulong ibs = 512, obs = 512, cbs;
static int bsset, quiet, trunc = 1;
static vlong count = -1, skip, iseek, oseek, files = 1;

enum
{
	Lcase	= 1<<0,
	Ucase	= 1<<1,
	Swab	= 1<<2,
	Noerror	= 1<<3,
	Sync	= 1<<4,
	Blocks	= 1<<5,		/* lines to blocks of cbs */
	Unblock	= 1<<6,
};

static int conv;
static vlong infull, inpart, outfull, outpart, truncated;
static int in, out;
static uchar *ibuf, *obuf;
static ulong opos;
static ulong column;		/* of conv=block, in the line */

static struct {
	char	*name;
	int	bit;
} convs[] =
{
	{"lcase", Lcase}, {"ucase", Ucase}, {"swab", Swab}, {"noerror", Noerror},
	{"sync", Sync}, {"block", Blocks}, {"unblock", Unblock},
};

static void
report(void)
{
	if(quiet)
		return;
	fprint(2, "%lld+%lld records in\n", infull, inpart);
	fprint(2, "%lld+%lld records out\n", outfull, outpart);
	if(truncated > 0)
		fprint(2, "%lld truncated records\n", truncated);
}

static void
fail(char *fmt, ...)
{
	char msg[256];
	va_list args;

	va_start(args, fmt);
	vsnprint(msg, sizeof msg, fmt, args);
	va_end(args);
	fprint(2, "dd: %s\n", msg);
	report();
	exits(msg);
}

/* 10, 0x10, 4k, 2b, 3x512 */
static vlong
number(char *opt, char *s)
{
	vlong n, v;
	char *e;

	n = 1;
	for(;;){
		v = strtoll(s, &e, 0);
		if(e == s || v < 0)
			break;
		for(; *e && *e != 'x' && *e != '*'; e++)
			if(*e == 'k' || *e == 'K')
				v *= 1024;
			else if(*e == 'm' || *e == 'M')
				v *= 1024*1024;
			else if(*e == 'b')
				v *= 512;
			else if(*e == 'w')
				v *= 4;
			else
				goto Bad;
		n *= v;
		if(*e == 0)
			return n;
		s = e+1;
	}
Bad:
	fail("bad number for %s: %s", opt, s);
	return 0;
}

static ulong
blocksize(char *opt, char *s)
{
	vlong n;

	n = number(opt, s);
	if(n <= 0 || n > 1<<30)
		fail("%s %s: a block has 1 to 2^30 bytes", opt, s);
	return n;
}

static void
setconv(char *s)
{
	char *f[16];
	int i, j, n;

	n = getfields(s, f, nelem(f), 1, ",");
	for(i = 0; i < n; i++){
		for(j = 0; j < nelem(convs) && strcmp(f[i], convs[j].name) != 0; j++)
			;
		if(j == nelem(convs))
			fail("unknown conversion %s", f[i]);
		conv |= convs[j].bit;
	}
}

static void
option(char *name, char *val)
{
	if(strcmp(name, "if") == 0)
		ifile = val;
	else if(strcmp(name, "of") == 0)
		ofile = val;
	else if(strcmp(name, "ibs") == 0)
		ibs = blocksize(name, val);
	else if(strcmp(name, "obs") == 0)
		obs = blocksize(name, val);
	else if(strcmp(name, "bs") == 0){
		ibs = obs = blocksize(name, val);
		bsset = 1;
	}else if(strcmp(name, "cbs") == 0)
		cbs = blocksize(name, val);
	else if(strcmp(name, "count") == 0)
		count = number(name, val);
	else if(strcmp(name, "skip") == 0)
		skip = number(name, val);
	else if(strcmp(name, "iseek") == 0)
		iseek = number(name, val);
	else if(strcmp(name, "oseek") == 0 || strcmp(name, "seek") == 0)
		oseek = number(name, val);
	else if(strcmp(name, "files") == 0)
		files = number(name, val);
	else if(strcmp(name, "trunc") == 0)
		trunc = number(name, val) != 0;
	else if(strcmp(name, "quiet") == 0)
		quiet = number(name, val) != 0;
	else if(strcmp(name, "conv") == 0)
		setconv(val);
	else{
		fprint(2, "dd: unknown option %s\n"
			"usage: dd [-if file] [-of file] [-ibs n] [-obs n] [-bs n] [-cbs n] [-skip n] [-iseek n]\n"
			"          [-oseek n] [-count n] [-files n] [-trunc n] [-quiet n] [-conv words]\n", name);
		exits("usage");
	}
}

static void
put(uchar *p, ulong n)
{
	long m;

	m = write(out, p, n);
	if(m != n){
		if(m > 0)
			outpart++;
		fail("write error: %r");
	}
	if(n == obs)
		outfull++;
	else
		outpart++;
}

static void
flush(void)
{
	if(opos > 0)
		put(obuf, opos);
	opos = 0;
}

static void
emit(int c)
{
	obuf[opos++] = c;
	if(opos == obs)
		flush();
}

static void
pad(ulong n)
{
	while(n-- > 0)
		emit(' ');
}

/* one byte, with the conversion between lines and blocks */
static void
putbyte(int c)
{
	static ulong blanks;

	if(conv & Blocks){
		if(c == '\n'){
			pad(column < cbs ? cbs-column : 0);
			column = 0;
		}else if(column++ < cbs)
			emit(c);
		else if(column == cbs+1)
			truncated++;
		return;
	}
	if(conv & Unblock){
		if(c == ' ')
			blanks++;
		else{
			pad(blanks);
			blanks = 0;
			emit(c);
		}
		if(++column == cbs){
			emit('\n');
			column = blanks = 0;
		}
		return;
	}
	emit(c);
}

static void
convert(uchar *p, ulong n)
{
	ulong i;
	int c;

	if(conv & Swab)
		for(i = 0; i+1 < n; i += 2){
			c = p[i];
			p[i] = p[i+1];
			p[i+1] = c;
		}
	if(conv & (Lcase|Ucase))
		for(i = 0; i < n; i++)
			p[i] = conv & Lcase ? tolower(p[i]) : toupper(p[i]);
	if(conv & (Blocks|Unblock)){
		for(i = 0; i < n; i++)
			putbyte(p[i]);
		return;
	}
	if(bsset || ibs == obs && opos == 0){	/* a block in, a block out */
		put(p, n);
		return;
	}
	while(n > 0){
		i = obs-opos < n ? obs-opos : n;
		memmove(obuf+opos, p, i);
		opos += i;
		p += i;
		n -= i;
		if(opos == obs)
			flush();
	}
}

static void
copy(void)
{
	long n;

	while(count < 0 || infull+inpart < count){
		memset(ibuf, 0, conv & (Sync|Noerror) ? ibs : 0);
		n = read(in, ibuf, ibs);
		if(n < 0){
			if(!(conv & Noerror))
				fail("read error: %r");
			fprint(2, "dd: read error: %r\n");
			report();
			if(seek(in, ibs, 1) < 0)
				fail("cannot go on: %r");
			n = conv & Sync ? ibs : 0;
			inpart++;
			if(n == 0)
				continue;
		}else if(n == 0){
			if(--files <= 0)
				break;
			continue;
		}else if(n == ibs)
			infull++;
		else{
			inpart++;
			if(conv & Sync)
				n = ibs;
		}
		convert(ibuf, n);
	}
}

static void
skipblocks(void)
{
	for(; skip > 0; skip--)
		if(read(in, ibuf, ibs) <= 0)
			break;
}

void
main(int argc, char **argv)
{
	char *p;
	int i;

	argv0 = "dd";
	for(i = 1; i < argc; i++){
		p = strchr(argv[i], '=');
		if(p != nil && argv[i][0] != '-'){
			*p = 0;
			option(argv[i], p+1);
		}else if(argv[i][0] == '-' && i+1 < argc){
			option(argv[i]+1, argv[i+1]);
			i++;
		}else
			option(argv[i], "");
	}
	if(conv & (Blocks|Unblock) && cbs == 0)
		fail("conversion of blocks needs -cbs");
	in = ifile != nil ? open(ifile, OREAD) : dup(0, -1);
	if(in < 0)
		fail("can't open %s: %r", ifile);
	if(ofile == nil)
		out = dup(1, -1);
	else{
		out = trunc ? create(ofile, OWRITE, 0664) : open(ofile, OWRITE);
		if(out < 0 && !trunc)
			out = create(ofile, OWRITE, 0664);
	}
	if(out < 0)
		fail("can't create %s: %r", ofile);
	ibuf = malloc(ibs);
	obuf = malloc(obs);
	if(ibuf == nil || obuf == nil)
		fail("no memory for blocks of %lud and %lud bytes", ibs, obs);
	if(iseek > 0 && seek(in, iseek*ibs, 0) < 0)
		fail("iseek: %r");
	if(oseek > 0 && seek(out, oseek*obs, 0) < 0)
		fail("oseek: %r");
	skipblocks();
	copy();
	if(conv & Blocks && column > 0)
		putbyte('\n');
	flush();
	report();
	exits(nil);
}
