/*
 * paqfs: the file system in a paq, for reading.  All names are read at the beginning, the bytes of files when they
 * are wanted.
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <9p.h>
#include "paq.h"

enum
{
	Maxdepth	= 32,
	Maxfiles	= 64*1024,	/* names, and blocks that may hold some, in all */
	Maxstr		= 255,
};

typedef struct Entry Entry;
struct Entry
{
	ulong	mode;
	ulong	mtime;
	ulong	length;
	ulong	place;			/* of its pointer block */
	char	name[Maxstr+1];
	char	uid[Maxstr+1];
	char	gid[Maxstr+1];
};

static Paq	paq;
static int	budget = Maxfiles;
static char	Erdonly[] = "file system is read-only";

static void
usage(void)
{
	fprint(2, "usage: paqfs [-Diqs] [-m mountpoint] file\n");
	exits("usage");
}

/* A string of an entry, at *p, into s; -1 if there is none. */
static int
string(uchar **p, uchar *end, char *s)
{
	long n;

	if(end-*p < 2)
		return -1;
	n = get16(*p)-2;
	if(n < 0 || n > Maxstr || n > end-*p-2 || memchr(*p+2, 0, n) != nil)
		return -1;
	memmove(s, *p+2, n);
	s[n] = 0;
	*p += 2+n;
	return 0;
}

/* The entry at p: its bytes; 0 if there are no more before end, -1 if it is none. */
static long
getentry(uchar *p, uchar *end, Entry *e)
{
	uchar *s, *next;
	long size;

	size = end-p < 2 ? 0 : get16(p);
	if(size == 0)
		return 0;
	if(size < Entrylen || size > end-p)
		return -1;
	next = p+size;
	e->mode = get32(p+6);
	e->mtime = get32(p+10);
	e->length = get32(p+14);
	e->place = get32(p+18);
	s = p+22;
	if(string(&s, next, e->name) < 0 || string(&s, next, e->uid) < 0 || string(&s, next, e->gid) < 0)
		return -1;
	return size;
}

static int
damaged(char *what)
{
	werrstr("damaged: %s", what);
	return -1;
}

static int	loaddir(File*, ulong, int);

static int
addfile(File *dir, Entry *e, int depth)
{
	File *f;
	int r;

	if(--budget < 0)
		return damaged("too many files");
	if(!(e->mode & DMDIR) && e->length > (uvlong)paq.bsize*(paq.bsize/4))
		return damaged("a file is longer than files can be");
	f = createfile(dir, e->name, e->uid, e->mode & (DMDIR|0777), nil);
	if(f == nil)
		return -1;
	free(f->gid);
	f->gid = strdup(e->gid);
	f->mtime = f->atime = e->mtime;
	f->length = e->mode & DMDIR ? 0 : e->length;
	f->aux = (void*)e->place;
	r = e->mode & DMDIR ? loaddir(f, e->place, depth+1) : 0;
	f->mtime = e->mtime;		/* entries that came changed it */
	closefile(f);
	return r;
}

/* The entries of one block. */
static int
loadentries(File *dir, uchar *block, int depth)
{
	uchar *copy, *p, *end;
	Entry *e;
	long n;
	int r;

	copy = malloc(paq.bsize);	/* what is below it uses the cache */
	e = malloc(sizeof *e);
	if(copy == nil || e == nil)
		sysfatal("out of memory");
	memmove(copy, block, paq.bsize);
	end = copy+paq.bsize;
	r = 0;
	for(p = copy; r == 0 && (n = getentry(p, end, e)) != 0; p += n)
		r = n < 0 ? damaged("an entry of a directory") : addfile(dir, e, depth);
	free(copy);
	free(e);
	return r;
}

/* A pointer block leads to blocks of entries; place 0: the directory is empty. */
static int
loaddir(File *dir, ulong place, int depth)
{
	uchar *b;
	ulong i, kid;

	if(depth > Maxdepth)
		return damaged("directories in too many others");
	if(place == 0)
		return 0;
	for(i = 0; i < paq.bsize/4; i++){
		b = readblock(&paq, place, Tpointer);
		if(b == nil)
			return -1;
		kid = get32(b+4*i);
		if(kid == 0)
			break;
		if(--budget < 0)
			return damaged("too many directories");
		b = readblock(&paq, kid, Tdir);
		if(b == nil || loadentries(dir, b, depth) < 0)
			return -1;
	}
	return 0;
}

static Tree*
loadtree(void)
{
	uchar *b;
	Entry e;
	Tree *t;

	b = readblock(&paq, paq.root, Tdir);
	if(b == nil)
		return nil;
	if(getentry(b, b+paq.bsize, &e) <= 0 || !(e.mode & DMDIR)){
		damaged("no root");
		return nil;
	}
	t = alloctree(e.uid, e.gid, DMDIR|e.mode&0777, nil);
	if(loaddir(t->root, e.place, 0) < 0)
		return nil;
	t->root->mtime = e.mtime;
	return t;
}

static void
paqopen(Req *r)
{
	int mode;

	mode = r->ifcall.mode;
	respond(r, (mode & 3) == OWRITE || (mode & 3) == ORDWR || mode & (OTRUNC|ORCLOSE) ? Erdonly : nil);
}

static void
paqread(Req *r)
{
	File *f;
	uvlong off;
	long n;

	f = r->fid->file;
	off = r->ifcall.offset;
	n = r->ifcall.count;
	if(off >= f->length)
		n = 0;
	else if(n > f->length-off)
		n = f->length-off;
	n = readcontents(&paq, (ulong)f->aux, off, (uchar*)r->ofcall.data, n);
	if(n < 0){
		responderror(r);
		return;
	}
	r->ofcall.count = n;
	respond(r, nil);
}

static void
refuse(Req *r)
{
	respond(r, Erdonly);
}

static Srv paqsrv = {
	.open = paqopen,
	.create = refuse,
	.read = paqread,
	.remove = refuse,
	.wstat = refuse,
};

void
main(int argc, char **argv)
{
	char *mtpt, *name;
	int stdio, quiet;

	mtpt = "/n/paq";
	name = nil;
	stdio = quiet = 0;
	ARGBEGIN{
	case 'D':
		chatty9p = 1;
		break;
	case 'i':
		stdio = 1;
		break;
	case 'm':
		mtpt = EARGF(usage());
		break;
	case 'q':
		quiet = 1;
		break;
	case 's':
		name = "paqfs";
		mtpt = nil;
		break;
	default:
		usage();
	}ARGEND
	if(argc != 1)
		usage();
	paq.fd = open(argv[0], OREAD);
	if(paq.fd < 0)
		sysfatal("%r");
	if(findpaq(&paq) < 0 || (paq.packed = malloc(paq.bsize)) == nil || (paqsrv.tree = loadtree()) == nil){
		if(quiet)
			exits("no paq");
		sysfatal("%s: %r", argv[0]);
	}
	runsrv(&paqsrv, stdio, name, mtpt, MREPL);
}
