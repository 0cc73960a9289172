/*
 * #d: the descriptors of the process that looks.  N opens to the same channel
 * as descriptor N, offset and all; Nctl reads as the line that /proc/n/fd has
 * for it.  A qid's path is 2*N+1 for N, 2*N+2 for Nctl, 0 for the directory;
 * its version is nothing, so names found here are good only for a moment.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"

#define QFD(q)	(((ulong)(q).path-1) >> 1)
#define QCTL(q)	((((ulong)(q).path-1) & 1) != 0)

/* Permissions of N by the mode of its channel. */
static ushort modeperm[] = { 0400, 0200, 0600, 0000 };

static int
dupgen(Chan *c, char *name, Dirtab *tab, int ntab, int i, Dir *dp)
{
	Fgrp *f;
	Chan *fc;
	Qid q;
	char *e;
	int fd, ctl;

	USED(tab, ntab);
	if(i == DEVDOTDOT){
		mkqid(&q, 0, 0, QTDIR);
		devdir(c, q, "#d", 0, eve, 0555, dp);
		return 1;
	}
	f = up->fgrp;
	fd = i/2;
	ctl = i&1;
	if(name != nil){	/* no need to try them all */
		if(i > 0)
			return -1;
		fd = strtol(name, &e, 10);
		ctl = strcmp(e, "ctl") == 0;
		if(e == name || name[0] < '0' || name[0] > '9' || *e != '\0' && !ctl)
			return -1;
		if(name[0] == '0' && e != name+1)
			return -1;
	}
	if(fd < 0 || fd > f->maxfd)
		return -1;
	fc = f->fd[fd];
	if(fc == nil)
		return name != nil? -1: 0;
	mkqid(&q, 2*fd + 1 + ctl, 0, QTFILE);
	snprint(up->genbuf, sizeof up->genbuf, ctl? "%dctl": "%d", fd);
	devdir(c, q, up->genbuf, 0, eve, ctl? 0400: modeperm[fc->mode & 3], dp);
	return 1;
}

static Chan*
dupattach(char *spec)
{
	return devattach('d', spec);
}

static Walkqid*
dupwalk(Chan *c, Chan *nc, char **name, int nname)
{
	return devwalk(c, nc, name, nname, nil, 0, dupgen);
}

static int
dupstat(Chan *c, uchar *db, int n)
{
	return devstat(c, db, n, nil, 0, dupgen);
}

/* The channel of the descriptor takes the place of c. */
static Chan*
dupopen(Chan *c, int omode)
{
	Chan *fc;

	if(c->qid.type & QTDIR){
		if(omode != OREAD)
			error(Eisdir);
		c->mode = OREAD;
		c->flag |= COPEN;
		c->offset = 0;
		return c;
	}
	if(omode & ORCLOSE)
		error(Eperm);		/* it would remove the file behind the descriptor */
	if(QCTL(c->qid)){
		fdtochan(QFD(c->qid), -1, 0, 0);
		if(omode != OREAD)
			error(Eperm);
		c->mode = OREAD;
		c->flag |= COPEN;
		c->offset = 0;
		return c;
	}
	fc = fdtochan(QFD(c->qid), openmode(omode), 0, 1);
	if(fc->qid.type & QTAUTH){
		cclose(fc);
		error(Eperm);
	}
	cclose(c);
	return fc;
}

static void
dupclose(Chan *c)
{
	USED(c);
}

/* How many digits the longest version among the channels of f has. */
int
versdigits(Fgrp *f)
{
	ulong v;
	int i, n, max;

	max = 1;
	for(i = 0; i <= f->maxfd; i++){
		if(f->fd[i] == nil)
			continue;
		n = 1;
		for(v = f->fd[i]->qid.vers; v >= 10; v /= 10)
			n++;
		if(n > max)
			max = n;
	}
	return max;
}

/*
 * Print the line for descriptor fd, channel c, into s before e: number, mode,
 * device, its instance, qid, iounit, offset, name.  Returns the end.
 */
char*
fdline(char *s, char *e, int fd, Chan *c, int width)
{
	static char *modes[] = { "r ", "w ", "rw", "  " };

	return seprint(s, e, "%3d %.2s %C %4lud (%.16llux %*lud %.2ux) %5ld %8lld %s\n",
		fd, modes[c->mode & 3], devtab[c->type]->dc, c->dev,
		c->qid.path, width, c->qid.vers, c->qid.type,
		c->iounit, c->offset, chanpath(c));
}

static long
dupread(Chan *c, void *va, long n, vlong off)
{
	char *buf;
	Chan *fc;
	int len;

	if(c->qid.type & QTDIR)
		return devdirread(c, va, n, nil, 0, dupgen);
	if(!QCTL(c->qid))
		error(Egreg);
	fc = fdtochan(QFD(c->qid), -1, 0, 1);
	buf = nil;
	if(waserror()){
		free(buf);
		cclose(fc);
		nexterror();
	}
	len = strlen(chanpath(fc)) + 128;
	buf = malloc(len);
	if(buf == nil)
		error(Enomem);
	fdline(buf, buf+len, QFD(c->qid), fc, versdigits(up->fgrp));
	n = readstr(off, va, n, buf);
	poperror();
	free(buf);
	cclose(fc);
	return n;
}

static long
dupwrite(Chan *c, void *va, long n, vlong off)
{
	USED(c, va, n, off);
	error(Eperm);
}

Dev dupdevtab = {
	.dc	= 'd',
	.name	= "dup",
	.reset	= devreset,
	.init	= devinit,
	.shutdown = devshutdown,
	.attach	= dupattach,
	.walk	= dupwalk,
	.stat	= dupstat,
	.open	= dupopen,
	.create	= devcreate,
	.close	= dupclose,
	.read	= dupread,
	.bread	= devbread,
	.write	= dupwrite,
	.bwrite	= devbwrite,
	.remove	= devremove,
	.wstat	= devwstat,
	.power	= devpower,
	.config	= devconfig,
};
