/*
 * The server of one file that answers questions: askfile.h.  A line is read whole
 * or cut off, never in parts; a read at offset 0 begins with the first line again.
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <9p.h>
#include <askfile.h>

enum
{
	Qdir,
	Qfile,
};

static char	*filename;
static void	(*answer)(Req*, Asker*, char*);

/* ---- questions and answers ---- */

static void
clear(Asker *a)
{
	while(a->nline > 0)
		free(a->line[--a->nline]);
	a->next = 0;
}

int
addline(Asker *a, char *fmt, ...)
{
	va_list arg;
	char *s;

	if(a->nline == Maxasked)
		return -1;
	va_start(arg, fmt);
	s = vsmprint(fmt, arg);
	va_end(arg);
	if(s == nil)
		return -1;
	a->line[a->nline++] = s;
	return 0;
}

int
asklater(Req *r)
{
	Asker *a;
	int pid;

	a = r->fid->aux;
	a->busy = 1;
	pid = rfork(RFPROC|RFMEM|RFNOWAIT);
	if(pid < 0)
		a->busy = 0;
	return pid;
}

void
asked(Req *r, char *err)
{
	Asker *a;
	Srv *s;

	a = r->fid->aux;
	s = r->srv;
	a->busy = 0;
	respond(r, err);
	srvrelease(s);
	_exits(nil);
}

static void
awrite(Req *r)
{
	char text[Maxquestion];
	Asker *a;
	long n;

	a = r->fid->aux;
	n = r->ifcall.count;
	if(a->busy){
		respond(r, "device or object already in use");
		return;
	}
	if(n >= sizeof text){
		respond(r, "read or write too large");
		return;
	}
	memmove(text, r->ifcall.data, n);
	while(n > 0 && (text[n-1] == '\n' || text[n-1] == '\0'))
		n--;
	text[n] = '\0';
	r->ofcall.count = r->ifcall.count;
	clear(a);
	answer(r, a, text);
}

/* ---- files ---- */

static void
fill(Dir *d, int path)
{
	d->qid.path = path;
	d->qid.type = path == Qdir ? QTDIR : QTFILE;
	d->mode = path == Qdir ? DMDIR|0555 : 0666;
	d->atime = d->mtime = time(nil);
	d->name = strdup(path == Qdir ? "/" : filename);
	d->uid = strdup(getuser());
	d->gid = strdup(d->uid);
	d->muid = strdup("");
}

static int
gen(int i, Dir *d, void*)
{
	if(i > 0)
		return -1;
	fill(d, Qfile);
	return 0;
}

static void
aread(Req *r)
{
	Asker *a;
	char *s;
	int n;

	if(r->fid->qid.path == Qdir){
		dirread9p(r, gen, nil);
		respond(r, nil);
		return;
	}
	a = r->fid->aux;
	if(r->ifcall.offset == 0)
		a->next = 0;
	r->ofcall.count = 0;
	if(!a->busy && a->next < a->nline){
		s = a->line[a->next++];
		n = strlen(s);
		if(n > r->ifcall.count)
			n = r->ifcall.count;
		memmove(r->ofcall.data, s, n);
		r->ofcall.count = n;
	}
	respond(r, nil);
}

static void
attach(Req *r)
{
	r->ofcall.qid.type = QTDIR;
	r->ofcall.qid.path = Qdir;
	r->ofcall.qid.vers = 0;
	r->fid->qid = r->ofcall.qid;
	respond(r, nil);
}

static char*
walk1(Fid *fid, char *name, Qid *q)
{
	if(strcmp(name, "..") == 0){
		q->path = Qdir;
		q->type = QTDIR;
		return nil;
	}
	if(fid->qid.path != Qdir || strcmp(name, filename) != 0)
		return "file does not exist";
	q->path = Qfile;
	q->type = QTFILE;
	q->vers = 0;
	return nil;
}

static void
aopen(Req *r)
{
	if(r->fid->qid.path == Qfile){
		r->fid->aux = mallocz(sizeof(Asker), 1);
		if(r->fid->aux == nil){
			respond(r, "out of memory");
			return;
		}
	}else if(r->ifcall.mode != OREAD){
		respond(r, "permission denied");
		return;
	}
	respond(r, nil);
}

static void
astat(Req *r)
{
	fill(&r->d, r->fid->qid.path);
	respond(r, nil);
}

static void
destroyfid(Fid *fid)
{
	if(fid->aux == nil)
		return;
	clear(fid->aux);
	free(fid->aux);
}

static Srv fs =
{
	.attach	= attach,
	.walk1	= walk1,
	.open	= aopen,
	.read	= aread,
	.write	= awrite,
	.stat	= astat,
	.destroyfid = destroyfid,
};

void
netservice(char *buf, char *e, char *name, char *netroot)
{
	char *p;

	if(strcmp(netroot, "/net") == 0)
		netroot = "";
	snprint(buf, e-buf, "%s%s", name, netroot);
	for(p = buf; *p != '\0'; p++)
		if(*p == '/')
			*p = '_';
}

void
askserver(char *name, char *netroot, void (*question)(Req*, Asker*, char*))
{
	char posted[64];

	filename = name;
	answer = question;
	netservice(posted, posted+sizeof posted, name, netroot);
	remove(smprint("/srv/%s", posted));
	postmountsrv(&fs, posted, netroot, MBEFORE);
}
