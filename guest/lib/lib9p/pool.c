/*
 * The fids and the pending requests of a server, by number.  A Fid is freed
 * when the client has clunked it and the last request that uses it is done.
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <9p.h>
#include "9pdef.h"

static void*
emalloc(ulong n)
{
	void *p;

	p = mallocz(n, 1);
	if(p == nil)
		sysfatal("9P server: out of memory");
	return p;
}

#define bucket(t, n)	(&(t)[(n) % nelem(t)])

Fid*
_lookupfid(Srv *s, ulong fid)
{
	Fid *f;

	for(f = *bucket(s->fids, fid); f != nil; f = f->next)
		if(f->fid == fid){
			f->ref++;
			return f;
		}
	return nil;
}

/* in no table, with one reference */
Fid*
_newfid(Srv *s, ulong fid)
{
	Fid *f;

	f = emalloc(sizeof *f);
	f->fid = fid;
	f->omode = -1;
	f->srv = s;
	f->ref = 1;
	return f;
}

/* nil if it exists; two references: the table's and the caller's */
Fid*
_allocfid(Srv *s, ulong fid)
{
	Fid *f, **b;

	b = bucket(s->fids, fid);
	for(f = *b; f != nil; f = f->next)
		if(f->fid == fid)
			return nil;
	f = _newfid(s, fid);
	f->ref++;
	f->next = *b;
	*b = f;
	return f;
}

void
_releasefid(Fid *f)
{
	if(f == nil || --f->ref > 0)
		return;
	if(f->rdir != nil)
		closedirfile(f->rdir);
	if(f->srv->destroyfid != nil)
		f->srv->destroyfid(f);
	if(f->file != nil)
		closefile(f->file);
	free(f->uid);
	free(f);
}

/* takes it from the table, if it is there */
void
_forgetfid(Srv *s, Fid *f)
{
	Fid **p;

	for(p = bucket(s->fids, f->fid); *p != nil; p = &(*p)->next)
		if(*p == f){
			*p = f->next;
			_releasefid(f);
			return;
		}
}

void
_dropfids(Srv *s)
{
	int i;

	for(i = 0; i < nelem(s->fids); i++)
		while(s->fids[i] != nil)
			_forgetfid(s, s->fids[i]);
}

Req*
_lookupreq(Srv *s, ulong tag)
{
	Req *r;

	for(r = *bucket(s->reqs, tag); r != nil; r = r->next)
		if(r->tag == tag)
			return r;
	return nil;
}

Req*
_allocreq(Srv *s, ulong tag)
{
	Req *r, **b;

	if(_lookupreq(s, tag) != nil)
		return nil;
	b = bucket(s->reqs, tag);
	r = emalloc(sizeof *r);
	r->tag = tag;
	r->srv = s;
	r->next = *b;
	*b = r;
	return r;
}

void
_forgetreq(Srv *s, Req *r)
{
	Req **p;

	for(p = bucket(s->reqs, r->tag); *p != nil; p = &(*p)->next)
		if(*p == r){
			*p = r->next;
			return;
		}
}

void
_freereq(Req *r)
{
	if(r->srv->destroyreq != nil)
		r->srv->destroyreq(r);
	_releasefid(r->fid);
	_releasefid(r->afid);
	if(r->newfid != r->fid)
		_releasefid(r->newfid);
	free(r->flush);
	free(r->buf);
	free(r->rbuf);
	free(r);
}
