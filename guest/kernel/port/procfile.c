/*
 * The texts of /proc: args, fd, ns, segment, status, syscall.  Programs take
 * them apart by columns (ps, stats) or blanks, so formats are exact.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "devproc.h"

enum
{
	Textmax	= 4096,			/* of a file other than fd */
	Fdmax	= 120,			/* bytes of a line of fd, without the name */
};

static char *segname[] = { "Text", "Data", "Bss", "Stack", "Shared", "Phys" };

/* As exec was given them, quoted; what the process wrote itself in brackets. */
static char*
argstext(Proc *p, char *s, char *e)
{
	int i, n;

	if(p->args == nil)
		return s;
	if(p->setargs)
		return seprint(s, e, "%s [%s]", p->text, p->args);
	for(i = 0; i < p->nargs; i += n+1){
		n = strlen(p->args+i);
		s = seprint(s, e, i == 0? "%q": " %q", p->args+i);
	}
	return s;
}

static char*
statustext(Proc *p, char *s, char *e)
{
	Segment *sg;
	ulong mem, t;
	int i;

	s = seprint(s, e, "%-27.27s %-27.27s %-11.11s ", p->text, p->user[0]? p->user: "none", procstate(p));
	for(i = 0; i < 6; i++){
		t = p->time[i];
		if(i == TReal)
			t = ticksnow()-t;
		s = seprint(s, e, "%11lud ", TK2MS(t));
	}
	mem = 0;
	for(i = 0; i < NSEG; i++){
		sg = p->seg[i];
		if(sg != nil && i != SSEG && i != ESEG)
			mem += sg->size;
	}
	return seprint(s, e, "%11lud %11d %11d ", mem*(BY2PG/KiB), p->basepri, p->priority);
}

static char*
segtext(Proc *p, char *s, char *e)
{
	Segment *sg;
	int i;

	for(i = 0; i < NSEG; i++){
		sg = p->seg[i];
		if(sg == nil)
			continue;
		s = seprint(s, e, "%-6s %c%c %.8lux %.8lux %4ld\n", segname[sg->type & SG_TYPE],
			sg->type & SG_RONLY? 'R': ' ', sg->profile != nil? 'P': ' ', sg->base, sg->top, sg->ref);
	}
	return s;
}

static char*
fdtext(Proc *p, char *s, char *e)
{
	Fgrp *f;
	Chan *c;
	int i, w;

	if(p->dot == nil || p->fgrp == nil)
		return s;		/* it is broken, or about to be gone */
	f = p->fgrp;
	s = seprint(s, e, "%s\n", chanpath(p->dot));
	w = versdigits(f);
	for(i = 0; i <= f->maxfd; i++){
		c = f->fd[i];
		if(c != nil)
			s = fdline(s, e, i, c, w);
	}
	return s;
}

/* Bytes that fdtext may need. */
static int
fdsize(Proc *p)
{
	Fgrp *f;
	int i, n;

	f = p->fgrp;
	if(p->dot == nil || f == nil)
		return 1;
	n = strlen(chanpath(p->dot))+2;
	for(i = 0; i <= f->maxfd; i++)
		if(f->fd[i] != nil)
			n += Fdmax+strlen(chanpath(f->fd[i]));
	return n;
}

/* Serve a text by offset; it is made anew for every read. */
long
proctext(Proc *p, int file, char *va, long n, ulong off)
{
	char *buf, *s, *e;
	int size;

	size = file == Qfd? fdsize(p): Textmax;
	buf = malloc(size);
	if(buf == nil)
		error(Enomem);
	if(waserror()){
		free(buf);
		nexterror();
	}
	s = buf;
	e = buf+size;
	switch(file){
	case Qargs:
		s = argstext(p, s, e);
		break;
	case Qfd:
		s = fdtext(p, s, e);
		break;
	case Qsegment:
		s = segtext(p, s, e);
		break;
	case Qstatus:
		s = statustext(p, s, e);
		break;
	case Qsyscall:
		if(p->syscalltrace != nil)
			s = seprint(s, e, "%s", p->syscalltrace);
		break;
	default:
		error(Ebadusefd);
	}
	n = readmem(off, va, n, buf, s-buf);
	poperror();
	free(buf);
	return n;
}

static void
flagtext(int flag, char *s)
{
	if(flag == 0){
		*s = 0;
		return;
	}
	*s++ = '-';
	if(flag & MAFTER)
		*s++ = 'a';
	if(flag & MBEFORE)
		*s++ = 'b';
	if(flag & MCREATE)
		*s++ = 'c';
	if(flag & MCACHE)
		*s++ = 'C';
	*s = 0;
}

/* The mount with that id in chain i. */
static Mount*
inchain(Pgrp *g, int i, ulong id, Mhead **where)
{
	Mhead *h;
	Mount *t;

	for(h = g->mnthash[i]; h != nil; h = h->hash)
		for(t = h->mount; t != nil; t = t->next)
			if(t->mountid == id){
				*where = h;
				return t;
			}
	return nil;
}

/* Look at all mounts for the next ones in the order of their ids: r->ahead. */
static void
lookahead(Pgrp *g, Nsread *r)
{
	Mhead *h;
	Mount *t;
	int i, j;

	r->at = 0;
	r->nahead = 0;
	r->hashbits = g->hashbits;
	for(i = 0; i < 1<<g->hashbits; i++)
		for(h = g->mnthash[i]; h != nil; h = h->hash)
			for(t = h->mount; t != nil; t = t->next){
				if(t->mountid <= r->id)
					continue;
				j = r->nahead;
				if(j == Nsahead && r->ahead[--j].id < t->mountid)
					continue;
				for(; j > 0 && r->ahead[j-1].id > t->mountid; j--)
					r->ahead[j] = r->ahead[j-1];
				r->ahead[j].id = t->mountid;
				r->ahead[j].chain = i;
				if(r->nahead < Nsahead)
					r->nahead++;
			}
}

/* The mount with the least id above the last one listed, and where it is. */
static Mount*
nextmount(Pgrp *g, Nsread *r, Mhead **where)
{
	Mount *t;

	for(;;){
		if(r->at == r->nahead || r->hashbits != g->hashbits){
			lookahead(g, r);
			if(r->nahead == 0)
				return nil;
		}
		r->id = r->ahead[r->at].id;
		t = inchain(g, r->ahead[r->at++].chain, r->id, where);
		if(t != nil)
			return t;
	}
}

/* The line for t, which is mounted at h; free it. */
static char*
nsline(Mount *t, Mhead *h)
{
	char flag[10], *srv, *line, *to, *from;
	int n;

	flagtext(t->mflag, flag);
	from = chanpath(h->from);
	to = chanpath(t->to);
	/* the root of an attach has such a name; what is below it was bound */
	if(t->to->mchan == nil || strncmp(to, "#M", 2) != 0){
		n = 32+strlen(to)+strlen(from);
		line = smalloc(n);
		snprint(line, n, "bind %s %s %s\n", flag, to, from);
		return line;
	}
	to = chanpath(t->to->mchan);
	srv = srvname(t->to->mchan);
	n = 32+strlen(srv != nil? srv: to)+strlen(from)+(t->spec != nil? strlen(t->spec): 0);
	line = smalloc(n);
	snprint(line, n, t->spec != nil? "mount %s %s %s %s\n": "mount %s %s %s\n", flag, srv != nil? srv: to, from, t->spec);
	free(srv);
	return line;
}

/* The next line of p's name space, or that of its directory; free it. */
static char*
nstext(Proc *p, Nsread *r)
{
	Pgrp *g;
	Mount *t;
	Mhead *h;
	char *line;
	int n;

	g = p->pgrp;
	if(g == nil || p->dot == nil)
		error(Eprocdied);
	rlock(&g->ns);
	if(waserror()){
		runlock(&g->ns);
		nexterror();
	}
	h = nil;
	t = nextmount(g, r, &h);
	if(t != nil)
		line = nsline(t, h);
	else{
		r->done = 1;
		n = 8+strlen(chanpath(p->dot));
		line = smalloc(n);
		snprint(line, n, "cd %s\n", chanpath(p->dot));
	}
	poperror();
	runlock(&g->ns);
	return line;
}

/* One line of the name space for each read, so that offsets do not matter. */
long
procns(Proc *p, Nsread *r, char *va, long n)
{
	char *line;

	if(r->done)
		return 0;
	line = nstext(p, r);
	if(waserror()){
		free(line);
		nexterror();
	}
	if(n > strlen(line))
		n = strlen(line);
	memmove(va, line, n);
	poperror();
	free(line);
	return n;
}
