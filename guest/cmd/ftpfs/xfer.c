/*
 * The contents of files.  FTP sends a file from a place on to its end, and 9P reads
 * pieces: what is read goes by blocks that are kept for a while, and the transfer stays
 * open for who reads on.  What is written must be written in order.  Who waits for data
 * lets others go on: the session is his alone, being busy, and his fid keeps the node.
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <9p.h>
#include "ftpfs.h"

typedef struct Block Block;

struct Block
{
	uvlong	path;			/* of the node; 0: none */
	vlong	no;
	long	n;			/* bytes; fewer than Blocksize: the file's end */
	ulong	used;
	uchar	*data;
};

enum
{
	Skip	= 8,			/* blocks that are read over rather than begin anew */
};

static Block	blocks[Nblock];
static ulong	clock;
static Session	*reading[Maxsession];	/* those that have been in the middle of a file */

static Block*
kept(Node *n, vlong no)
{
	Block *b;

	for(b = blocks; b < blocks+Nblock; b++)
		if(b->path == n->path && b->no == no){
			b->used = ++clock;
			return b;
		}
	return nil;
}

/* the one that was not used for longest; its data are still the old ones */
static Block*
newblock(Node *n, vlong no)
{
	Block *b, *old;

	old = blocks;
	for(b = blocks; b < blocks+Nblock; b++)
		if(b->path == 0 || old->path != 0 && b->used < old->used)
			old = b;
	old->path = n->path;
	old->no = no;
	old->used = ++clock;
	return old;
}

void
stale(Node *n)
{
	Block *b;

	for(b = blocks; b < blocks+Nblock; b++)
		if(b->path == n->path)
			b->path = 0;
	stopdown(n);
}

/* the session in the middle of n, that can be used */
static Session*
downof(Node *n)
{
	int i;

	for(i = 0; i < Maxsession; i++)
		if(reading[i] != nil && reading[i]->down == n && !reading[i]->busy)
			return reading[i];
	return nil;
}

/* let go of a transfer before its end; the connection is used again if the server agrees */
void
stopdown(Node *n)
{
	Session *s;

	while((s = downof(n)) != nil){
		s->busy = 1;
		if(finish(s) < 0 && *stopped != nil)
			drop(s);		/* its reply is still to come */
		s->down = nil;
		s->busy = 0;
	}
}

static void
remember(Session *s)
{
	int i;

	for(i = 0; i < Maxsession; i++)
		if(reading[i] == s)
			return;
	for(i = 0; i < Maxsession; i++)
		if(reading[i] == nil || reading[i]->down == nil){
			reading[i] = s;
			return;
		}
}

/* begin to read n at block no, or before that if the server knows no REST */
static Session*
startdown(Node *n, vlong no)
{
	char *path;
	Session *s;
	int r, again;

	path = pathof(n);
	if(path == nil)
		return nil;
	do{
		s = getsession();
		if(s == nil)
			break;
		again = s->used;
		if(no > 0 && !s->norest && command(s, 3, "REST %lld", no*Blocksize) < 0)
			s->norest = 1;
		s->pos = s->norest ? 0 : no*Blocksize;
		r = s->ctl < 0 ? -1 : begin(s, "RETR %s", path);
		again = again && r < 0 && s->ctl < 0 && *stopped == nil;
		if(r < 0)
			freesession(s);
	}while(r < 0 && again);
	free(path);
	if(s == nil || r < 0)
		return nil;
	s->down = n;
	s->vers = n->vers;
	remember(s);
	return s;
}

/* read a block, or what there is to the end, by s, which is busy; others go on meanwhile */
static long
readblock(Session *s, uchar *buf)
{
	char err[ERRMAX];
	long m, n;

	unlockfs();
	m = 1;
	for(n = 0; n < Blocksize && (m = netread(s->data, buf+n, Blocksize-n)) > 0; n += m)
		;
	rerrstr(err, sizeof err);
	lockfs();
	if(m < 0){
		drop(s);
		errstr(err, sizeof err);
		return -1;
	}
	return n;
}

/* the next block of what s reads; it is not kept if the file has changed since s began */
static Block*
next(Session *s, Node *n)
{
	Block *b;
	uchar *buf;
	long m;

	buf = malloc(Blocksize);
	if(buf == nil){
		werrstr("out of memory");
		return nil;
	}
	m = readblock(s, buf);
	if(m < 0){
		free(buf);
		return nil;
	}
	b = newblock(n, s->pos/Blocksize);
	free(b->data);
	b->data = buf;
	b->n = m;
	s->pos += m;
	if(n->vers != s->vers)
		b->path = 0;
	if(m < Blocksize){
		s->down = nil;
		if(finish(s) < 0){
			b->path = 0;
			return nil;
		}
		if(n->vers == s->vers && n->length != s->pos)
			n->length = s->pos;
	}
	return b;
}

static Block*
fetch(Node *n, vlong no)
{
	Block *b;
	Session *s;
	vlong at;

	s = downof(n);
	if(s != nil && (s->vers != n->vers || s->pos > no*Blocksize || s->pos < (no-Skip)*Blocksize)){
		stopdown(n);
		s = nil;
	}
	if(s == nil){
		s = startdown(n, no);
		if(s == nil)
			return nil;
	}
	s->busy = 1;
	do{
		at = s->pos/Blocksize;
		b = next(s, n);
	}while(b != nil && at < no && b->n == Blocksize);
	s->busy = 0;
	return b;
}

/* what of it is in one block; 0 at the end of the file */
static long
piece(Node *n, uchar *buf, long count, vlong off)
{
	Block *b;
	vlong no;
	long m, o;

	if(n->length >= 0 && off >= n->length)
		return 0;
	no = off/Blocksize;
	o = off%Blocksize;
	b = kept(n, no);
	if(b == nil)
		b = fetch(n, no);
	if(b == nil)
		return -1;
	if(b->no != no || o >= b->n)
		return 0;
	m = b->n-o;
	if(m > count)
		m = count;
	memmove(buf, b->data+o, m);
	return m;
}

long
download(Node *n, void *buf, long count, vlong off)
{
	long m, done;

	m = 0;
	for(done = 0; done < count && (m = piece(n, (uchar*)buf+done, count-done, off+done)) > 0; done += m)
		;
	return done > 0 ? done : m;
}

/* ---- writing ---- */

int
startup(Handle *h, char *how)
{
	char *path;
	Session *s;
	int r, again;

	stale(h->node);
	path = pathof(h->node);
	if(path == nil)
		return -1;
	do{
		s = getsession();
		if(s == nil)
			break;
		again = s->used;
		r = begin(s, "%s %s", how, path);
		again = again && r < 0 && s->ctl < 0 && *stopped == nil;
		if(r < 0)
			freesession(s);
	}while(r < 0 && again);
	free(path);
	if(s == nil || r < 0)
		return -1;
	h->up = s;
	return 0;
}

/* the transfer is over: what does the server say? */
int
endup(Session *s, Node *n, vlong length)
{
	int r;

	r = finish(s);
	freesession(s);
	n->length = length;
	n->mtime = time(nil);
	n->vers++;
	n->parent->listed = 0;
	return r;
}

long
upload(Handle *h, void *buf, long count, vlong off)
{
	char err[ERRMAX];
	Session *s;
	vlong at;
	long m;

	if(h->up == nil){
		at = h->node->length;
		if(at < 0 || off != at){
			werrstr("ftpfs: a file can only be written whole, or at its end");
			return -1;
		}
		if(startup(h, at == 0 ? "STOR" : "APPE") < 0)
			return -1;
		h->pos = at;
	}
	if(off != h->pos){
		werrstr("ftpfs: a file must be written in order");
		return -1;
	}
	s = h->up;
	unlockfs();
	m = s->data < 0 ? -1 : netwrite(s->data, buf, count);
	rerrstr(err, sizeof err);
	lockfs();
	errstr(err, sizeof err);
	if(m < 0){
		/* why, says the server */
		if(s->ctl >= 0 && *stopped == nil && finish(s) >= 0)
			werrstr("ftpfs: the server takes no more");
		drop(s);
		return -1;
	}
	h->pos += m;
	return m;
}
