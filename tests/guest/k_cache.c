/*
 * MCACHE: what was read is not asked for again while the file's version stays, and
 * nothing stale is ever given after an open.  The server counts the reads of its file
 * data; count tells them, bump changes data and its version.
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include "tap.h"
#include "server.h"

enum
{
	Size	= 100*1000,
	Root	= 1, Data, Novers, Append, Count, Bump, Nfile,
};

static char	*names[] = { [Root] "/", [Data] "data", [Novers] "novers", [Append] "append", [Count] "count", [Bump] "bump" };
static uchar	file[Nfid];
static int	reads, vers = 1;
static uchar	data[Size], buf[2*Size];

static void
fill(void)
{
	int i;

	for(i = 0; i < Size; i++)
		data[i] = i*7 + i/1000 + vers;
}

static Qid
qidof(int f)
{
	Qid q;

	q.path = f;
	q.vers = f == Data || f == Append? vers: 0;
	q.type = f == Root? QTDIR: f == Append? QTAPPEND: QTFILE;
	return q;
}

static char*
respond(Fcall *t, Fcall *r)
{
	static char text[20];
	int f, i;

	f = file[t->fid];
	switch(t->type){
	case Tattach:
		file[t->fid] = Root;
		r->qid = qidof(Root);
		return nil;
	case Twalk:
		if(t->nwname == 0){
			file[t->newfid] = f;
			return nil;
		}
		for(i = Data; i < Nfile && strcmp(names[i], t->wname[0]) != 0; i++)
			;
		if(i == Nfile)
			return "no such file here";
		r->nwqid = 1;
		r->wqid[0] = qidof(i);
		file[t->newfid] = i;
		return nil;
	case Topen:
		r->qid = qidof(f);
		if(t->mode & OTRUNC)
			memset(data, 0, sizeof data);
		return nil;
	case Tread:
		r->data = text;
		switch(f){
		case Data:
		case Novers:
		case Append:
			reads++;
			r->data = (char*)data;
			if(t->offset >= Size)
				return nil;
			r->count = t->count < Size - t->offset? t->count: Size - t->offset;
			r->data += t->offset;
			return nil;
		case Count:
			snprint(text, sizeof text, "%d", reads);
			r->count = t->offset == 0? strlen(text): 0;
			return nil;
		}
		return "not offered";
	case Twrite:
		r->count = t->count;
		if(f == Bump){
			vers++;
			fill();
		}else if(t->offset + t->count <= Size)
			memmove(data + t->offset, t->data, t->count);
		return nil;
	case Twstat:
	case Tclunk:
		return nil;
	}
	return "not offered";
}

static int
count(void)
{
	char s[20];
	int fd, n;

	fd = open("/mnt/count", OREAD);
	n = read(fd, s, sizeof s - 1);
	s[n < 0? 0: n] = 0;
	close(fd);
	return atoi(s);
}

static int
right(uchar *p, int n, int off)
{
	int i;

	for(i = 0; i < n; i++)
		if(p[i] != (uchar)((off+i)*7 + (off+i)/1000 + vers))
			return 0;
	return 1;
}

/* Read all of a file by pieces of that size: is it right? */
static int
all(char *name, int piece)
{
	int fd, n, done;

	fd = open(name, OREAD);
	for(done = 0; (n = read(fd, buf+done, piece)) > 0; done += n)
		;
	close(fd);
	return n == 0 && done == Size && right(buf, Size, 0);
}

static void
put(char *name, int off, char *s, int mode)
{
	int fd;

	fd = open(name, mode);
	if(pwrite(fd, s, strlen(s), off) < 0)
		diag("write %s: %r", name);
	close(fd);
}

void
main(void)
{
	int n, fd, fd2, srv;
	Dir nd;

	rfork(RFNAMEG);
	fill();
	srv = startserver();
	if(!ok(mount(dup(srv, -1), -1, "/mnt", MREPL|MCACHE, "") > 0, "mount with MCACHE"))
		done();
	ok(all("/mnt/data", 1000), "a file reads as it is");
	n = count();
	ok(n > 0 && n <= 14, "in large pieces (%d reads)", n);
	ok(all("/mnt/data", 777), "again");
	ok(all("/mnt/data", Size), "and at once");
	fd = open("/mnt/data", OREAD);
	same(pread(fd, buf, 5000, 60000), 5000, "from the middle");
	ok(right(buf, 5000, 60000), "the right part");
	same(pread(fd, buf, 5000, Size-10), 10, "at its end");
	same(pread(fd, buf, 5000, Size), 0, "behind it");
	same(count(), n, "without asking the server");

	put("/mnt/bump", 0, "x", OWRITE);
	vers++;
	ok(all("/mnt/data", 1000), "a new version is read anew");
	ok(count() > n, "from the server");
	n = count();
	same(pread(fd, buf, 100, 0), 100, "who had the old one open");
	ok(right(buf, 100, 0) && count() > n, "is not given a mixture, but what the server says");
	close(fd);
	all("/mnt/data", 1000);

	fd = open("/mnt/data", OREAD);
	read(fd, buf, 10);
	put("/mnt/data", 3, "written", OWRITE);
	same(pread(fd, buf, 10, 3), 10, "what is written here");
	ok(memcmp(buf, "written", 7) == 0, "is read here, be the version what it was");
	fd2 = open("/mnt/data", OREAD);
	same(pread(fd2, buf, 10, 3), 10, "and by who opens then");
	ok(memcmp(buf, "written", 7) == 0, "too");
	close(fd2);
	fd2 = open("/mnt/data", OWRITE|OTRUNC);
	close(fd2);
	pread(fd, buf, 10, 3);
	same(buf[0], 0, "truncation is noticed");
	pread(fd, buf, 10, 3);
	nulldir(&nd);
	nd.mtime = 1;
	n = count();
	dirwstat("/mnt/data", &nd);
	pread(fd, buf, 10, 3);
	ok(count() > n, "after a wstat the server is asked");
	close(fd);

	put("/mnt/bump", 0, "x", OWRITE);
	vers++;
	all("/mnt/novers", 1000);
	n = count();
	all("/mnt/novers", 1000);
	ok(count() > n, "a file without version is not kept");
	all("/mnt/append", 1000);
	n = count();
	all("/mnt/append", 1000);
	ok(count() > n, "nor one that others append to");
	unmount(nil, "/mnt");
	mount(srv, -1, "/mnt", MREPL, "");
	all("/mnt/data", 1000);
	n = count();
	all("/mnt/data", 1000);
	ok(count() > n, "without MCACHE nothing is");
	done();
}
