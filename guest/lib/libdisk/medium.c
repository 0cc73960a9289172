/*
 * What a server of file systems has open.  A file that two clients name, be it in two
 * ways, is one Medium; its Qid, with type and dev, tells.  A Medium is the beginning
 * of the server's own struct, and counts who uses it.
 */
#include <u.h>
#include <libc.h>
#include <disk.h>

Medium	*media;

static int
interrupted(void)
{
	char err[ERRMAX];

	rerrstr(err, sizeof err);
	return strstr(err, "interrupted") != nil;
}

/* A note that comes meanwhile, and that the server lives on with, is no reason to read or write half of something. */
long
mpread(int fd, void *buf, long n, vlong off)
{
	long m;

	do
		m = pread(fd, buf, n, off);
	while(m < 0 && interrupted());
	return m;
}

long
mpwrite(int fd, void *buf, long n, vlong off)
{
	long m;

	do
		m = pwrite(fd, buf, n, off);
	while(m < 0 && interrupted());
	return m;
}

/* the one for the file that d is of, with a reference; nil: there is none yet */
Medium*
findmedium(Dir *d)
{
	Medium *m;

	for(m = media; m != nil; m = m->next)
		if(m->type == d->type && m->dev == d->dev && m->qid.path == d->qid.path && m->qid.vers == d->qid.vers){
			m->ref++;
			return m;
		}
	return nil;
}

/* m, opened, is the one for the file that d is of, and has one reference */
void
addmedium(Medium *m, Dir *d)
{
	m->qid = d->qid;
	m->type = d->type;
	m->dev = d->dev;
	m->ref = 1;
	m->next = media;
	media = m;
}

/* a reference less; 1 if it was the last: nobody finds m any more, and it is the caller's to free */
int
putmedium(Medium *m)
{
	Medium **l;

	if(--m->ref > 0)
		return 0;
	for(l = &media; *l != m; l = &(*l)->next)
		;
	*l = m->next;
	return 1;
}
