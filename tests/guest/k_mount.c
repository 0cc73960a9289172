/*
 * Thousands of mounts in one name space: each is found and none in the way of others.
 * The server here has a directory in which every number is the name of a file.
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include "tap.h"
#include "server.h"

enum
{
	Nmount	= 4000,
	Nround	= 50,
};

static ulong	file[Nfid];	/* by fid: 0 none, 1 the root, n+2 the file n */

static Qid
qidof(ulong f)
{
	Qid q;

	q.path = (uvlong)f<<8;		/* as servers that number by blocks or addresses */
	q.vers = 0;
	q.type = f == 1? QTDIR: QTFILE;
	return q;
}

static char*
respond(Fcall *t, Fcall *r)
{
	char *e;

	switch(t->type){
	case Tattach:
		file[t->fid] = 1;
		r->qid = qidof(1);
		return nil;
	case Twalk:
		if(t->nwname == 0){
			file[t->newfid] = file[t->fid];
			return nil;
		}
		strtoul(t->wname[0], &e, 10);
		if(t->nwname > 1 || *e != 0)
			return "no such file here";
		r->nwqid = 1;
		file[t->newfid] = atoi(t->wname[0])+2;
		r->wqid[0] = qidof(file[t->newfid]);
		return nil;
	case Topen:
		r->qid = qidof(file[t->fid]);
		return nil;
	case Tread:
		r->data = "server";
		r->count = t->offset == 0? 6: 0;
		return nil;
	case Tclunk:
		file[t->fid] = 0;
		return nil;
	}
	return "not offered";
}

/* ns for a walk to one of the first n files: the best of many tries, since others use the machine too. */
static vlong
walks(int n)
{
	char name[40];
	vlong t, best;
	int i, j;

	best = 0;
	for(j = 0; j < 40; j++){
		t = nsec();
		for(i = 0; i < Nround; i++){
			snprint(name, sizeof name, "/mnt/%d", ((i+j*Nround)*7919)%n);
			if(access(name, AEXIST) < 0)
				return -1;
		}
		t = (nsec()-t)/Nround;
		if(best == 0 || t < best)
			best = t;
	}
	return best;
}

/* Whether file n reads as what was bound there, or as itself. */
static int
covered(int n)
{
	char name[40], c[8];
	int fd, m;

	snprint(name, sizeof name, "/mnt/%d", n);
	fd = open(name, OREAD);
	m = read(fd, c, sizeof c);
	close(fd);
	return m == 8;		/* /dev/zero */
}

/* How many of the lines of our name space are mounts of this test, in the order in which they were made. */
static int
listed(void)
{
	char name[40], line[200];
	int fd, n, i;

	snprint(name, sizeof name, "/proc/%d/ns", getpid());
	fd = open(name, OREAD);
	for(i = 0; (n = read(fd, line, sizeof line - 1)) > 0; ){
		line[n] = 0;
		snprint(name, sizeof name, "bind  /dev/zero /mnt/%d\n", i);
		if(strcmp(line, name) == 0)
			i++;
	}
	close(fd);
	return i;
}

void
main(void)
{
	char name[40];
	vlong few, many;
	int i, bad, pid;

	rfork(RFNAMEG);
	if(!ok(mount(startserver(), -1, "/mnt", MREPL, "") > 0, "mount: %r"))
		done();
	bad = 0;
	few = 0;
	for(i = 0; i < Nmount; i++){
		snprint(name, sizeof name, "/mnt/%d", i);
		if(bind("/dev/zero", name, MREPL) <= 0)
			bad++;
		if(i == 10)
			few = walks(10);
	}
	same(bad, 0, "4000 files are covered");
	many = walks(Nmount);
	ok(few > 0 && many > 0, "%lld ns a walk among ten mounts, %lld among 4000", few, many);
	ok(many < 2*few+2000, "they are not in each other's way");
	bad = 0;
	for(i = 0; i < Nmount; i += 7)
		bad += !covered(i);
	same(bad, 0, "each shows what covers it");
	same(covered(Nmount+5), 0, "others show themselves");
	same(listed(), Nmount, "/proc/n/ns has a line for each, in order");
	pid = rfork(RFPROC|RFNAMEG);
	if(pid == 0){
		bad = 0;
		for(i = 0; i < Nmount; i++){
			snprint(name, sizeof name, "/mnt/%d", i);
			if(unmount(nil, name) < 0 || i%101 == 0 && covered(i))
				bad++;
		}
		if(bind("/dev/zero", "/mnt/3", MREPL) <= 0 || !covered(3) || covered(4))
			bad++;
		_exits(bad? "bad": nil);
	}
	while((i = waitpid()) != pid && i > 0)
		;
	bad = 0;
	for(i = 3; i < Nmount; i += 97)
		bad += !covered(i);
	same(bad, 0, "a copy of the name space is taken apart, and this one stays");
	done();
}
