/*
 * tail: the end of a file, by lines or bytes, forwards or in reverse, once or
 * as it grows.  A file that can seek is read from its end backwards; of others
 * only as much is kept as will be shown.
 */
#include <u.h>
#include <libc.h>
#include <bio.h>

enum
{
	Step	= 64*1024,
};

static int file;
static int fromstart, bytes, reverse, follow;
static vlong count = 10;
static Biobuf out;
static char buf[Step];

static void
usage(void)
{
	fprint(2, "usage: tail [-n N] [-c N] [-f] [-r] [+-N[lbc][rf]] [file]\n");
	exits("usage");
}

static void
copy(void)
{
	long n;

	while((n = read(file, buf, sizeof buf)) > 0)
		Bwrite(&out, buf, n);
	if(n < 0)
		sysfatal("read error: %r");
}

/* the rest, from line or byte number count, counted from 1 */
static void
skip(void)
{
	vlong left;
	long n, i;

	left = count > 0 ? count-1 : 0;
	while(left > 0 && (n = read(file, buf, sizeof buf)) > 0){
		for(i = 0; i < n && left > 0; i++)
			if(bytes || buf[i] == '\n')
				left--;
		Bwrite(&out, buf+i, n-i);
	}
	copy();
}

/* everything, in memory */
static char*
slurp(vlong *len)
{
	char *all, *p;
	ulong size, used;
	long n;

	size = Step;
	used = 0;
	all = malloc(size);
	while(all != nil && (n = read(file, all+used, size-used)) > 0){
		used += n;
		/* what lies before the last count bytes will not be shown */
		if(bytes && !reverse && used > 2*count + Step){
			memmove(all, all+used-count, count);
			used = count;
		}
		if(size - used < Step/2){
			size *= 2;
			p = realloc(all, size);
			if(p == nil)
				sysfatal("out of memory");
			all = p;
		}
	}
	if(all == nil)
		sysfatal("out of memory");
	*len = used;
	return all;
}

/* where the last count lines of a text begin */
static char*
lastlines(char *text, char *e, vlong n)
{
	char *p;

	p = e;
	if(p > text && p[-1] == '\n')
		p--;
	for(; p > text; p--)
		if(p[-1] == '\n' && --n <= 0)
			break;
	return p;
}

static void
backwards(char *text, char *e, vlong n)
{
	char *p;

	while(e > text && n-- > 0){
		p = lastlines(text, e, 1);
		Bwrite(&out, p, e-p);
		if(e[-1] != '\n')
			Bputc(&out, '\n');
		e = p;
	}
}

/* by seeking: the offset where the last count lines begin, -1 if it cannot be done */
static vlong
findend(vlong size)
{
	vlong off, left;
	long n, i;

	left = count;
	off = size;
	while(off > 0){
		n = off < sizeof buf ? off : sizeof buf;
		off -= n;
		if(pread(file, buf, n, off) != n)
			return -1;
		for(i = n-1; i >= 0; i--)
			if(buf[i] == '\n' && off+i != size-1 && --left <= 0)
				return off+i+1;
	}
	return 0;
}

static void
tail(void)
{
	vlong size, off, len;
	char *text, *p;

	size = seek(file, 0, 2);
	if(size > 0 && !reverse){
		off = bytes ? (size > count ? size-count : 0) : count == 0 ? size : findend(size);
		if(off >= 0 && seek(file, off, 0) >= 0){
			copy();
			return;
		}
	}
	if(size >= 0)
		seek(file, 0, 0);
	text = slurp(&len);
	if(reverse)
		backwards(text, text+len, count);
	else if(count > 0){
		p = bytes ? text + (len > count ? len-count : 0) : lastlines(text, text+len, count);
		Bwrite(&out, p, text+len-p);
	}
	free(text);
}

/* +N and -N with their letters, as of old */
static void
oldstyle(char *s)
{
	char *p;

	fromstart = *s++ == '+';
	p = s;
	if(*s >= '0' && *s <= '9')
		count = strtoll(s, &p, 10);
	for(; *p; p++)
		switch(*p){
		case 'l':	bytes = 0; break;
		case 'b':	count *= 1024; bytes = 1; break;
		case 'c':	bytes = 1; break;
		case 'r':	reverse = 1; if(p == s) count = 1LL<<40; break;
		case 'f':	follow = 1; break;
		default:	usage();
		}
}

static void
setcount(char *s)
{
	char *e;

	if(s == nil)
		usage();
	fromstart = *s == '+';
	count = strtoll(s, &e, 10);
	if(*e != 0 || e == s)
		usage();
	if(count < 0)
		count = -count;
}

static int
isold(char *s)
{
	return s[0] == '+' && s[1] != 0 || s[0] == '-' && s[1] >= '0' && s[1] <= '9';
}

static void
options(int *argcp, char ***argvp)
{
	char **argv, *s;
	int argc, counted;

	argc = *argcp - 1;
	argv = *argvp + 1;
	counted = 0;
	for(; argc > 0 && (argv[0][0] == '-' || argv[0][0] == '+') && argv[0][1] != 0; argc--, argv++){
		if(strcmp(argv[0], "--") == 0){
			argc--;
			argv++;
			break;
		}
		if(isold(argv[0])){
			oldstyle(argv[0]);
			counted = 1;
			continue;
		}
		for(s = argv[0]+1; *s; s++){
			if(*s == 'f')
				follow = 1;
			else if(*s == 'r')
				reverse = 1;
			else if(*s == 'n' || *s == 'c'){
				bytes = *s == 'c';
				counted = 1;
				if(s[1] != 0)
					setcount(s+1);
				else if(argc > 1){
					setcount(argv[1]);
					argc--;
					argv++;
				}else
					usage();
				break;
			}else
				usage();
		}
	}
	if(reverse && !counted)
		count = 1LL<<40;
	*argcp = argc;
	*argvp = argv;
}

void
main(int argc, char **argv)
{
	Dir *d;
	vlong pos;

	argv0 = "tail";
	options(&argc, &argv);
	if(argc > 1 || reverse && (bytes || fromstart))
		usage();
	if(argc == 1){
		file = open(argv[0], OREAD);
		if(file < 0)
			sysfatal("can't open %s: %r", argv[0]);
	}
	Binit(&out, 1, OWRITE);
	if(fromstart)
		skip();
	else
		tail();
	Bflush(&out);
	while(follow){
		sleep(1000);
		pos = seek(file, 0, 1);
		d = dirfstat(file);
		if(d != nil && pos >= 0 && d->length < pos && d->length > 0)
			seek(file, 0, 0);	/* it was truncated: from the start */
		free(d);
		copy();
		if(Bflush(&out) < 0)
			break;
	}
	if(Bterm(&out) < 0)
		exits("write error");
	exits(nil);
}
