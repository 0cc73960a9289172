/*
 * #P: what there is to tell of the machine.  cputype and archctl name the CPU, irqalloc
 * has a line for each interrupt in use, ioalloc none, since lguest has no ports; there are
 * no files to use them by, either.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "io.h"

enum
{
	Qdir,
	Qarchctl,
	Qcputype,
	Qioalloc,
	Qirqalloc,

	Textsize = 1200,
};

static Dirtab archdir[] = {
	{ ".",		{ Qdir, 0, QTDIR },	0,	DMDIR|0555 },
	{ "archctl",	{ Qarchctl },		0,	0664 },
	{ "cputype",	{ Qcputype },		0,	0444 },
	{ "ioalloc",	{ Qioalloc },		0,	0444 },
	{ "irqalloc",	{ Qirqalloc },		0,	0444 },
};

static char	cputype[20];		/* one word, as scripts expect */

/* By maker and family, which is as much as anybody asks. */
static void
identify(void)
{
	ulong a, b, c, d;
	int family;

	__asm__ volatile("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "0"(0));
	/* the second word of GenuineIntel, AuthenticAMD */
	strcpy(cputype, d == 0x49656E69? "Intel": d == 0x69746E65? "AMD": "386");
	__asm__ volatile("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "0"(1));
	family = a>>8 & 15;
	if(family == 15)
		family += a>>20 & 255;
	snprint(cputype+strlen(cputype), sizeof cputype - strlen(cputype), "-%d", family);
}

static char*
typetext(char *s, char *e)
{
	return seprint(s, e, "%s %lud", cputype, (ulong)(m->tschz/1000000));
}

static char*
devicename(int type)
{
	switch(type){
	case LGUEST_DEVICE_CONSOLE:
		return "console";
	case LGUEST_DEVICE_NET:
		return "ether";
	case LGUEST_DEVICE_BLOCK:
		return "sd";
	case LGUEST_DEVICE_SHARE:
		return "share";
	}
	return nil;
}

/* Vector, irq, who. */
static char*
irqtext(char *s, char *e)
{
	struct lguest_device_desc *d;
	int i;

	s = seprint(s, e, "%11d %11d %s\n", VIRQ, 0, "clock");
	d = lguestdevpage();
	for(i = 0; i < LGUEST_MAX_DEVICES; i++)
		if(d[i].status & LGUEST_DEVICE_DRIVER && devicename(d[i].type) != nil)
			s = seprint(s, e, "%11d %11d %s\n", VIRQ+i+1, i+1, devicename(d[i].type));
	return s;
}

static void
archinit(void)
{
	identify();
}

static Chan*
archattach(char *spec)
{
	return devattach('P', spec);
}

static void
archclose(Chan *c)
{
	USED(c);
}

static long
archread(Chan *c, void *va, long n, vlong off)
{
	char *buf, *s, *e;

	if(c->qid.type & QTDIR)
		return tabdirread(c, va, n);
	buf = smalloc(Textsize);
	if(waserror()){
		free(buf);
		nexterror();
	}
	s = buf;
	e = buf+Textsize;
	switch((ulong)c->qid.path){
	case Qarchctl:
		s = seprint(s, e, "cpu ");
		s = typetext(s, e);
		s = seprint(s, e, "\npge off\ncoherence nop\ncmpswap cmpswap486\ni8253set off\n");
		break;
	case Qcputype:
		s = typetext(s, e);
		s = seprint(s, e, "\n");
		break;
	case Qirqalloc:
		s = irqtext(s, e);
		break;
	}
	n = readmem(off, va, n, buf, s-buf);
	poperror();
	free(buf);
	return n;
}

static long
archwrite(Chan *c, void *va, long n, vlong off)
{
	Cmdbuf *cb;

	USED(c, off);
	if(!iseve())
		error(Eperm);
	cb = parsecmd(va, n);
	if(waserror()){
		free(cb);
		nexterror();
	}
	cmderror(cb, "not to be changed on lguest");
	return n;
}

Dev archdevtab = {
	.dc	= 'P',
	.name	= "arch",
	.reset	= devreset,
	.init	= archinit,
	.shutdown = devshutdown,
	.attach	= archattach,
	.walk	= tabwalk,
	.stat	= tabstat,
	.open	= tabopen,
	.create	= devcreate,
	.close	= archclose,
	.read	= archread,
	.bread	= devbread,
	.write	= archwrite,
	.bwrite	= devbwrite,
	.remove	= devremove,
	.wstat	= devwstat,
	.power	= devpower,
	.config	= devconfig,
	.tab	= archdir,
	.ntab	= nelem(archdir),
};
