/*
 * Names, name spaces, directories, descriptors: what spec and manual promise of
 * open, create, bind, mount, unmount, stat, wstat, remove, chdir, dup, fd2path,
 * seek.  A small file server of its own, over a pipe, is what is mounted; it is
 * honest, and records what it was asked.
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include "tap.h"
#include "dir.h"
#include "server.h"

enum {
	Nfile	= 64,
	Ninuse	= 2048,
};

/* ---- the server: a tree in an array; a file's number is its qid's path ---- */

typedef struct File File;
struct File
{
	int	used;
	int	parent;
	char	name[64];
	ulong	mode;
	uchar	data[256];
	int	len;
};

static File file[Nfile];
static struct { int used; ulong fid; int file; int open; int rclose; } fids[Ninuse];

static int
newfile(int parent, char *name, ulong mode)
{
	int i;

	for(i = 0; i < Nfile; i++)
		if(!file[i].used){
			memset(&file[i], 0, sizeof file[i]);
			file[i].used = 1;
			file[i].parent = parent;
			strecpy(file[i].name, file[i].name+64, name);
			file[i].mode = mode;
			return i;
		}
	return -1;
}

static int
lookup(int dir, char *name)
{
	int i;

	if(strcmp(name, "..") == 0)
		return file[dir].parent;
	for(i = 1; i < Nfile; i++)
		if(file[i].used && file[i].parent == dir && strcmp(file[i].name, name) == 0)
			return i;
	return -1;
}

static int
getfid(ulong fid, int make)
{
	int i;

	for(i = 0; i < Ninuse; i++)
		if(fids[i].used && fids[i].fid == fid)
			return make? -1: i;
	for(i = 0; make && i < Ninuse; i++)
		if(!fids[i].used){
			memset(&fids[i], 0, sizeof fids[i]);
			fids[i].used = 1;
			fids[i].fid = fid;
			return i;
		}
	return -1;
}

static Qid
fileqid(int f)
{
	Qid q;

	q.path = f;
	q.vers = 0;
	q.type = file[f].mode>>24;
	return q;
}

static uint
entry(int f, uchar *p, uint n)
{
	Dir d;

	memset(&d, 0, sizeof d);
	d.type = '?';
	d.dev = 99;
	d.qid = fileqid(f);
	d.mode = file[f].mode;
	d.name = f == 0? "/": file[f].name;
	d.uid = d.gid = d.muid = "ken";
	d.length = file[f].mode & DMDIR? 0: file[f].len;
	return convD2M(&d, p, n);
}

static uchar data[Msize];	/* of the reply that is being made */

/* A request about fids[x]: its answer, or an error string. */
static char*
srvauth(Fcall *t, Fcall *r, int x)
{
	if(strcmp(t->aname, "auth") != 0)
		return "authentication not required";
	x = getfid(t->afid, 1);
	fids[x].file = newfile(0, "proof", 0600);
	r->aqid = fileqid(fids[x].file);
	r->aqid.type = QTAUTH;
	return nil;
}

static char*
srvattach(Fcall *t, Fcall *r, int x)
{
	if(strcmp(t->aname, "auth") == 0){
		x = getfid(t->afid, 0);
		if(x < 0 || file[fids[x].file].len != 5)
			return "not authenticated";
	}
	x = getfid(t->fid, 1);
	if(x < 0)
		return "fid in use";
	fids[x].file = 0;
	r->qid = fileqid(0);
	return nil;
}

static char*
srvwalk(Fcall *t, Fcall *r, int x)
{
	int i, f, g, y;

	f = fids[x].file;
	for(i = 0; i < t->nwname; i++){
		g = file[f].mode & DMDIR? lookup(f, t->wname[i]): -1;
		if(g < 0)
			break;
		f = g;
		r->wqid[i] = fileqid(f);
	}
	r->nwqid = i;
	if(i == 0 && t->nwname > 0)
		return "no such file here: does not exist";
	if(i < t->nwname)
		return nil;
	y = t->newfid == t->fid? x: getfid(t->newfid, 1);
	if(y < 0)
		return "fid in use";
	fids[y].file = f;
	return nil;
}

static char*
srvopen(Fcall *t, Fcall *r, int x)
{
	int f;

	f = fids[x].file;
	if(t->mode & OTRUNC)
		file[f].len = 0;
	fids[x].rclose = t->mode & ORCLOSE;
	r->qid = fileqid(f);
	return nil;
}

static char*
srvcreate(Fcall *t, Fcall *r, int x)
{
	int f;

	f = newfile(fids[x].file, t->name, t->perm);
	if(f < 0)
		return "disk full";
	fids[x].file = f;
	fids[x].rclose = t->mode & ORCLOSE;
	r->qid = fileqid(f);
	return nil;
}

static char*
readdir(Fcall *t, Fcall *r, int dir)
{
	int i, n, off;

	off = 0;
	for(i = 1; i < Nfile; i++){
		if(!file[i].used || file[i].parent != dir)
			continue;
		n = entry(i, data + r->count, t->count - r->count);
		if(n <= BIT16SZ)
			break;
		if(off >= t->offset)
			r->count += n;
		off += n;
	}
	return nil;
}

static char*
srvread(Fcall *t, Fcall *r, int x)
{
	File *f;

	f = &file[fids[x].file];
	r->data = (char*)data;
	r->count = 0;
	if(f->mode & DMDIR)
		return readdir(t, r, fids[x].file);
	if(t->offset < f->len){
		r->count = f->len - t->offset;
		if(r->count > t->count)
			r->count = t->count;
		memmove(data, f->data + t->offset, r->count);
	}
	return nil;
}

static char*
srvwrite(Fcall *t, Fcall *r, int x)
{
	File *f;

	f = &file[fids[x].file];
	if(t->offset + t->count > sizeof f->data)
		return "file too big";
	memmove(f->data + t->offset, t->data, t->count);
	if(f->len < t->offset + t->count)
		f->len = t->offset + t->count;
	r->count = t->count;
	return nil;
}

static char*
srvclunk(Fcall *t, Fcall *r, int x)
{
	USED(r);
	if(t->type == Tremove || fids[x].rclose)
		file[fids[x].file].used = 0;
	fids[x].used = 0;
	return nil;
}

static char*
srvstat(Fcall *t, Fcall *r, int x)
{
	USED(t);
	r->nstat = entry(fids[x].file, data, sizeof data);
	r->stat = data;
	return nil;
}

static char*
srvwstat(Fcall *t, Fcall *r, int x)
{
	Dir d;
	File *f;
	char strs[512];

	USED(r);
	f = &file[fids[x].file];
	convM2D(t->stat, t->nstat, &d, strs);
	if(d.name[0] != '\0')
		strecpy(f->name, f->name+sizeof f->name, d.name);
	if(d.mode != ~0UL)
		f->mode = d.mode;
	return nil;
}

static char	*(*request[Tmax])(Fcall*, Fcall*, int) = {
	[Tauth]		srvauth,
	[Tattach]	srvattach,
	[Twalk]		srvwalk,
	[Topen]		srvopen,
	[Tcreate]	srvcreate,
	[Tread]		srvread,
	[Twrite]	srvwrite,
	[Tclunk]	srvclunk,
	[Tremove]	srvclunk,
	[Tstat]		srvstat,
	[Twstat]	srvwstat,
};

static char*
respond(Fcall *t, Fcall *r)
{
	int x;

	if(request[t->type] == nil)
		return nil;		/* Tflush: everything has been answered */
	x = t->type == Tattach || t->type == Tauth? 0: getfid(t->fid, 0);
	if(x < 0)
		return "unknown fid";
	return request[t->type](t, r, x);
}

/* Starts the server with some files; the end of the pipe that is to be mounted. */
static int
starttree(void)
{
	int p[2], d;

	newfile(0, "", DMDIR|0777);
	d = newfile(0, "dir", DMDIR|0777);
	newfile(d, "sub", DMDIR|0777);
	newfile(0, "file", 0666);
	pipe(p);
	switch(rfork(RFPROC|RFFDG|RFNOWAIT)){
	case -1:
		sysfatal("fork: %r");
	case 0:
		close(p[1]);
		serve(p[0]);
	}
	close(p[0]);
	return p[1];
}

/* ---- the tests ---- */

static char*
pathof(char *name, int mode)
{
	static char buf[1024];
	int fd;

	fd = open(name, mode);
	if(fd < 0){
		rerrstr(buf, sizeof buf);
		return buf;
	}
	fd2path(fd, buf, sizeof buf);
	close(fd);
	return buf;
}

static void
names(void)
{
	char *s;
	int fd;

	fails(open("/nosuch", OREAD), "'/nosuch' file does not exist", "a missing file");
	fails(open("/dev/null/x", OREAD), "not a directory", "a file is no directory");
	fails(open("", OREAD), "empty file name", "an empty name");
	fails(open("/a\001b", OREAD), "bad character in file name", "a control character");
	fails(open("#Q", OREAD), "unknown device in # filename", "a device that is not there");
	fails(open("#M", OREAD), "mount/attach disallowed", "#M has no name");
	fails(open("/dev/null", 0x80), "bad arg in system call", "a mode that means nothing");
	fails(open("/dev/null/", OREAD), "not a directory", "a slash at the end wants a directory");
	fails(open("/", OWRITE), "file is a directory", "a directory is not written");
	fails(open("/386/bin/rc", OWRITE), "permission denied", "the root is not written");
	fails(open("/dev", OEXEC), "cannot exec directory", "a directory is not executed");
	samestr(pathof("/dev/null", OREAD), "/dev/null", "path");
	samestr(pathof("//dev/./null", OREAD), "/dev/null", "a clean path");
	samestr(pathof("/dev/../dev/null", OREAD), "/dev/null", "a path with ..");
	samestr(pathof("/../..", OREAD), "/", ".. of the root");
	samestr(pathof("#c/null", OREAD), "#c/null", "path of a device's file");
	samestr(pathof("#/boot/..", OREAD), "#/", ".. in a device");
	s = malloc(70000);
	memset(s, 'x', 69999);
	s[69999] = '\0';
	fails(open(s, OREAD), "name too long", "a name of 70000 bytes");
	s[600] = '\0';
	s[0] = '/';
	fd = open(s, OREAD);
	fails(fd, "'...xxx", "a long name is cut in the error");
	free(s);
	fails(chdir("/dev/null"), "not a directory", "chdir to a file");
	chdir("/dev");
	samestr(pathof("null", OREAD), "/dev/null", "path from dot");
	samestr(pathof(".", OREAD), "/dev", "path of dot");
	samestr(pathof("..", OREAD), "/", ".. from dot");
	chdir("/");
}

static void
descriptors(void)
{
	char buf[100];
	int a, b, fd;

	a = open("/env/k_name", OREAD);
	if(a >= 0)
		close(a);
	a = create("/env/k_name", ORDWR, 0666);
	write(a, "0123456789", 10);
	seek(a, 2, 0);
	b = dup(a, -1);
	read(b, buf, 3);
	same(seek(a, 0, 1), 5, "dup shares the offset");
	snprint(buf, sizeof buf, "#d/%d", a);
	fd = open(buf, ORDWR);
	read(fd, buf, 1);
	same(seek(a, 0, 1), 6, "so does #d");
	close(fd);
	same(seek(a, -3, 2), 7, "seek from the end");
	fails(seek(a, -100, 1), "negative i/o offset", "seek before the start");
	same(pread(a, buf, 4, 1), 4, "pread");
	same(seek(a, 0, 1), 7, "leaves the offset");
	fails(dup(a, 100000), "fd out of range", "dup to a number too large");
	same(dup(a, 40), 40, "dup to 40");
	same(read(40, buf, 10), 3, "which works");
	close(40);
	fails(read(40, buf, 1), "fd out of range or not open", "until closed");
	close(a);
	close(b);
	a = open("/dev/null", OREAD);
	fails(write(a, "x", 1), "inappropriate use of fd", "write on a read fd");
	close(a);
	a = open("/", OREAD);
	fails(pread(a, buf, sizeof buf, 3), "seek in directory", "a directory is not read in the middle");
	fails(read(a, buf, 10), "i/o count too small", "nor in less than an entry");
	close(a);
	snprint(buf, sizeof buf, "/env/k_name");
	remove(buf);
	fails(open(buf, OREAD), "does not exist", "removed");
}

static void
stats(void)
{
	uchar buf[STATMAX];
	Dir *d, nd;
	int n;

	d = dirstat("/dev/null");
	ok(d != nil && strcmp(d->name, "null") == 0 && d->type == 'c', "stat of /dev/null");
	free(d);
	d = dirstat("/");
	samestr(d != nil? d->name: "nil", "/", "the root's name");
	free(d);
	d = dirstat("/dev");
	samestr(d != nil? d->name: "nil", "dev", "a mount point's name");
	free(d);
	fails(stat("/dev/null", buf, 1), "stat buffer too small", "one byte for stat");
	n = stat("/dev/null", buf, 2);
	same(n, 2, "two bytes for stat");
	n = GBIT16(buf) + 2;
	same(stat("/dev/null", buf, n), n, "and say how many it needs");
	nulldir(&nd);
	nd.name = "a/b";
	fails(dirwstat("/env/nosuch", &nd), "does not exist", "wstat of what is not there");
	create("/env/k_w", OREAD, 0666);
	fails(dirwstat("/env/k_w", &nd), "bad character", "a slash is no name");
	fails(wstat("/env/k_w", buf, 10), "malformed stat buffer", "ten bytes are no entry");
	remove("/env/k_w");
}

static void
mounts(int srv)
{
	int fd, fd2;
	Dir *d;

	rfork(RFNAMEG);
	fd = dup(srv, -1);
	ok(mount(fd, -1, "/mnt", MREPL|MCREATE, "") > 0, "mount");
	fails(write(fd, "x", 1), "fd out of range", "closes the descriptor");
	fails(write(srv, "x", 1), "inappropriate use of fd", "and takes the channel");
	samestr(pathof("/mnt/dir/sub", OREAD), "/mnt/dir/sub", "path in a mounted tree");
	samestr(pathof("/mnt/dir/sub/../..", OREAD), "/mnt", "the way back");
	samestr(pathof("/mnt/dir/../..", OREAD), "/", "and out");
	fails(open("/mnt/dir/nosuch", OREAD), "'/mnt/dir/nosuch' does not exist", "a walk that ends early");
	fails(open("/mnt/nosuch", OREAD), "'/mnt/nosuch' no such file here", "the server's words");
	fails(open("/mnt/file/x", OREAD), "'/mnt/file/x' not a directory", "below a file");
	d = dirstat("/mnt/file");
	ok(d != nil && d->type == 'M' && d->dev != 99 && strcmp(d->uid, "ken") == 0, "stat of a server's file");
	free(d);
	d = dirstat("/mnt");
	samestr(d != nil? d->name: "nil", "mnt", "the mounted root's name");
	free(d);
	fd = create("/mnt/dir/new", ORDWR, 0666);
	same(write(fd, "hello", 5), 5, "create and write");
	same(pread(fd, (char[10]){0}, 10, 0), 5, "and read");
	samestr(pathof("/mnt/dir/new", OREAD), "/mnt/dir/new", "by its name");
	close(fd);
	fails(create("/mnt/dir/new", OWRITE|OEXCL, 0666), "file already exists", "OEXCL");
	fd = create("/mnt/dir/new", OWRITE, 0666);
	d = dirfstat(fd);
	same(d != nil? d->length: -1, 0, "create truncates");
	free(d);
	close(fd);
	same(listed("/mnt/dir", "new"), 1, "it is listed");
	fails(create("/mnt/dir/x/", OWRITE, 0666), "create without DMDIR", "create with a slash at the end");
	fd = create("/mnt/tmp", ORDWR|ORCLOSE, 0666);
	close(fd);
	fails(open("/mnt/tmp", OREAD), "no such file", "ORCLOSE removes");
	same(remove("/mnt/dir/new"), 0, "remove");
	fails(remove("/mnt"), "is a mount point", "but not the mount point");
	fd = dup(srv, -1);
	ok(mount(fd, -1, "/n", MREPL, "") > 0 || mount(fd, -1, "/root", MREPL, "") > 0, "the same connection again");
	fd = open("/mnt/dir", OREAD);
	fd2 = open("/mnt/dir/sub", OREAD);
	same(unmount(nil, "/mnt"), 0, "unmount");
	fails(open("/mnt/dir", OREAD), "does not exist", "is gone");
	d = dirfstat(fd2);
	ok(d != nil && strcmp(d->name, "sub") == 0, "what was open stays");
	free(d);
	close(fd);
	close(fd2);
	fails(unmount(nil, "/mnt"), "not mounted", "unmount again");
}

static void
binds(int srv)
{
	int fd, i;

	rfork(RFNAMEG);
	fd = dup(srv, -1);
	mount(fd, -1, "/mnt", MREPL|MCREATE, "");
	fails(bind("/dev/null", "/mnt/dir", MREPL), "inconsistent mount", "a file on a directory");
	fails(bind("/dev/null", "/mnt/file", MBEFORE), "inconsistent mount", "a union of files");
	fails(bind("/dev", "/mnt/dir", 3), "bad arg", "before and after");
	fails(bind("/dev", "/mnt/dir", 8), "bad arg", "a flag that means nothing");
	ok(bind("/dev/null", "/mnt/file", MREPL) > 0, "a file on a file");
	samestr(pathof("/mnt/file", OREAD), "/mnt/file", "keeps its name");
	ok(unmount("/dev/null", "/mnt/file") == 0, "and goes by name");

	ok(bind("/mnt/dir", "/boot", MBEFORE) > 0, "before");
	same(listed("/boot", "sub"), 1, "shows the new");
	same(listed("/boot", "boot"), 1, "and the old");
	samestr(pathof("/boot/boot", OREAD), "/boot/boot", "found in the second member");
	samestr(pathof("/boot/sub/../boot", OREAD), "/boot/boot", ".. comes back to the union");
	fails(create("/boot/x", OWRITE, 0666), "mounted directory forbids creation", "no member allows creation");
	ok(bind("/mnt/dir", "/boot", MAFTER|MCREATE) > 0, "after, with creation");
	same(listed("/boot", "sub"), 2, "duplicates are shown");
	fd = create("/boot/x", OWRITE, 0666);
	ok(fd >= 0, "creation goes to the member that allows it");
	close(fd);
	ok(open("/mnt/dir/x", OREAD) >= 0, "it is there");
	remove("/mnt/dir/x");
	fails(bind("/boot", "/root", MREPL|MCREATE), "inconsistent mount", "a union with creation");
	ok(bind("/boot", "/root", MREPL) > 0, "a union elsewhere");
	same(listed("/root", "sub"), 2, "with all its members");
	same(listed("/root", "boot"), 1, "and the old one");
	fails(unmount("/dev", "/boot"), "not in union", "not a member");
	ok(unmount("/mnt/dir", "/boot") == 0, "a member goes");
	same(listed("/boot", "sub"), 1, "the first of them");
	ok(unmount(nil, "/boot") == 0, "all go");
	same(listed("/boot", "sub"), 0, "nothing left");

	for(i = 0; i < 100; i++)
		if(bind("/mnt/dir", "/boot", MAFTER) < 0)
			break;
	same(i, 100, "a hundred members");
	same(listed("/boot", "sub"), 100, "all shown");
	fails(open("/boot/nosuch", OREAD), "does not exist", "none has it");
	unmount(nil, "/boot");

	ok(bind("/mnt/dir", "/mnt/dir/sub", MREPL) > 0, "a tree inside itself");
	samestr(pathof("/mnt/dir/sub/sub/sub/sub", OREAD), "/mnt/dir/sub/sub/sub/sub", "has no end");
	samestr(pathof("/mnt/dir/sub/sub/sub/..", OREAD), "/mnt/dir/sub/sub", "and leads back");
	unmount(nil, "/mnt/dir/sub");
	chdir("/mnt");
	ok(bind("/dev", ".", MBEFORE) > 0, "bind upon dot");
	ok(open("null", OREAD) >= 0, "takes effect there");
	chdir("/");

	rfork(RFNOMNT);
	fails(open("#s", OREAD), "mount/attach disallowed", "RFNOMNT");
	ok(open("#c/null", OREAD) >= 0, "allows #c");
	fails(mount(dup(srv, -1), -1, "/mnt", MREPL, ""), "mount/attach disallowed", "and no mount");
}

/* Entries that a mount makes longer must not be lost when the buffer is small. */
static void
rock(int srv)
{
	uchar buf[200];
	int fd, n, k, sub;

	rfork(RFNAMEG);
	mount(dup(srv, -1), -1, "/mnt", MREPL, "");
	bind("/dev", "/mnt/dir", MREPL);
	fd = open("/mnt", OREAD);
	k = sub = 0;
	while((n = read(fd, buf, 70)) > 0){
		k++;
		if(GBIT16(buf+2) == 'c' && GBIT16(buf+41) == 3 && memcmp(buf+43, "dir", 3) == 0)
			sub++;
	}
	if(n < 0)
		diag("read: %r");
	ok(n == 0 && k >= 2, "entries one by one");
	same(sub, 1, "a mount point shows what is mounted, under its own name");
	close(fd);
	unmount(nil, "/mnt/dir");
}

static void
srvfiles(int srv)
{
	char buf[16];
	int fd;

	remove("/srv/k_name");
	fd = create("/srv/k_name", OWRITE, 0600);
	ok(fd >= 0, "create in /srv");
	fails(open("/srv/k_name", ORDWR), "device shut down", "nothing posted yet");
	snprint(buf, sizeof buf, "%d", srv);
	ok(write(fd, buf, strlen(buf)) > 0, "post");
	fails(write(fd, buf, strlen(buf)), "inappropriate use of fd", "only once");
	close(fd);
	fails(create("/srv/k_name", OWRITE|OEXCL, 0600), "file already exists", "the name is taken");
	rfork(RFNAMEG);
	fd = open("/srv/k_name", ORDWR);
	ok(fd >= 0 && mount(fd, -1, "/mnt", MREPL, "") > 0, "mount from /srv");
	ok(unmount("/srv/k_name", "/mnt") == 0, "unmount by the name in /srv");
	ok(remove("/srv/k_name") == 0, "remove");
}

static void
auth(int srv)
{
	char buf[32];
	int afd, fd;

	rfork(RFNAMEG);
	fails(fauth(srv, ""), "authentication not required", "a server may want no authentication");
	fails(mount(dup(srv, -1), -1, "/mnt", MREPL, "auth"), "not authenticated", "or want it");
	afd = fauth(srv, "auth");
	ok(afd >= 0, "fauth");
	fails(mount(dup(srv, -1), afd, "/mnt", MREPL, "auth"), "not authenticated", "before anything is said");
	same(write(afd, "proof", 5), 5, "write on the authentication file");
	same(pread(afd, buf, sizeof buf, 0), 5, "and read");
	snprint(buf, sizeof buf, "#d/%d", afd);
	fails(open(buf, ORDWR), "permission denied", "it cannot be opened again");
	remove("/srv/k_name");
	fd = create("/srv/k_name", OWRITE, 0600);
	fails(fprint(fd, "%d", afd) > 0? 0: -1, "", "nor be posted");
	close(fd);
	remove("/srv/k_name");
	ok(mount(dup(srv, -1), afd, "/mnt", MREPL, "auth") > 0, "mount with it");
	close(afd);
}

/* The server must be able to answer while a process that exits closes all it has. */
static void
manyfds(int srv)
{
	int i, pid;

	rfork(RFNAMEG);
	mount(dup(srv, -1), -1, "/mnt", MREPL, "");
	pid = rfork(RFPROC|RFFDG);
	if(pid == 0){
		for(i = 0; i < 1500; i++)
			if(open("/mnt/file", OREAD) < 0)
				_exits("open");
		_exits(nil);
	}
	ok(waitpid() == pid, "a process with 1500 files of a server exits");
	ok(open("/mnt/file", OREAD) >= 0, "and the server is well");
}

/* The devices again, after RFCNAMEG. */
static void
freshspace(void)
{
	ok(open("/dev/null", OREAD) < 0, "an empty name space");
	bind("#c", "/dev", MREPL);
	bind("#e", "/env", MREPL|MCREATE);
	bind("#s", "/srv", MREPL|MCREATE);
	bind("#d", "/fd", MREPL);
	ok(open("/dev/null", OREAD) >= 0, "built anew");
}

void
main(void)
{
	int srv;

	srv = starttree();
	names();
	descriptors();
	stats();
	mounts(srv);
	rfork(RFCNAMEG);
	freshspace();
	rock(srv);
	srvfiles(srv);
	auth(srv);
	manyfds(srv);
	binds(srv);	/* last: it ends without the right to mount */
	done();
}
