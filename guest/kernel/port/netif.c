/*
 * Conversations of a network interface: opening and closing them, and what is
 * written to their ctl files.  devether.c shows them as files.  Everything here
 * sleeps, and holds the interface's lock while it changes what an interrupt
 * looks at; such changes are single words, so that the interrupt sees the old or
 * the new.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "ether.h"

enum
{
	CMaddmulti,
	CMbridge,
	CMconnect,
	CMheadersonly,
	CMnonblocking,
	CMpromiscuous,
	CMremmulti,
};

static Cmdtab ctlmsg[] = {
	CMaddmulti,	"addmulti",	2,
	CMbridge,	"bridge",	1,
	CMconnect,	"connect",	2,
	CMheadersonly,	"headersonly",	1,
	CMnonblocking,	"nonblocking",	0,
	CMpromiscuous,	"promiscuous",	1,
	CMremmulti,	"remmulti",	2,
};

static Netfile*
newfile(Ether *e)
{
	Netfile *f;

	if(e->nf == Maxnetfile)
		error(Enodev);
	f = mallocz(sizeof(Netfile), 1);
	if(f == nil)
		error(Enomem);
	f->in = qopen(Netqlimit, Qmsg, nil, nil);
	if(f->in == nil){
		free(f);
		error(Enomem);
	}
	qclose(f->in);
	f->num = e->nf;
	e->f[e->nf] = f;
	e->nf++;
	return f;
}

/* One more open file of conversation num, or of a free one for -1. */
Netfile*
netfileopen(Ether *e, int num)
{
	Netfile *f;
	int i;

	qlock(e);
	if(waserror()){
		qunlock(e);
		nexterror();
	}
	f = nil;
	if(num >= 0)
		f = e->f[num];
	for(i = 0; f == nil && i < e->nf; i++)
		if(e->f[i]->inuse == 0)
			f = e->f[i];
	if(f == nil)
		f = newfile(e);
	if(f->inuse == 0){
		kstrcpy(f->owner, up->user, sizeof f->owner);
		f->perm = 0660;
		f->kernel = 0;
		qreopen(f->in);
	}
	f->inuse++;
	poperror();
	qunlock(e);
	return f;
}

/* The interface as a whole no longer wants a multicast address of f's. */
static void
dropmulti(Ether *e, Netfile *f, int i)
{
	int k;

	for(k = 0; k < e->nmulti; k++)
		if(memcmp(e->multi[k].ea, f->multi[i], Eaddrlen) == 0){
			if(--e->multi[k].ref == 0)
				e->multi[k] = e->multi[--e->nmulti];
			break;
		}
	f->nmulti--;
	memmove(f->multi[i], f->multi[f->nmulti], Eaddrlen);
}

void
netfileclose(Ether *e, Netfile *f)
{
	qlock(e);
	if(--f->inuse == 0){
		if(f->prom)
			e->nprom--;
		if(f->type < 0)
			e->nall--;
		if(f->allmulti)
			e->nallmulti--;
		f->type = 0;
		f->prom = 0;
		f->bridge = 0;
		f->headersonly = 0;
		f->nonblocking = 0;
		f->allmulti = 0;
		while(f->nmulti > 0)
			dropmulti(e, f, 0);
		f->owner[0] = '\0';
		qclose(f->in);
	}
	qunlock(e);
}

static void
connect(Ether *e, Netfile *f, char *arg)
{
	char *end;
	long type;
	int i;

	type = strtol(arg, &end, 0);
	if(*arg == '\0' || *end != '\0' || type < -1 || type == 0 || type > 0xffff)
		error(Ebadarg);
	if(type > 0)
		for(i = 0; i < e->nf; i++)
			if(e->f[i] != f && e->f[i]->inuse && e->f[i]->type == type)
				error(Einuse);
	if(f->type < 0)
		e->nall--;
	if(type < 0)
		e->nall++;
	f->type = type;
}

static void
promiscuous(Ether *e, Netfile *f)
{
	if(!f->prom)
		e->nprom++;
	f->prom = 1;
}

/* 12 hex digits */
static void
macaddr(uchar *ea, char *s)
{
	char pair[3], *end;
	int i;

	if(strlen(s) != 2*Eaddrlen)
		error(Ebadarg);
	for(i = 0; i < Eaddrlen; i++){
		memmove(pair, s+2*i, 2);
		pair[2] = '\0';
		ea[i] = strtoul(pair, &end, 16);
		if(*end != '\0')
			error(Ebadarg);
	}
}

static int
multiindex(Netfile *f, uchar *ea)
{
	int i;

	for(i = 0; i < f->nmulti; i++)
		if(memcmp(f->multi[i], ea, Eaddrlen) == 0)
			return i;
	return -1;
}

/* Who wants more groups than there is room for, wants all: nobody's groups are lost by those of others. */
static void
addmulti(Ether *e, Netfile *f, uchar *ea)
{
	int k;

	if((ea[0] & 1) == 0)
		error(Ebadarg);
	if(multiindex(f, ea) >= 0)
		return;
	for(k = 0; k < e->nmulti; k++)
		if(memcmp(e->multi[k].ea, ea, Eaddrlen) == 0)
			break;
	if(f->nmulti == Maxmulti || k == Maxmulti){
		if(!f->allmulti)
			e->nallmulti++;
		f->allmulti = 1;
		return;
	}
	if(k == e->nmulti){
		memmove(e->multi[k].ea, ea, Eaddrlen);
		e->multi[k].ref = 0;
		e->nmulti++;
	}
	e->multi[k].ref++;
	memmove(f->multi[f->nmulti], ea, Eaddrlen);
	f->nmulti++;
}

/* Does f want frames for this group?  Groups count for all, as the hardware would do. */
int
multiwanted(Ether *e, Netfile *f, uchar *ea)
{
	int k;

	USED(f);
	if(e->nallmulti > 0)
		return 1;
	for(k = 0; k < e->nmulti; k++)
		if(memcmp(e->multi[k].ea, ea, Eaddrlen) == 0)
			return 1;
	return 0;
}

static void
command(Ether *e, Netfile *f, Cmdbuf *cb, Cmdtab *ct)
{
	uchar ea[Eaddrlen];
	int i;

	switch(ct->index){
	case CMaddmulti:
		macaddr(ea, cb->f[1]);
		addmulti(e, f, ea);
		break;
	case CMremmulti:
		macaddr(ea, cb->f[1]);
		i = multiindex(f, ea);
		if(i < 0 && !f->allmulti)
			error(Ebadarg);
		if(i >= 0)
			dropmulti(e, f, i);
		break;
	case CMconnect:
		connect(e, f, cb->f[1]);
		break;
	case CMbridge:
		f->bridge = 1;
		/* fall through */
	case CMpromiscuous:
		promiscuous(e, f);
		break;
	case CMheadersonly:
		f->headersonly = 1;
		break;
	case CMnonblocking:
		f->nonblocking = cb->nf < 2 || strtol(cb->f[1], nil, 0) != 0;
		break;
	}
}

/* What is written to a ctl file: n, or an error. */
long
netfilectl(Ether *e, Netfile *f, char *a, long n)
{
	Cmdbuf *cb;
	Cmdtab *ct;

	cb = parsecmd(a, n);
	if(waserror()){
		free(cb);
		nexterror();
	}
	ct = lookupcmd(cb, ctlmsg, nelem(ctlmsg));
	qlock(e);
	if(waserror()){
		qunlock(e);
		nexterror();
	}
	command(e, f, cb, ct);
	poperror();
	qunlock(e);
	poperror();
	free(cb);
	return n;
}

int
etherstats(Ether *e, char *buf, int size)
{
	char *p, *end;
	int i;

	p = buf;
	end = buf+size;
	p = seprint(p, end, "in: %lud\n", e->inpackets);
	p = seprint(p, end, "link: %d\n", e->link);
	p = seprint(p, end, "out: %lud\n", e->outpackets);
	p = seprint(p, end, "crc errs: %lud\n", e->crcs);
	p = seprint(p, end, "overflows: %lud\n", e->overflows);
	p = seprint(p, end, "soft overflows: %lud\n", e->soverflows);
	p = seprint(p, end, "framing errs: %lud\n", e->frames);
	p = seprint(p, end, "buffer errs: %lud\n", e->buffs);
	p = seprint(p, end, "output errs: %lud\n", e->oerrs);
	p = seprint(p, end, "prom: %d\n", e->nprom);
	p = seprint(p, end, "mbps: %d\n", e->mbps);
	p = seprint(p, end, "mtu: %d\n", e->mtu);
	if(e->longest != 0)
		p = seprint(p, end, "longest: %d\n", e->longest);
	p = seprint(p, end, "addr: ");
	for(i = 0; i < Eaddrlen; i++)
		p = seprint(p, end, "%2.2ux", e->ea[i]);
	p = seprint(p, end, "\n");
	return p - buf;
}
