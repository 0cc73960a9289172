/*
 * exec: check the file, build the new stack in kernel memory, make the new
 * segments, and only then let go of the old ones, so that every failure leaves the
 * program as it was.  The header is that of a.out(6): eight big-endian words.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"

enum
{
	Magic	= 0x1EB,
	Hdrlen	= 32,
	Linelen	= 256,		/* bytes of a script in which its first line must end */
	Maxwords = 16,		/* on it */
	Maxargs	= 128,		/* bytes kept for /proc/n/args */
	Elemlen	= 64,
};

/* What the files to execute told: the header in bytes, and a script's part of argv. */
typedef struct Exec Exec;
struct Exec
{
	Chan	*c;
	char	*file;		/* as given; freed with the rest */
	char	elem[Elemlen];	/* the process's name */
	ulong	text;		/* bytes, with the header */
	ulong	data;
	ulong	bss;
	ulong	entry;
	char	line[Linelen+1];
	char	*word[Maxwords+2];
	int	nword;		/* arguments that stand before argv[1] */
};

/* The stack to be: an image of size bytes that ends at USTKTOP. */
typedef struct Stack Stack;
struct Stack
{
	uchar	*mem;
	ulong	size;
	int	argc;
	int	nnote;		/* notes that waited for a handler to end */
	ulong	nbytes;		/* of strings */
	vlong	pcycles;	/* the process's, from now on */
};

static ulong
be4(uchar *p)
{
	return (ulong)p[0]<<24 | p[1]<<16 | p[2]<<8 | p[3];
}

static void
setelem(Exec *x)
{
	char *p;

	p = strrchr(x->file, '/');
	p = p == nil || p[1] == 0? x->file: p+1;
	kstrcpy(x->elem, p, sizeof x->elem);
}

/* Cut the line of a script into words: interpreter, its arguments. */
static void
scriptline(Exec *x, uchar *start, int n)
{
	char *p;

	memmove(x->line, start, n);
	x->line[n] = 0;
	p = memchr(x->line, '\n', n);
	if(p == nil)
		error(Ebadexec);
	*p = 0;
	p = x->line+2;
	for(;;){
		while(*p == ' ' || *p == '\t')
			*p++ = 0;
		if(*p == 0)
			break;
		if(x->nword == Maxwords)
			error(Ebadexec);
		x->word[x->nword++] = p;
		while(*p != 0 && *p != ' ' && *p != '\t')
			p++;
	}
	if(x->nword == 0)
		error(Ebadexec);
}

static void
checkheader(Exec *x, uchar *hdr)
{
	uvlong t, d, b;
	ulong text;

	text = be4(hdr+4);
	x->data = be4(hdr+8);
	x->bss = be4(hdr+12);
	x->entry = be4(hdr+20);
	if(text >= USTKTOP-UTZERO || x->entry < UTZERO+Hdrlen || x->entry >= UTZERO+Hdrlen+text)
		error(Ebadexec);
	x->text = Hdrlen+text;
	/* PGROUND's mask has 32 bits, but these sums may have more */
	t = ROUND(UTZERO+(uvlong)x->text, (uvlong)BY2PG);
	d = ROUND(t+x->data, (uvlong)BY2PG);
	b = ROUND(t+x->data+x->bss, (uvlong)BY2PG);
	if(t >= KZERO || d >= KZERO || b >= KZERO)
		error(Ebadexec);
	if(b > USTKTOP-USTKSIZE)
		error(Esoverlap);
}

/* Open what is to be executed, and read who it is; a script leads to its interpreter. */
static void
openexec(Exec *x)
{
	uchar start[Linelen];
	char *name;
	long n;
	int indirect;

	name = x->file;
	for(indirect = 0;; indirect = 1){
		x->c = namec(name, Aopen, OEXEC, 0);
		if(!indirect)
			setelem(x);
		n = devtab[x->c->type]->read(x->c, start, sizeof start, 0);
		if(n < 2)
			error(Ebadexec);
		if(n >= Hdrlen && be4(start) == Magic){
			checkheader(x, start);
			return;
		}
		if(indirect || start[0] != '#' || start[1] != '!')
			error(Ebadexec);
		scriptline(x, start, n);
		name = x->word[0];
		cclose(x->c);
		x->c = nil;
	}
}

/*
 * A script's argv begins with its own name, the words after the interpreter's, and
 * the file as it was given, in place of the caller's argv[0].
 */
static void
scriptargs(Exec *x)
{
	if(x->nword == 0)
		return;
	x->word[0] = x->elem;
	x->word[x->nword++] = x->file;
}

static long
userstrlen(char *s)
{
	char *e;

	e = vmemchr(userstr((ulong)s), 0, TSTKSIZ*BY2PG);
	if(e == nil)
		error(Enovmem);
	return e-s;
}

static void
measure(Exec *x, Stack *k, char **argv)
{
	int i;

	for(i = 0; i < x->nword; i++){
		k->nbytes += strlen(x->word[i])+1;
		k->argc++;
	}
	validalign((ulong)argv, BY2WD);
	if(x->nword > 0){
		validaddr((ulong)argv, BY2WD, 0);
		if(*argv != nil)
			argv++;
	}
	for(;; argv++){
		validaddr((ulong)argv, BY2WD, 0);
		if(*argv == nil)
			break;
		k->nbytes += userstrlen(*argv)+1;
		k->argc++;
		if(k->nbytes + (k->argc+2)*BY2WD + sizeof(Tos) > TSTKSIZ*BY2PG)
			error(Enovmem);
	}
	k->size = sizeof(Tos) + ROUND(k->nbytes, BY2WD) + (k->argc+2)*BY2WD;
	if((k->size+4) & 7)
		k->size += BY2WD;
}

/*
 * From the top: Tos, the strings, room to align, nil, the pointers, argc.
 * Another process may change the strings meanwhile, so what measure found is
 * the limit, not the truth.
 */
static void
fillstack(Exec *x, Stack *k, char **argv)
{
	char *s, *e, *from;
	ulong *w;
	Tos *tos;
	int i;
	long n;

	tos = (Tos*)(k->mem+k->size-sizeof(Tos));
	tos->cyclefreq = m->tschz;
	tos->pcycles = k->pcycles = -(vlong)rdtsc();
	tos->pid = up->pid;
	e = (char*)tos;
	s = e-k->nbytes;
	w = (ulong*)k->mem;
	*w++ = k->argc;
	if(x->nword > 0 && *argv != nil)
		argv++;
	for(i = 0; i < k->argc; i++){
		from = i < x->nword? x->word[i]: *argv++;
		if(from == nil)
			error(Ebadarg);
		n = i < x->nword? strlen(from): userstrlen(from);
		if(n+1 > e-s)
			error(Ebadarg);
		memmove(s, from, n);
		s[n] = 0;
		*w++ = USTKTOP-k->size + ((uchar*)s-k->mem);
		s += n+1;
	}
}

/* Pages for the stack from va on: those that sp has there, or new neighbours. */
static int
stackpages(Space *sp, ulong va, Page **pp, int n)
{
	pp[0] = sp != nil? spacewarm(sp, va): nil;
	if(pp[0] != nil){
		clearpage(pp[0]);
		return 1;
	}
	n = newrun(pp, n, 1);
	if(n > 0)
		return n;
	pp[0] = newpage(1);
	if(pp[0] == nil)
		error(Enovmem);
	return 1;
}

static Segment*
stackseg(Space *sp, Stack *k)
{
	Segment *s;
	Page *pp[4];
	ulong va, off, n, first;
	uchar *v;
	int i, c;

	s = newseg(SG_STACK, USTKTOP-USTKSIZE, USTKSIZE/BY2PG);
	if(waserror()){
		putseg(s);
		nexterror();
	}
	first = PGTRUNC(USTKTOP-k->size);
	if(first > USTKTOP-nelem(pp)*BY2PG)
		first = USTKTOP-nelem(pp)*BY2PG;	/* room that will be wanted at once */
	for(va = first; va < USTKTOP; ){
		c = (USTKTOP-va)/BY2PG;
		if(c > nelem(pp))
			c = nelem(pp);
		segentry(s, va, 1);		/* an error comes before there are pages */
		segentry(s, va+(c-1)*BY2PG, 1);
		c = stackpages(sp, va, pp, c);
		for(i = 0; i < c; i++, va += BY2PG){
			if(va+BY2PG > USTKTOP-k->size){
				v = kmap(pp[i]);
				off = va < USTKTOP-k->size? USTKTOP-k->size-va: 0;
				n = BY2PG-off;
				memmove(v+off, k->mem+(va+off-(USTKTOP-k->size)), n);
				kunmap(v);
			}
			segpage(s, pp[i], va);
		}
	}
	poperror();
	return s;
}

/* Text, data and bss of the file, in seg[TSEG..BSEG]. */
static void
filesegs(Exec *x, Segment **sg)
{
	Image *i;
	Segment *s;
	ulong t, d, b;

	t = PGROUND(UTZERO+x->text);
	d = PGROUND(t+x->data);
	b = PGROUND(t+x->data+x->bss);
	i = attachimage(x->c, x->text, x->data);
	if(waserror()){
		qunlock(&i->lk);
		putimage(i);
		nexterror();
	}
	sg[TSEG] = textseg(i, UTZERO, t);
	s = newseg(SG_DATA, t, (d-t)>>PGSHIFT);
	s->image = i;
	s->ipage = i->ntext;
	s->flen = x->data;
	incref(i);
	sg[DSEG] = s;
	sg[BSEG] = newseg(SG_BSS, d, (b-d)>>PGSHIFT);
	poperror();
	qunlock(&i->lk);
	putimage(i);
}

/*
 * The pages that the program had touched when it ran in this space last: it
 * will touch them again, so they are filled at once.
 */
static void
prefill(Space *sp)
{
	Segment *s;
	Image *img;
	Page *pg;
	ulong va, pn, *e;

	while((pg = spaceany(sp, &va)) != nil){
		s = seg(up, va, 0);
		if(s == nil || (s->type & SG_TYPE) == SG_TEXT || (e = segslot(s, va, 1)) == nil || *e != 0){
			putpage(pg);
			continue;
		}
		pn = (va-s->base)>>PGSHIFT;
		img = s->image;
		if(img == nil || pn >= PGROUND(s->flen)>>PGSHIFT)
			clearpage(pg);
		else if(img->page[s->ipage+pn] != nil)
			copypage(pg, img->page[s->ipage+pn]);
		else{
			putpage(pg);
			continue;
		}
		*e = pagepa(pg)|PTEVALID|PTEWRITE;
		s->nres++;
	}
}

/*
 * The space for the new image: one that it had before.  Else a new one, so that the old
 * image finds its own again at the next fork; but one that has forked only once,
 * or never, is not likely to: then the process keeps what it has, and the answer is nil.
 */
static Space*
choosespace(Image *new)
{
	Image *old;
	Space *sp;

	sp = spacematch(new);
	if(sp != nil)
		return sp;
	old = up->seg[TSEG] != nil? up->seg[TSEG]->image: nil;
	if(old == nil || old->nfork <= 1)
		return nil;
	return spacefind(new);
}

/* The point of no return: the new memory for the old. */
static void
replace(Space *sp, Segment **sg)
{
	Segment *old[NSEG];
	int i;

	qlock(&up->seglock);
	mmuretire(up);
	if(sp == nil)
		sp = spacefind(up->seg[TSEG] != nil? up->seg[TSEG]->image: nil);
	up->space = sp;
	mmukernel();
	for(i = 0; i < NSEG; i++){
		old[i] = nil;
		if(i <= BSEG || (up->seg[i] != nil && up->seg[i]->type & SG_CEXEC)){
			old[i] = up->seg[i];
			up->seg[i] = i <= BSEG? sg[i]: nil;
		}
	}
	qunlock(&up->seglock);
	for(i = 0; i < NSEG; i++)
		if(old[i] != nil)
			putseg(old[i]);
	if(waserror())
		spacesettle(sp);		/* what is missing comes by faults */
	else{
		prefill(sp);
		for(i = 0; i < NSEG; i++)
			if(up->seg[i] != nil && (up->seg[i]->type & SG_TYPE) != SG_PHYSICAL)
				segfill(up, up->seg[i]);
		spacesettle(sp);
		poperror();
	}
	mmuswitch(up);
}

static void
newidentity(Exec *x, Stack *k)
{
	char *args, *strs;
	ulong n;
	int s;

	strs = (char*)k->mem+k->size-sizeof(Tos)-k->nbytes;
	n = k->nbytes < Maxargs? k->nbytes: Maxargs;
	args = smalloc(n+1);
	memmove(args, strs, n);
	qlock(&up->debug);
	kstrdupto(&up->text, x->elem);
	free(up->args);
	up->args = args;
	up->nargs = n;
	up->setargs = 0;
	/*
	 * Notes that waited for the old program's handler to end go with it.  What nobody had
	 * a chance to take is for the process: an interrupt must not get lost here.
	 */
	s = splhi();
	if(k->nnote > up->nnote)
		k->nnote = up->nnote;	/* a debugger has taken some */
	up->nnote -= k->nnote;
	memmove(&up->note[0], &up->note[k->nnote], up->nnote*sizeof(Note));
	if(up->nnote == 0)
		up->notepending = 0;
	splx(s);
	up->pcycles = k->pcycles;
	up->notify = 0;
	up->notified = 0;
	up->ureg = nil;
	up->privatemem = 0;
	qunlock(&up->debug);
	procsetup(up);
}

long
sysexec(ulong *arg)
{
	Exec x;
	Stack k;
	Segment *sg[NSEG];
	Space *volatile space;
	char **argv;
	ulong entry, sp;
	int i;

	space = nil;
	argv = (char**)arg[1];
	memset(&x, 0, sizeof x);
	memset(&k, 0, sizeof k);
	k.nnote = up->notified? up->nnote: 0;
	memset(sg, 0, sizeof sg);
	x.file = validnamedup(userstr(arg[0]), 1);
	if(waserror()){
		mmuuser();
		for(i = 0; i <= BSEG; i++)
			if(sg[i] != nil)
				putseg(sg[i]);
		if(space != nil)
			spaceput(space, nil);
		free(k.mem);
		if(x.c != nil)
			cclose(x.c);
		free(x.file);
		nexterror();
	}
	openexec(&x);
	scriptargs(&x);
	measure(&x, &k, argv);
	k.mem = smalloc(k.size);
	fillstack(&x, &k, argv);
	filesegs(&x, sg);
	space = choosespace(sg[TSEG]->image);
	mmukernel();
	sg[SSEG] = stackseg(space, &k);
	mmuuser();
	newidentity(&x, &k);
	replace(space, sg);
	poperror();
	entry = x.entry;
	sp = USTKTOP-k.size;
	cclose(x.c);
	free(k.mem);
	free(x.file);
	closeonexec(up->fgrp);
	execregs(entry, sp);
	if(up->hang)
		up->procctl = Proc_stopme;
	return USTKTOP-sizeof(Tos);
}
