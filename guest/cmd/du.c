/*
 * du: the space that files take, directory by directory.  A file or directory
 * that is reached twice, by a bind, counts once.
 */
#include <u.h>
#include <libc.h>
#include <bio.h>

typedef struct Seen Seen;

struct Seen
{
	uvlong	path;
	ulong	dev;
	ushort	type;
	Seen	*next;
};

static Seen *seen[1024];
static int aflag, fflag, hflag, nflag, qflag, sflag, tflag, uflag, rflag;
static vlong unit = 1024;
static Biobuf out;
static char *status;

static int
again(Dir *d)
{
	Seen **b, *s;

	b = &seen[(d->qid.path ^ d->dev*31) % nelem(seen)];
	for(s = *b; s != nil; s = s->next)
		if(s->path == d->qid.path && s->dev == d->dev && s->type == d->type)
			return 1;
	s = malloc(sizeof *s);
	if(s == nil)
		sysfatal("out of memory");
	s->path = d->qid.path;
	s->dev = d->dev;
	s->type = d->type;
	s->next = *b;
	*b = s;
	return 0;
}

static void
warn(char *name)
{
	if(fflag)
		return;
	fprint(2, "du: %s: %r\n", name);
	status = "errors";
}

static void
human(vlong n)
{
	static char *suffix[] = {"", "K", "M", "G", "T"};
	double v;
	int i;

	v = n;
	for(i = 0; v >= 1024 && i < nelem(suffix)-1; i++)
		v /= 1024;
	Bprint(&out, i > 0 && v < 10 ? "%.1f%s" : "%.0f%s", v, suffix[i]);
}

static void
show(char *name, vlong n, Dir *d)
{
	if(tflag)
		Bprint(&out, "%lud\t", uflag ? d->atime : d->mtime);
	else if(qflag)
		Bprint(&out, "%.16llux\t", d->qid.path);
	else if(hflag){
		human(n);
		Bputc(&out, '\t');
	}else if(!nflag)
		Bprint(&out, "%lld\t", rflag ? n : n/unit);
	Bprint(&out, "%q\n", name);
}

static vlong
rounded(vlong n)
{
	return rflag ? n : (n + unit-1)/unit*unit;
}

/* bytes below the directory, in whole units */
static vlong
du(char *name, Dir *dir)
{
	Dir *d;
	vlong total, t;
	char *path;
	long n, i;
	int fd;

	fd = open(name, OREAD);
	if(fd < 0){
		warn(name);
		return 0;
	}
	n = dirreadall(fd, &d);
	close(fd);
	if(n < 0){
		warn(name);
		return 0;
	}
	total = 0;
	for(i = 0; i < n; i++){
		if(again(&d[i]))
			continue;
		path = smprint("%s%s%s", name, name[strlen(name)-1] == '/' ? "" : "/", d[i].name);
		if(path == nil)
			sysfatal("out of memory");
		if(d[i].mode & DMDIR){
			t = du(path, &d[i]);
		}else{
			t = rounded(d[i].length);
			if(aflag)
				show(path, t, &d[i]);
		}
		total += t;
		free(path);
	}
	free(d);
	if(!sflag)
		show(name, total, dir);
	return total;
}

static void
top(char *name)
{
	Dir *d;
	vlong n;

	d = dirstat(name);
	if(d == nil){
		warn(name);
		return;
	}
	if(!(d->mode & DMDIR))
		show(name, rounded(d->length), d);
	else{
		again(d);
		n = du(name, d);
		if(sflag)
			show(name, n, d);
	}
	free(d);
}

static void
usage(void)
{
	fprint(2, "usage: du [-afhnqrstu] [-b size] [file ...]\n");
	exits("usage");
}

void
main(int argc, char **argv)
{
	char *s;
	int i;

	doquote = needsrcquote;
	ARGBEGIN{
	case 'a':	aflag = 1; break;
	case 'b':
		unit = strtoll(EARGF(usage()), &s, 0);
		if(*s == 'k' || *s == 'K'){
			unit *= 1024;
			s++;
		}
		if(*s != 0 || unit <= 0)
			usage();
		break;
	case 'f':	fflag = 1; break;
	case 'h':	hflag = 1; break;
	case 'n':	nflag = 1; break;
	case 'q':	qflag = 1; break;
	case 'r':	rflag = 1; break;
	case 's':	sflag = 1; break;
	case 't':	tflag = 1; break;
	case 'u':	uflag = tflag = 1; break;
	default:	usage();
	}ARGEND
	Binit(&out, 1, OWRITE);
	if(argc == 0)
		top(".");
	for(i = 0; i < argc; i++)
		top(argv[i]);
	Bterm(&out);
	exits(status);
}
