/*
 * ls: lists directories and files.  Everything is collected first, because
 * the columns of -l are as wide as their widest entry.
 */
#include <u.h>
#include <libc.h>
#include <bio.h>
#include <fcall.h>

typedef struct Entry Entry;

struct Entry
{
	Dir	*d;
	char	*prefix;		/* directory to show before the name; nil for none */
};

static int dflag, lflag, mflag, nflag, pflag, qflag, rflag, sflag, tflag, uflag, Fflag, Tflag, Qflag;
static Entry *list;
static int nlist, room;
static ulong now;
static Biobuf out;
static char *status;

static struct {				/* widths */
	int	dev;
	int	uid;
	int	gid;
	int	len;
	int	vers;
	int	kib;
} w;

static void
usage(void)
{
	fprint(2, "usage: ls [-dlmnpqrstuFQT] [name ...]\n");
	exits("usage");
}

static void
add(Dir *d, char *prefix)
{
	if(nlist == room){
		room = room != 0 ? 2*room : 64;
		list = realloc(list, room*sizeof list[0]);
		if(list == nil)
			sysfatal("out of memory");
	}
	list[nlist].d = d;
	list[nlist].prefix = prefix;
	nlist++;
}

static int
byname(void *a, void *b)
{
	Entry *x, *y;
	int i;

	x = a;
	y = b;
	i = 0;
	if(x->prefix != nil && y->prefix != nil)
		i = strcmp(x->prefix, y->prefix);
	if(i == 0)
		i = strcmp(x->d->name, y->d->name);
	return rflag ? -i : i;
}

static int
bytime(void *a, void *b)
{
	ulong s, t;

	s = uflag ? ((Entry*)a)->d->atime : ((Entry*)a)->d->mtime;
	t = uflag ? ((Entry*)b)->d->atime : ((Entry*)b)->d->mtime;
	if(s == t)
		return 0;
	return (s < t) ^ rflag ? 1 : -1;
}

static int
width(char *fmt, ...)
{
	char buf[128];
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprint(buf, sizeof buf, fmt, args);
	va_end(args);
	return n;
}

static void
widen(int *to, int n)
{
	if(n > *to)
		*to = n;
}

static vlong
kib(Dir *d)
{
	return (d->length + 1023)/1024;
}

static void
measure(Dir *d)
{
	widen(&w.dev, width("%ud", d->dev));
	widen(&w.uid, utflen(d->uid));
	widen(&w.gid, utflen(d->gid));
	widen(&w.len, width("%lld", d->length));
	widen(&w.vers, width("%lud", d->qid.vers));
	widen(&w.kib, width("%lld", kib(d)));
}

/* Jan  1 12:34, or the year if it is more than half of one away */
static char*
when(ulong t)
{
	static char buf[32];
	char *s;

	s = ctime(t);
	memmove(buf, s+4, 7);		/* month, day */
	if(t + 183*24*60*60 < now || t > now + 24*60*60)
		snprint(buf+7, sizeof buf-7, " %.4s", s+24);
	else
		memmove(buf+7, s+11, 5);
	buf[12] = 0;
	return buf;
}

static char*
mark(Dir *d)
{
	if(!Fflag)
		return "";
	if(d->qid.type & QTDIR)
		return "/";
	return d->mode & 0111 ? "*" : "";
}

static void
format(Entry *e)
{
	Dir *d;
	char *path;

	d = e->d;
	if(sflag)
		Bprint(&out, "%*lld ", w.kib, kib(d));
	if(mflag)
		Bprint(&out, "[%s] ", d->muid);
	if(qflag)
		Bprint(&out, "(%.16llux %*lud %.2ux) ", d->qid.path, w.vers, d->qid.vers, d->qid.type);
	if(Tflag)
		Bprint(&out, "%c ", d->mode & DMTMP ? 't' : '-');
	if(lflag)
		Bprint(&out, "%M %C %*ud %*s %*s %*lld %s ", d->mode, d->type, w.dev, d->dev,
			-w.uid, d->uid, -w.gid, d->gid, w.len, d->length, when(uflag ? d->atime : d->mtime));
	if(pflag || e->prefix == nil)
		path = strdup(d->name);
	else
		path = smprint("%s%s%s", e->prefix, e->prefix[strlen(e->prefix)-1] == '/' ? "" : "/", d->name);
	if(path == nil)
		sysfatal("out of memory");
	Bprint(&out, Qflag ? "%s%s\n" : "%q%s\n", path, mark(d));
	free(path);
}

static void
output(void)
{
	int i;

	if(!nflag)
		qsort(list, nlist, sizeof list[0], tflag ? bytime : byname);
	memset(&w, 0, sizeof w);
	if(lflag || sflag || qflag)
		for(i = 0; i < nlist; i++)
			measure(list[i].d);
	for(i = 0; i < nlist; i++)
		format(&list[i]);
	nlist = 0;
}

/* all entries stay allocated: the program ends soon */
static int
listdir(char *name, int multi)
{
	Dir *d;
	long n, i;
	int fd;

	fd = open(name, OREAD);
	if(fd < 0)
		return -1;
	n = dirreadall(fd, &d);
	close(fd);
	if(n < 0)
		return -1;
	for(i = 0; i < n; i++)
		add(&d[i], multi ? name : nil);
	return 0;
}

static int
ls(char *name)
{
	Dir *d;
	char *p, *base;

	d = dirstat(name);
	if(d == nil)
		return -1;
	if(d->qid.type & QTDIR && !dflag){
		free(d);
		output();
		return listdir(name, strcmp(name, ".") != 0);
	}
	/* a name given is shown as it was given */
	p = strdup(name);
	base = strrchr(p, '/');
	if(base == nil || base[1] == 0 || !pflag){
		d->name = p;
		add(d, nil);
	}else{
		d->name = base+1;
		add(d, nil);
	}
	return 0;
}

void
main(int argc, char **argv)
{
	int i;

	ARGBEGIN{
	case 'd':	dflag = 1; break;
	case 'l':	lflag = 1; break;
	case 'm':	mflag = 1; break;
	case 'n':	nflag = 1; break;
	case 'p':	pflag = 1; break;
	case 'q':	qflag = 1; break;
	case 'r':	rflag = 1; break;
	case 's':	sflag = 1; break;
	case 't':	tflag = 1; break;
	case 'u':	uflag = 1; break;
	case 'F':	Fflag = 1; break;
	case 'Q':	Qflag = 1; break;
	case 'T':	Tflag = 1; break;
	default:	usage();
	}ARGEND
	doquote = needsrcquote;
	fmtinstall('M', dirmodefmt);
	Binit(&out, 1, OWRITE);
	if(lflag)
		now = time(nil);
	if(argc == 0 && ls(".") < 0){
		fprint(2, "ls: .: %r\n");
		status = "errors";
	}
	for(i = 0; i < argc; i++)
		if(ls(argv[i]) < 0){
			fprint(2, "ls: %s: %r\n", argv[i]);
			status = "errors";
		}
	output();
	if(Bterm(&out) < 0)
		status = "write error";
	exits(status);
}
