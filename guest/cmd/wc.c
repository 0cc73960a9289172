/*
 * wc [-lwrbc] [file ...]: lines, words, runes, broken UTF codes, bytes.  A
 * table classifies bytes; only what is not ASCII is decoded.
 */
#include <u.h>
#include <libc.h>
#include <bio.h>

typedef struct Count Count;

struct Count
{
	uvlong	lines;
	uvlong	words;
	uvlong	runes;
	uvlong	broken;
	uvlong	bytes;
};

static int lflag, wflag, rflag, bflag, cflag;
static Count total;
static Biobuf out;
static char *status;
static uchar buf[64*1024 + UTFmax];

static void
report(Count *c, char *name)
{
	char line[160], *p, *e;

	p = line;
	e = line + sizeof line;
	if(lflag)
		p = seprint(p, e, " %7llud", c->lines);
	if(wflag)
		p = seprint(p, e, " %7llud", c->words);
	if(rflag)
		p = seprint(p, e, " %7llud", c->runes);
	if(bflag)
		p = seprint(p, e, " %7llud", c->broken);
	if(cflag)
		p = seprint(p, e, " %7llud", c->bytes);
	USED(p);
	Bprint(&out, "%s", line+1);
	if(name != nil)
		Bprint(&out, " %s", name);
	Bputc(&out, '\n');
}

/* counts the whole runes of n bytes; how many bytes that were */
static long
count(Count *c, uchar *p, long n, int *inword, int atend)
{
	uchar *start, *e;
	Rune r;
	int k, ch;

	start = p;
	for(e = p+n; p < e; p += k){
		ch = *p;
		k = 1;
		if(ch >= Runeself){
			if(!atend && !fullrune((char*)p, e-p))
				break;
			k = chartorune(&r, (char*)p);
			if(p + k > e || r == Runeerror && k == 1){
				k = 1;
				c->broken++;
			}
			c->runes++;
			if(r == Runeerror || !isspacerune(r)){
				if(!*inword)
					c->words++;
				*inword = 1;
			}else
				*inword = 0;
			continue;
		}
		c->runes++;
		if(ch == '\n')
			c->lines++;
		if(ch == ' ' || ch >= '\t' && ch <= '\r')
			*inword = 0;
		else if(!*inword){
			*inword = 1;
			c->words++;
		}
	}
	c->bytes += p - start;
	return p - start;
}

static void
wc(int fd, char *name)
{
	Count c;
	long n, left;
	int inword;

	memset(&c, 0, sizeof c);
	inword = 0;
	left = 0;
	while((n = read(fd, buf+left, sizeof buf - UTFmax - left)) > 0){
		n += left;
		left = n - count(&c, buf, n, &inword, 0);
		memmove(buf, buf+n-left, left);
	}
	if(n < 0){
		fprint(2, "wc: %s: %r\n", name != nil ? name : "standard input");
		status = "read error";
	}
	memset(buf+left, 0, UTFmax);
	count(&c, buf, left, &inword, 1);
	report(&c, name);
	total.lines += c.lines;
	total.words += c.words;
	total.runes += c.runes;
	total.broken += c.broken;
	total.bytes += c.bytes;
}

void
main(int argc, char **argv)
{
	int i, fd;

	ARGBEGIN{
	case 'l':	lflag = 1; break;
	case 'w':	wflag = 1; break;
	case 'r':	rflag = 1; break;
	case 'b':	bflag = 1; break;
	case 'c':	cflag = 1; break;
	default:
		fprint(2, "usage: wc [-lwrbc] [file ...]\n");
		exits("usage");
	}ARGEND
	if(!(lflag|wflag|rflag|bflag|cflag))
		lflag = wflag = cflag = 1;
	Binit(&out, 1, OWRITE);
	if(argc == 0)
		wc(0, nil);
	for(i = 0; i < argc; i++){
		fd = open(argv[i], OREAD);
		if(fd < 0){
			fprint(2, "wc: can't open %s: %r\n", argv[i]);
			status = "can't open";
			continue;
		}
		wc(fd, argv[i]);
		close(fd);
	}
	if(argc > 1)
		report(&total, "total");
	Bterm(&out);
	exits(status);
}
