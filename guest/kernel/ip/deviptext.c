/*
 * What the files of #I say that are text: tables, counters, addresses, the log.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "ip.h"
#include "devip.h"

typedef struct Text Text;
struct Text {
	char	*s;
	char	*e;
};

static void
routeline(Route *r, void *a)
{
	Text *t;

	t = a;
	t->s = routetext(r, t->s, t->e);
}

/* ipselftab: ip(3) */
static void
selfline(Route *r, void *a)
{
	Text *t;
	char flags[5];

	t = a;
	if(r->type & Rself)
		t->s = seprint(t->s, t->e, "%-44.44I %2d %4.4s\n", &r->dst, r->ref, routeflags(r->type, flags));
}

/* IPv4's come first, as they always have. */
static void
v4line(Route *r, void *a)
{
	if(r->type & Rv4)
		routeline(r, a);
}

static void
v6line(Route *r, void *a)
{
	if((r->type & Rv4) == 0)
		routeline(r, a);
}

/* Text of a file, made anew for each read and served by offset. */
long
iptext(Ip *f, Chan *c, void *va, long n, vlong off)
{
	Conv *cv;
	Text t;
	char *buf;
	int size;

	cv = f->set[PROTO(c->qid)].conv[CONV(c->qid)];	/* nobody's, if the file is the stack's own */
	size = READSTR;
	if(FILE(c->qid) == Qiproute || FILE(c->qid) == Qipselftab)
		size = 200 + f->nroute*120;
	else if(FILE(c->qid) == Qarp)
		size = 200 + f->nneigh*120;
	else if(FILE(c->qid) == Qstatus)
		size = 12*1024;
	buf = smalloc(size);
	if(waserror()){
		free(buf);
		nexterror();
	}
	t.s = buf;
	t.e = buf+size;
	switch(FILE(c->qid)){
	case Qarp:
		neightext(f, t.s, t.e);
		break;
	case Qiproute:
		routewalk(f, v4line, &t);
		routewalk(f, v6line, &t);
		break;
	case Qipselftab:
		routewalk(f, selfline, &t);
		break;
	case Qstats:
		if(PROTO(c->qid) == Xipifc)
			ipstats(f, t.s, t.e);
		else if(protos[PROTO(c->qid)]->stats != nil)
			protos[PROTO(c->qid)]->stats(f, t.s, t.e);
		break;
	case Qctl:
		seprint(t.s, t.e, "%d", CONV(c->qid));
		break;
	case Qlocal:
		seprint(t.s, t.e, "%I!%d\n", &cv->laddr, cv->lport);
		break;
	case Qremote:
		seprint(t.s, t.e, "%I!%d\n", &cv->raddr, cv->rport);
		break;
	case Qstatus:
		ipenter(f);
		cv->set->p->status(cv, t.s, t.e);
		break;
	}
	n = readstr(off, va, n, buf);
	poperror();
	free(buf);
	return n;
}

/* What was logged, of which each byte goes to one reader. */
long
iplogread(Ip *f, char *va, long n)
{
	char *buf;
	int i;

	if(n > sizeof f->log)
		n = sizeof f->log;
	buf = smalloc(n);		/* before there is a look at the log, as this may wait */
	if(waserror()){
		free(buf);
		nexterror();
	}
	while(f->logn == 0)
		logsleep(f);
	if(n > f->logn)
		n = f->logn;
	for(i = 0; i < n; i++)
		buf[i] = f->log[(f->logr+i) % sizeof f->log];
	f->logr = (f->logr+n) % sizeof f->log;
	f->logn -= n;
	memmove(va, buf, n);
	poperror();
	free(buf);
	return n;
}
