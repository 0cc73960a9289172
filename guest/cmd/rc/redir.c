/*
 * Redirections.  The shell opens files but moves none of its descriptors: it
 * keeps the list `redirs' of what a child must do, newest first.  A child calls
 * applyredirs; a command that runs in the shell itself looks up with realfd
 * where its output goes.
 */
#include <u.h>
#include <libc.h>
#include "rc.h"

enum
{
	Pipesize	= 16*1024,	/* a pipe takes this much before anybody reads */
};

Redir *redirs;

static int
isdest(int fd)
{
	Redir *r;

	for(r = redirs; r != nil; r = r->next)
		if(r->to == fd && r->kind != Dkeep)
			return 1;
	return 0;
}

/*
 * From becomes to in what runs from here on.  A descriptor that an earlier
 * entry will overwrite is moved out of its way.
 */
void
addredir(int kind, int from, int to)
{
	Redir *r;
	int fd;

	if((kind == Dopen || kind == Dkeep) && isdest(from)){
		fd = from;
		from = dup(fd, -1);
		if(from < 0){
			close(fd);
			rcerror("can't dup: %r");
		}
		addredir(kind, from, kind == Dkeep ? from : to);
		close(fd);
		return;
	}
	r = ralloc(sizeof *r);
	r->kind = kind;
	r->from = from;
	r->to = to;
	r->next = redirs;
	redirs = r;
}

/* back to the list as it was, closing what was opened */
void
dropredirs(Redir *to)
{
	for(; redirs != to; redirs = redirs->next)
		if(redirs->kind == Dopen || redirs->kind == Dkeep)
			close(redirs->from);
}

/* the descriptor of this process that is fd for the command now running; -1 if closed */
int
realfd(int fd)
{
	Redir *r;

	for(r = redirs; r != nil; r = r->next){
		if(r->to != fd || r->kind == Dkeep)
			continue;
		if(r->kind == Dopen)
			return r->from;
		if(r->kind == Dclose)
			return -1;
		fd = r->from;
	}
	return fd;
}

static void
apply(Redir *r)
{
	if(r == nil)
		return;
	apply(r->next);
	switch(r->kind){
	case Dopen:
	case Ddup:
		if(r->from != r->to)
			dup(r->from, r->to);
		break;
	case Dclose:
		close(r->to);
		break;
	}
}

/* in a child: put all descriptors in place */
void
applyredirs(void)
{
	Redir *r;

	apply(redirs);
	for(r = redirs; r != nil; r = r->next)
		if(r->kind == Dopen && !isdest(r->from))
			close(r->from);
	redirs = nil;
}

/* a descriptor from which the text can be read */
static int
heretext(char *s, int n)
{
	int p[2];

	if(pipe(p) < 0)
		return -1;
	if(n <= Pipesize){
		if(n > 0)
			write(p[1], s, n);
	}else if(rfork(RFPROC|RFFDG|RFNOWAIT) == 0){
		close(p[0]);
		write(p[1], s, n);
		_exits(nil);
	}
	close(p[1]);
	return p[0];
}

static int
openfile(char *name, int rtype)
{
	int fd;

	switch(rtype){
	case Rread:
		return open(name, OREAD);
	case Rrdwr:
		return open(name, ORDWR);
	case Rappend:
		fd = open(name, OWRITE);
		if(fd >= 0){
			seek(fd, 0, 2);
			return fd;
		}
		break;
	}
	return create(name, OWRITE, 0666);
}

static void
openredir(Node *n)
{
	static char *op[] = {"<", ">", ">>", "<>"};
	Word *w;
	int fd;

	if(n->rtype == Rhere){
		fd = heretext(n->s, n->fd1);
		if(fd < 0)
			rcerror("can't get pipe: %r");
		addredir(Dopen, fd, n->fd);
		return;
	}
	w = evalargs(n->a);
	if(w == nil)
		rcerror("%s requires file", op[n->rtype]);
	if(w->next != nil)
		rcerror("%s requires singleton", op[n->rtype]);
	fd = openfile(w->s, n->rtype);
	if(fd < 0)
		rcerror("%s: can't %s: %r", w->s, n->rtype == Rread || n->rtype == Rrdwr ? "open" : "create");
	addredir(Dopen, fd, n->fd);
}

/* open and push a list of redirections, from left to right */
void
openredirs(Node *n)
{
	for(; n != nil; n = n->next)
		if(n->type == Ndup)
			addredir(Ddup, n->fd1, n->fd);
		else if(n->type == Nclose)
			addredir(Dclose, -1, n->fd);
		else
			openredir(n);
}
