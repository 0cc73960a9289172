/*
 * sort: options.  Old keys, +1.2n -3, are turned into the form of -k.
 */
#include <u.h>
#include <libc.h>
#include "sort.h"

static int	checking;
static int	merging;
static char	*outname;
static int	endpending;		/* the last key is +pos and may get its -pos */
static char	**names;
static int	nnames;

static struct
{
	char	c;
	int	flag;
} letters[] = {
	'b',	Fblank,
	'd',	Fdict,
	'f',	Ffold,
	'i',	Fascii,
	'w',	Fwhite,
	'n',	Fnum,
	'g',	Fgen,
	'M',	Fmonth,
	'r',	Frev,
};

void
fail(char *fmt, ...)
{
	char msg[256];
	va_list arg;

	va_start(arg, fmt);
	vsnprint(msg, sizeof msg, fmt, arg);
	va_end(arg);
	fprint(2, "sort: %s\n", msg);
	exits("error");
}

static void
usage(void)
{
	fprint(2, "usage: sort [-cmu] [-bdfginrwM] [-t x] [-o file] [-T dir] [-k pos[,pos]] [+pos [-pos]] [file ...]\n");
	exits("usage");
}

static int
letter(int c)
{
	int i;

	for(i = 0; i < nelem(letters); i++)
		if(letters[i].c == c)
			return letters[i].flag;
	return 0;
}

/* m.n and letters; returns what follows */
static char*
position(char *p, int *field, int *chr, int *flags)
{
	int f;

	*field = strtol(p, &p, 10);
	*chr = 0;
	if(*p == '.')
		*chr = strtol(p+1, &p, 10);
	for(; (f = letter(*p)) != 0; p++)
		*flags |= f;
	return p;
}

static Key*
newkey(void)
{
	Key *k;

	if(nkeys == Maxkeys)
		fail("more than %d keys", Maxkeys);
	k = &keys[nkeys++];
	k->toend = 1;
	return k;
}

/* +pos: fields and characters are counted from 0 */
static void
oldstart(char *s)
{
	Key *k;

	k = newkey();
	if(*position(s, &k->field, &k->chr, &k->flags) != 0)
		usage();
	endpending = 1;
}

static void
oldend(char *s)
{
	Key *k;
	int flags;

	if(!endpending)
		usage();
	endpending = 0;
	k = &keys[nkeys-1];
	k->toend = 0;
	flags = 0;
	if(*position(s, &k->endfield, &k->endchr, &flags) != 0)
		usage();
	k->endblank = (flags & Fblank) != 0;
	k->flags |= flags & ~Fblank;
}

/* -k m.n,m.n: counted from 1, the end included; .0 at the end is the field's */
static void
newstyle(char *s)
{
	Key *k;
	int flags;

	k = newkey();
	s = position(s, &k->field, &k->chr, &k->flags);
	if(--k->field < 0 || k->chr < 0)
		usage();
	if(k->chr > 0)
		k->chr--;
	if(*s == ','){
		k->toend = 0;
		flags = 0;
		s = position(s+1, &k->endfield, &k->endchr, &flags);
		if(k->endfield < 1)
			usage();
		if(k->endchr > 0){
			k->endfield--;
			k->endblank = (flags & Fblank) != 0;
		}
		k->flags |= flags & ~Fblank;
	}
	if(*s != 0)
		usage();
}

/* the argument of the option at *s: what follows it, or the next word */
static char*
value(char *s, char ***argv)
{
	if(s[1] != 0)
		return s+1;
	if((*argv)[1] == nil)
		usage();
	return *++*argv;
}

/* a word that begins with - */
static void
option(char ***argv)
{
	char *s;
	int f;

	for(s = **argv+1; *s != 0; s++){
		switch(*s){
		case 'c':
			checking = 1;
			continue;
		case 'm':
			merging = 1;
			continue;
		case 'u':
			unique = 1;
			continue;
		case 'o':
			outname = value(s, argv);
			return;
		case 'T':
			tmpdir = value(s, argv);
			return;
		case 'k':
			newstyle(value(s, argv));
			return;
		case 't':
			s = value(s, argv);
			s += chartorune(&sep, s);
			if(*s != 0)
				fail("-t takes one character");
			return;
		}
		f = letter(*s);
		if(f == 0)
			usage();
		global |= f;
	}
}

static void
options(char **argv)
{
	int plain;

	plain = 0;
	for(argv++; *argv != nil; argv++){
		if(!plain && strcmp(*argv, "--") == 0)
			plain = 1;
		else if(!plain && (*argv)[0] == '+' && (*argv)[1] >= '0' && (*argv)[1] <= '9')
			oldstart(*argv+1);
		else if(!plain && (*argv)[0] == '-' && (*argv)[1] >= '0' && (*argv)[1] <= '9')
			oldend(*argv+1);
		else if(!plain && (*argv)[0] == '-' && (*argv)[1] != 0)
			option(&argv);
		else
			names[nnames++] = *argv;
	}
}

/* is the output, by whatever name, one of the inputs? */
static int
outisinput(void)
{
	Dir *a, *b;
	int i, same;

	a = outname == nil ? nil : dirstat(outname);
	if(a == nil)
		return 0;
	same = 0;
	for(i = 0; i < nnames && !same; i++){
		b = dirstat(names[i]);
		same = b != nil && a->type == b->type && a->dev == b->dev && a->qid.path == b->qid.path;
		free(b);
	}
	free(a);
	return same;
}

void
main(int argc, char **argv)
{
	int i;

	names = malloc((argc+1)*sizeof names[0]);
	if(names == nil)
		fail("out of memory");
	options(argv);
	if(nnames == 0)
		names[nnames++] = "-";
	for(i = 0; i < nkeys; i++)
		if(keys[i].flags == 0)
			keys[i].flags = global;
	if(checking){
		if(nnames != 1)
			fail("-c takes one file");
		check(names[0]);
	}else if(merging && nnames > 1 && nnames <= 60 && !outisinput())
		mergefiles(names, nnames, outname);
	else{
		for(i = 0; i < nnames; i++)
			addfile(names[i]);
		sortall(outname);
	}
	exits(nil);
}
