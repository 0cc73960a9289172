/*
 * The files of #c that tell numbers about the machine and the time: cputime,
 * sysstat, swap, drivers, config, time, bintime.  devcons.c calls each through
 * its table.  Formats are fixed to the column: Go, ps, stats and date cut them
 * out by position.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "cons.h"

enum {
	Samplens	= 500*1000*1000,	/* ns over which sysstat's percentages are taken */
	Timecols	= NUMSIZE + 3*VLNUMSIZE,
};

extern char configfile[];	/* the port's */

static char Ebadtimectl[] = "bad time control";

long
cputimeread(Chan*, void *va, long n, vlong off)
{
	ulong t[6];
	char buf[6*NUMSIZE+1], *p;
	int i;

	memmove(t, up->time, sizeof t);
	t[TReal] = ticksnow() - t[TReal];
	p = buf;
	for(i = 0; i < nelem(t); i++)
		p = seprint(p, buf + sizeof buf, "%11lud ", TK2MS(t[i]));
	return readstr(off, va, n, buf);
}

/* Per cent of the time that was idle and in interrupts, lately. */
static void
sample(ulong *idle, ulong *intr)
{
	static uvlong when, idlens, intrns;
	static ulong pidle, pintr;
	uvlong now, gone;

	now = hostmono();
	gone = now - when;
	if(gone >= Samplens){
		gone /= 100;
		pidle = (m->idlens - idlens) / gone;
		pintr = (m->intrns - intrns) / gone;
		when = now;
		idlens = m->idlens;
		intrns = m->intrns;
	}
	*idle = pidle > 100? 100: pidle;
	*intr = pintr > 100? 100: pintr;
}

long
sysstatread(Chan*, void *va, long n, vlong off)
{
	char buf[10*NUMSIZE+2], *p;
	ulong v[10];
	int i;

	v[0] = m->machno;
	v[1] = m->cs;
	v[2] = m->intr;
	v[3] = m->syscall;
	v[4] = m->pfault;
	v[5] = m->tlbfault;
	v[6] = m->tlbpurge;
	v[7] = m->load;
	sample(&v[8], &v[9]);
	p = buf;
	for(i = 0; i < nelem(v); i++)
		p = seprint(p, buf + sizeof buf, "%11lud ", v[i]);
	seprint(p, buf + sizeof buf, "\n");
	return readstr(off, va, n, buf);
}

/* Anything written clears the counters. */
long
sysstatwrite(Chan*, void*, long n, vlong)
{
	m->cs = 0;
	m->intr = 0;
	m->syscall = 0;
	m->pfault = 0;
	m->tlbfault = 0;
	m->tlbpurge = 0;
	return n;
}

long
swapread(Chan*, void *va, long n, vlong off)
{
	char buf[256];

	snprint(buf, sizeof buf,
		"%llud memory\n"
		"%ud pagesize\n"
		"%lud kernel\n"
		"%lud/%lud user\n"
		"0/0 swap\n"
		"%lud/%lud kernel malloc\n"
		"0/0 kernel draw\n",
		(uvlong)conf.npage * BY2PG, BY2PG, conf.npage - conf.upages,
		conf.upages - pagesfree(), conf.upages, mallocused(), mallocmax());
	return readstr(off, va, n, buf);
}

/* Memory that is only kept in case is given back without being told to start that. */
long
swapwrite(Chan*, void *va, long n, vlong)
{
	char buf[8];

	if(!iseve())
		error(Eperm);
	if(n == 5 || n == 6){
		memmove(buf, va, n);
		if(memcmp(buf, "start\n", n) == 0)
			return n;
	}
	error("this kernel does not swap: start 9guest with more memory (-m)");
}

long
driversread(Chan*, void *va, long n, vlong off)
{
	char *buf, *p;
	int i;

	buf = smalloc(READSTR);
	if(waserror()){
		free(buf);
		nexterror();
	}
	p = buf;
	for(i = 0; devtab[i] != nil; i++)
		p = seprint(p, buf + READSTR, "#%C %s\n", devtab[i]->dc, devtab[i]->name);
	n = readstr(off, va, n, buf);
	poperror();
	free(buf);
	return n;
}

long
configread(Chan*, void *va, long n, vlong off)
{
	return readstr(off, va, n, configfile);
}

long
timeread(Chan*, void *va, long n, vlong off)
{
	char buf[Timecols+1];
	vlong ns, ticks;

	ns = todget(&ticks);
	snprint(buf, sizeof buf, "%11lud %21llud %21llud %21llud ",
		(ulong)(ns / 1000000000LL), (uvlong)ns, (uvlong)ticks, todfreq());
	return readstr(off, va, n, buf);
}

/* Decimal seconds. */
long
timewrite(Chan*, void *va, long n, vlong)
{
	char buf[13], *e;
	uvlong sec;

	if(!iseve())
		error(Eperm);
	if(n <= 0 || n >= sizeof buf)
		error(Ebadtimectl);
	memmove(buf, va, n);
	buf[n] = '\0';
	sec = strtoull(buf, &e, 10);
	if(e == buf || *e != '\0' && *e != '\n' && *e != ' ')
		error(Ebadtimectl);
	todset(sec * 1000000000LL, 0, 0);
	return n;
}

static uchar*
put64(uchar *p, uvlong v)
{
	int i;

	for(i = 56; i >= 0; i -= 8)
		*p++ = v>>i;
	return p;
}

static uvlong
get(uchar *p, int n)
{
	uvlong v;

	v = 0;
	while(n-- > 0)
		v = v<<8 | *p++;
	return v;
}

/* One to three big-endian numbers, as many as fit; whatever the offset. */
long
bintimeread(Chan*, void *va, long n, vlong)
{
	uchar buf[24], *p;
	vlong ticks;

	p = put64(buf, todget(&ticks));
	p = put64(p, ticks);
	put64(p, todfreq());
	n = n >= 24? 24: n & ~7;
	memmove(va, buf, n);
	return n;
}

/* n and ns: set; d, ns and seconds: slew; f and Hz: the fast counter's true rate. */
long
bintimewrite(Chan*, void *va, long n, vlong)
{
	uchar buf[13];
	vlong v;

	if(!iseve())
		error(Eperm);
	if(n != 9 && n != 13)
		error(Ebadtimectl);
	memmove(buf, va, n);
	v = get(buf + 1, 8);
	if(buf[0] == 'n' && n == 9)
		todset(v, 0, 0);
	else if(buf[0] == 'd' && n == 13)
		todset(0, v, get(buf + 9, 4) & 0x7FFFFFFF);
	else if(buf[0] == 'f' && n == 9 && v >= 0 && v < 1000000000000LL)
		todsetfreq(v);
	else
		error(Ebadtimectl);
	return n;
}
