/*
 * ramfs [-D] [-i | -s] [-bcapr] [-m mountpoint] [-S srvname] [-u]: a file system
 * in memory.  The Tree of lib9p holds the names; this file holds the contents,
 * in blocks that are allocated when they are written, so that holes cost
 * nothing and growth moves no data.
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <9p.h>

typedef struct Content Content;

enum
{
	Block	= 16*1024,
	Maxfile	= 512*1024*1024,
	Maxtotal	= 768*1024*1024,	/* unless -u */
};

struct Content
{
	int	nblock;
	char	**block;		/* nil: a hole, reads as zeroes */
};

static uvlong used;			/* bytes in blocks */
static uvlong limit = Maxtotal;

static char Enospace[] = "file system full";

static void
shrink(File *f, vlong length)
{
	Content *c;
	int i, keep;

	c = f->aux;
	keep = (length + Block-1)/Block;
	for(i = keep; i < c->nblock; i++)
		if(c->block[i] != nil){
			free(c->block[i]);
			c->block[i] = nil;
			used -= Block;
		}
	if(keep < c->nblock)
		c->nblock = keep;
	if(keep == 0){
		free(c->block);
		c->block = nil;
	}
	if(length%Block != 0 && keep <= c->nblock && c->nblock > 0 && keep > 0 && c->block[keep-1] != nil)
		memset(c->block[keep-1] + length%Block, 0, Block - length%Block);
	f->length = length;
}

/* makes sure that block i can be written */
static char*
getblock(Content *c, int i)
{
	char **p;
	int n;

	if(i >= c->nblock){
		n = c->nblock*2 > i+1 ? c->nblock*2 : i+1;
		p = realloc(c->block, n*sizeof c->block[0]);
		if(p == nil)
			return nil;
		memset(p + c->nblock, 0, (n - c->nblock)*sizeof p[0]);
		c->block = p;
		c->nblock = n;
	}
	if(c->block[i] == nil){
		if(used + Block > limit)
			return nil;
		c->block[i] = mallocz(Block, 1);
		if(c->block[i] != nil)
			used += Block;
	}
	return c->block[i];
}

static void
fscreate(Req *r)
{
	File *f;
	Content *c;
	ulong perm, dir;

	perm = r->ifcall.perm;
	dir = r->fid->file->mode;
	if(perm & DMDIR)
		perm &= ~0777UL | dir & 0777;
	else
		perm &= ~0666UL | dir & 0666;
	c = nil;
	if(!(perm & DMDIR) && (c = mallocz(sizeof *c, 1)) == nil){
		respond(r, "out of memory");
		return;
	}
	f = createfile(r->fid->file, r->ifcall.name, r->fid->uid, perm, c);
	if(f == nil){
		free(c);
		responderror(r);
		return;
	}
	closefile(r->fid->file);
	r->fid->file = f;
	r->ofcall.qid = f->qid;
	respond(r, nil);
}

static void
fsopen(Req *r)
{
	File *f;

	f = r->fid->file;
	if(r->ifcall.mode & OTRUNC && !(f->mode & DMAPPEND)){
		shrink(f, 0);
		f->mtime = time(nil);
		f->qid.vers++;
		r->ofcall.qid = f->qid;
	}
	respond(r, nil);
}

static void
fsread(Req *r)
{
	File *f;
	Content *c;
	vlong off;
	long n, k, got;
	int i;

	f = r->fid->file;
	c = f->aux;
	off = r->ifcall.offset;
	n = r->ifcall.count;
	if(off >= f->length)
		n = 0;
	else if(n > f->length - off)
		n = f->length - off;
	for(got = 0; got < n; got += k){
		i = (off+got)/Block;
		k = Block - (off+got)%Block;
		if(k > n-got)
			k = n-got;
		if(i < c->nblock && c->block[i] != nil)
			memmove(r->ofcall.data+got, c->block[i] + (off+got)%Block, k);
		else
			memset(r->ofcall.data+got, 0, k);
	}
	r->ofcall.count = n;
	respond(r, nil);
}

static void
fswrite(Req *r)
{
	File *f;
	vlong off;
	long n, k, done;
	char *p;

	f = r->fid->file;
	off = f->mode & DMAPPEND ? f->length : r->ifcall.offset;
	n = r->ifcall.count;
	if(off < 0 || off + n > Maxfile){
		respond(r, "file too big");
		return;
	}
	for(done = 0; done < n; done += k){
		p = getblock(f->aux, (off+done)/Block);
		if(p == nil)
			break;
		k = Block - (off+done)%Block;
		if(k > n-done)
			k = n-done;
		memmove(p + (off+done)%Block, r->ifcall.data+done, k);
	}
	if(done == 0 && n > 0){
		respond(r, Enospace);
		return;
	}
	if(off+done > f->length)
		f->length = off+done;
	f->mtime = time(nil);
	f->qid.vers++;
	free(f->muid);
	f->muid = strdup(r->fid->uid);
	r->ofcall.count = done;
	respond(r, nil);
}

static void
fswstat(Req *r)
{
	char *err;

	if(~r->d.length != 0 && r->d.length > Maxfile){
		respond(r, "file too big");
		return;
	}
	err = wstatfile(r);
	if(err == nil && ~r->d.length != 0){
		if(r->d.length < r->fid->file->length)
			shrink(r->fid->file, r->d.length);
		else
			r->fid->file->length = r->d.length;
	}
	respond(r, err);
}

static void
destroy(File *f)
{
	if(f->aux != nil){
		shrink(f, 0);
		free(f->aux);
	}
}

static Srv fs =
{
	.open	= fsopen,
	.create	= fscreate,
	.read	= fsread,
	.write	= fswrite,
	.wstat	= fswstat,
};

static void
usage(void)
{
	fprint(2, "usage: ramfs [-Dipsuabc] [-m mountpoint] [-S srvname]\n");
	exits("usage");
}

void
main(int argc, char **argv)
{
	char *srvname, *mtpt;
	int flag, stdio, private;

	srvname = nil;
	mtpt = "/tmp";
	flag = 0;
	stdio = private = 0;
	ARGBEGIN{
	case 'D':
		chatty9p = 1;
		break;
	case 'a':
		flag |= MAFTER;
		break;
	case 'b':
		flag |= MBEFORE;
		break;
	case 'c':
		flag |= MCREATE;
		break;
	case 'i':		/* speak on standard input and output */
		stdio = 1;
		mtpt = nil;
		break;
	case 'm':
		mtpt = EARGF(usage());
		break;
	case 'p':
		private = 1;
		break;
	case 's':
		srvname = "ramfs";
		mtpt = nil;
		break;
	case 'S':
		srvname = EARGF(usage());
		mtpt = nil;
		break;
	case 'u':
		limit = ~0ULL;
		break;
	default:
		usage();
	}ARGEND
	if(argc != 0)
		usage();
	if((flag & (MAFTER|MBEFORE)) == 0)
		flag |= MREPL;
	if((flag & (MAFTER|MBEFORE|MCREATE)) == 0)
		flag |= MCREATE;
	fs.tree = alloctree(nil, nil, DMDIR|0777, destroy);
	if(stdio){
		fs.infd = 0;
		fs.outfd = 1;
		srv(&fs);
		exits(nil);
	}
	if(private)
		rfork(RFNAMEG);
	postmountsrv(&fs, srvname, mtpt, flag);
	exits(nil);
}
