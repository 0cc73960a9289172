/*
 * join [options] file1 file2: the relation of two files that are sorted by
 * the field they have in common.
 */
#include <u.h>
#include <libc.h>
#include <bio.h>

enum
{
	Maxfield	= 100,
};

typedef struct Line Line;
typedef struct File File;

struct Line
{
	char	*text;			/* cut up; f points into it */
	int	nf;
	char	*f[Maxfield];
};

struct File
{
	Biobuf	*b;
	int	key;			/* field, from 0 */
	int	unpaired;		/* shown too: -a */
	Line	next;			/* not used yet; text nil at the end */
	Line	*group;			/* lines of one key */
	int	ngroup;
	int	room;
};

static File files[2];
static int sep;				/* -t; 0 for runs of blanks and tabs */
static char *empty = "";
static struct {
	int	file;			/* -1: the key, whoever has it */
	int	field;
} outlist[Maxfield];
static int nout;
static Biobuf out;

static void
usage(void)
{
	fprint(2, "usage: join [-an] [-e s] [-jn m] [-1 m] [-2 m] [-o list] [-tc] file1 file2\n");
	exits("usage");
}

static void
readline(File *f)
{
	Line *l;
	char *s;
	Rune r;
	int n;

	l = &f->next;
	l->nf = 0;
	l->text = s = Brdstr(f->b, '\n', 1);
	if(s == nil)
		return;
	for(;;){
		if(sep == 0)
			while(*s == ' ' || *s == '\t')
				s++;
		if(sep == 0 && *s == 0 || l->nf == Maxfield)
			break;
		l->f[l->nf++] = s;
		for(; *s; s += n){
			n = chartorune(&r, s);
			if(sep == 0 ? r == ' ' || r == '\t' : r == sep)
				break;
		}
		if(*s == 0)
			break;
		*s = 0;
		s += n;
	}
}

static char*
field(Line *l, int i)
{
	return i < l->nf ? l->f[i] : "";
}

/* collects all lines with the key of the next one */
static void
readgroup(File *f)
{
	Line *p;
	int i;

	for(i = 0; i < f->ngroup; i++)
		free(f->group[i].text);
	f->ngroup = 0;
	while(f->next.text != nil){
		if(f->ngroup > 0 && strcmp(field(&f->next, f->key), field(&f->group[0], f->key)) != 0)
			break;
		if(f->ngroup == f->room){
			f->room = f->room*2 + 8;
			p = realloc(f->group, f->room*sizeof f->group[0]);
			if(p == nil)
				sysfatal("out of memory");
			f->group = p;
		}
		f->group[f->ngroup++] = f->next;
		readline(f);
	}
}

static int first;

static void
put(char *s)
{
	Rune r;

	if(!first){
		r = sep != 0 ? sep : ' ';
		Bputrune(&out, r);
	}
	first = 0;
	Bprint(&out, "%s", s != nil && *s ? s : empty);
}

static void
show(Line *a, Line *b)
{
	Line *l[2] = {a, b};
	int i, n;

	first = 1;
	if(nout > 0){
		for(i = 0; i < nout; i++){
			n = outlist[i].file;
			if(n < 0)
				put(a != nil ? field(a, files[0].key) : field(b, files[1].key));
			else
				put(l[n] != nil ? field(l[n], outlist[i].field) : "");
		}
	}else{
		put(a != nil ? field(a, files[0].key) : field(b, files[1].key));
		for(n = 0; n < 2; n++)
			for(i = 0; l[n] != nil && i < l[n]->nf; i++)
				if(i != files[n].key)
					put(l[n]->f[i]);
	}
	Bputc(&out, '\n');
}

static void
join(void)
{
	File *a, *b;
	int c, i, j;

	a = &files[0];
	b = &files[1];
	readgroup(a);
	readgroup(b);
	while(a->ngroup > 0 || b->ngroup > 0){
		if(a->ngroup == 0)
			c = 1;
		else if(b->ngroup == 0)
			c = -1;
		else
			c = strcmp(field(&a->group[0], a->key), field(&b->group[0], b->key));
		if(c == 0)
			for(i = 0; i < a->ngroup; i++)
				for(j = 0; j < b->ngroup; j++)
					show(&a->group[i], &b->group[j]);
		else if(c < 0 && a->unpaired)
			for(i = 0; i < a->ngroup; i++)
				show(&a->group[i], nil);
		else if(c > 0 && b->unpaired)
			for(i = 0; i < b->ngroup; i++)
				show(nil, &b->group[i]);
		if(c <= 0)
			readgroup(a);
		if(c >= 0)
			readgroup(b);
	}
}

static void
setout(char *s)
{
	char *f[Maxfield];
	int i, n;

	n = getfields(s, f, nelem(f), 1, ", \t");
	for(i = 0; i < n && nout < Maxfield; i++, nout++){
		if(strcmp(f[i], "0") == 0){
			outlist[nout].file = -1;
			continue;
		}
		if((f[i][0] != '1' && f[i][0] != '2') || f[i][1] != '.' || atoi(f[i]+2) < 1)
			sysfatal("bad output field %s: want file.field, as 1.2", f[i]);
		outlist[nout].file = f[i][0]-'1';
		outlist[nout].field = atoi(f[i]+2)-1;
	}
}

static int
key(char *s)
{
	int n;

	n = s != nil ? atoi(s) : 0;
	if(n < 1 || n > Maxfield)
		sysfatal("bad field number %s", s != nil ? s : "");
	return n-1;
}

/* a word that looks like a part of -o's list */
static int
islist(char *s)
{
	return s != nil && (s[0] == '1' || s[0] == '2') && s[1] == '.' || s != nil && strcmp(s, "0") == 0;
}

void
main(int argc, char **argv)
{
	Rune r;
	char *s;
	int i;

	ARGBEGIN{
	case 'a':
		s = ARGF();
		if(s == nil || *s != '1' && *s != '2')
			usage();
		files[*s-'1'].unpaired = 1;
		break;
	case 'e':
		empty = EARGF(usage());
		break;
	case 'j':
		s = EARGF(usage());
		if(argv[0][1] == 'j' && argv[0][2] != 0 && (*s == '1' || *s == '2') && s[1] == 0 && argv[1] != nil){
			files[*s-'1'].key = key(argv[1]);
			argc--;
			argv++;
		}else
			files[0].key = files[1].key = key(s);
		break;
	case '1':
		files[0].key = key(ARGF());
		break;
	case '2':
		files[1].key = key(ARGF());
		break;
	case 'o':
		setout(EARGF(usage()));
		while(islist(argv[1])){
			setout(argv[1]);
			argc--;
			argv++;
		}
		break;
	case 't':
		s = EARGF(usage());
		chartorune(&r, s);
		sep = r;
		break;
	default:
		usage();
	}ARGEND
	if(argc != 2)
		usage();
	for(i = 0; i < 2; i++){
		files[i].b = strcmp(argv[i], "-") == 0 ? Bfdopen(0, OREAD) : Bopen(argv[i], OREAD);
		if(files[i].b == nil)
			sysfatal("can't open %s: %r", argv[i]);
		readline(&files[i]);
	}
	Binit(&out, 1, OWRITE);
	join();
	if(Bterm(&out) < 0)
		exits("write error");
	exits(nil);
}
