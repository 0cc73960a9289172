/* What the library builds on system calls: malloc, bio, environment, waiting, locks between processes, jumps, lib9p. */
#include <u.h>
#include <libc.h>
#include <bio.h>
#include <fcall.h>
#include <9p.h>
#include "tap.h"

enum
{
	Nblock	= 2000,
	Nproc	= 4,
	Rounds	= 2000,
};

static void
allocation(void)
{
	static uchar *v[Nblock];
	static int size[Nblock];
	int i, j, k, bad, n;
	void *p;

	bad = 0;
	for(k = 0; k < 40000; k++){
		i = nrand(Nblock);
		for(j = 0; j < size[i]; j += 37)
			if(v[i][j] != (uchar)i)
				bad++;
		n = nrand(k%9 == 0 ? 20000 : 200)+1;
		if(k%3 == 0){
			v[i] = realloc(v[i], n);
			if(n > size[i])
				memset(v[i]+size[i], i, n-size[i]);
		}else{
			free(v[i]);
			v[i] = malloc(n);
			memset(v[i], i, n);
		}
		size[i] = n;
		if((ulong)v[i] & 7 || msize(v[i]) < n)
			bad++;
	}
	same(bad, 0, "blocks keep what is in them, and are aligned");
	p = mallocalign(1000, 4096, 16, 0);
	same((ulong)p & 4095, 16, "mallocalign");
	free(p);
	ok(malloc(0xFFFFFFF0UL) == nil && mallocz(0, 1) != nil, "too much, and nothing");
	for(i = 0; i < 1000; i++){
		p = malloc(1<<20);
		if(p == nil)
			break;
		free(p);
	}
	same(i, 1000, "freed memory is used again");
}

static void
buffered(void)
{
	Biobuf *b;
	char *s, *file;
	int i, n;
	double d;

	file = "/tmp/libc_sys.bio";
	b = Bopen(file, OWRITE);
	if(!ok(b != nil, "Bopen for writing"))
		return;
	for(i = 0; i < 3000; i++)
		Bprint(b, "line %d é\n", i);
	Bprint(b, "%30000d\n3.25 rest", 7);
	Bterm(b);
	b = Bopen(file, OREAD);
	for(i = 0; i < 3000; i++){
		s = Brdline(b, '\n');
		if(s == nil || atoi(s+5) != i)
			break;
	}
	same(i, 3000, "Brdline");
	s = Brdstr(b, '\n', 1);
	same(strlen(s), 30000, "Brdstr of a line longer than the buffer");
	Bgetd(b, &d);
	ok(d == 3.25 && Bgetc(b) == ' ', "Bgetd gives back what it did not need");
	same(Bseek(b, 0, 0), 0, "Bseek");
	for(n = 0; n < 7; n++)
		Bgetrune(b);
	same(Bgetrune(b), 0xE9, "Bgetrune");
	Bungetrune(b);
	same(Boffset(b), 7, "Bungetrune and Boffset");
	same(Bgetrune(b), 0xE9, "again");
	while(Bgetc(b) >= 0)
		;
	same(Bungetc(b), 1, "Bungetc at the end");
	same(Bgetc(b), 't', "gives the last byte");
	same(Bgetc(b), Beof, "and then the end");
	Bterm(b);
	remove(file);
}

static void
environment(void)
{
	char *s;
	int fd;

	putenv("libctest", "value");
	s = getenv("libctest");
	samestr(s != nil ? s : "nil", "value", "getenv");
	fd = create("/env/libctest", OWRITE, 0666);
	write(fd, "a\0b\0", 4);
	close(fd);
	samestr(getenv("libctest"), "a b", "a list");
	remove("/env/libctest");
	ok(getenv("libctest") == nil && getenv("a/b") == nil, "none");
}

static void
waiting(void)
{
	Waitmsg *w;
	char want[32];
	int pid;

	pid = fork();
	if(pid == 0)
		exits("it's bad");
	w = wait();
	snprint(want, sizeof want, "libc_sys %d: it's bad", pid);
	same(w->pid, pid, "wait's pid");
	samestr(w->msg, want, "and message");
	pid = fork();
	if(pid == 0)
		exits(nil);
	same(waitpid(), pid, "waitpid");
	ok(wait() == nil, "no children");
}

static jmp_buf jb;
static int notes;

static int
jump(int n)
{
	if(n == 10)
		longjmp(jb, 42);
	return n;
}

static int
through(int n)
{
	return jump(n) + jump(n+1) + jump(n+2);
}

static void
onnote(void *u, char *)
{
	notes++;
	notejmp(u, jb, 7);
}

static void
jumps(void)
{
	int r;

	r = setjmp(jb);
	if(r == 0)
		through(8);
	same(r, 42, "longjmp");
	notify(onnote);
	r = setjmp(jb);
	if(r == 0)
		*(volatile int*)nil = 1;
	same(r, 7, "notejmp out of a fault");
	same(notes, 1, "one note");
	notify(nil);
}

static Lock lk;
static QLock ql;
static RWLock rw;
static long plain, queued, readers, bad;

static void
worker(void)
{
	int i;

	for(i = 0; i < Rounds; i++){
		lock(&lk);
		plain++;
		unlock(&lk);
		qlock(&ql);
		queued++;
		if(i%100 == 0)
			sleep(0);
		qunlock(&ql);
		if(i%10 == 0){
			wlock(&rw);
			if(readers != 0)
				bad++;
			wunlock(&rw);
		}else{
			rlock(&rw);
			ainc(&readers);
			if(i%50 == 1)
				sleep(0);
			adec(&readers);
			runlock(&rw);
		}
	}
}

static void
locks(void)
{
	int i;

	for(i = 0; i < Nproc; i++)
		if(rfork(RFPROC|RFMEM) == 0){
			worker();
			_exits(nil);
		}
	for(i = 0; i < Nproc; i++)
		waitpid();
	same(plain, Nproc*Rounds, "lock");
	same(queued, Nproc*Rounds, "qlock");
	same(bad, 0, "rwlock keeps readers and writers apart");
	ok(canlock(&lk) && !canlock(&lk) && canqlock(&ql) && !canqlock(&ql), "canlock and canqlock");
}

static char hello[] = "hello, 9p\n";

static void
fsread(Req *r)
{
	readstr(r, r->fid->file->aux);
	respond(r, nil);
}

static Srv fs = {.read = fsread};

static void
server(void)
{
	char buf[64];
	Dir *d;
	int fd, n;

	fs.tree = alloctree("sys", "sys", DMDIR|0555, nil);
	createfile(fs.tree->root, "hello", "sys", 0444, hello);
	createfile(fs.tree->root, "empty", "sys", 0444, nil);
	createfile(createfile(fs.tree->root, "dir", "sys", DMDIR|0555, nil), "secret", "sys", 0400, hello);
	rfork(RFNAMEG);
	postmountsrv(&fs, nil, "/mnt", MREPL);
	fd = open("/mnt/hello", OREAD);
	n = fd < 0 ? -1 : readn(fd, buf, sizeof buf);
	ok(n == strlen(hello) && memcmp(buf, hello, n) == 0, "a server's file");
	close(fd);
	fd = open("/mnt", OREAD);
	same(dirreadall(fd, &d), 3, "its directory");
	close(fd);
	fails(open("/mnt/nothing", OREAD), "does not exist", "what is not there");
	fails(open("/mnt/hello", OWRITE), "permission denied", "what is not allowed");
	fails(open("/mnt/dir/secret", OREAD), "permission denied", "in a directory");
	fails(create("/mnt/new", OWRITE, 0666), "forbids creation", "creation");
	unmount(nil, "/mnt");
}

/* A server without a Tree: its only names are "down", as deep as one likes to go, and "..". */
static int	walkers;			/* fids that have an aux */

static char*
depthwalk1(Fid *fid, char *name, Qid *q)
{
	int *depth;

	depth = fid->aux;
	if(strcmp(name, "down") == 0)
		++*depth;
	else if(strcmp(name, "..") != 0)
		return "file does not exist";
	else if(*depth > 0)
		--*depth;
	q->path = *depth;
	q->type = QTDIR;
	return nil;
}

static char*
depthclone(Fid *from, Fid *to)
{
	to->aux = malloc(sizeof(int));
	*(int*)to->aux = *(int*)from->aux;
	walkers++;
	return nil;
}

static void
depthattach(Req *r)
{
	r->fid->aux = mallocz(sizeof(int), 1);
	walkers++;
	r->ofcall.qid.type = QTDIR;
	respond(r, nil);
}

/* says at which depth the fid is, by qid and by its own, and how many fids there are */
static void
depthstat(Req *r)
{
	r->d.qid = r->fid->qid;
	r->d.length = *(int*)r->fid->aux*100 + walkers;
	r->d.name = strdup("/");
	r->d.uid = strdup("sys");
	r->d.gid = strdup("sys");
	r->d.muid = strdup("sys");
	respond(r, nil);
}

static void
depthdestroyfid(Fid *fid)
{
	if(fid->aux != nil)
		walkers--;
	free(fid->aux);
}

static Srv depths = {
	.attach = depthattach,
	.clone = depthclone,
	.walk1 = depthwalk1,
	.stat = depthstat,
	.destroyfid = depthdestroyfid,
};

/* f is sent, and becomes the reply */
static void
call9p(int fd, Fcall *f)
{
	static uchar buf[8192];
	int n;

	f->tag = f->type == Tversion ? NOTAG : 1;
	n = convS2M(f, buf, sizeof buf);
	if(write(fd, buf, n) != n || (n = read9pmsg(fd, buf, sizeof buf)) <= 0 || convM2S(buf, n, f) != n){
		f->type = Rerror;
		f->ename = "no reply";
	}
}

/* fid 1 to newfid by names apart by /: how many were found, -1 for an error */
static int
walk9p(int fd, int newfid, char *names)
{
	char buf[64];
	Fcall f;

	memset(&f, 0, sizeof f);
	f.type = Twalk;
	f.fid = 1;
	f.newfid = newfid;
	strcpy(buf, names);
	f.nwname = getfields(buf, f.wname, nelem(f.wname), 1, "/");
	call9p(fd, &f);
	return f.type == Rwalk ? f.nwqid : -1;
}

/* a fid's qid.path, aux, and the number of fids, as one number; -1 for an error */
static int
place9p(int fd, int fid)
{
	char str[64];
	Fcall f;
	Dir d;

	memset(&f, 0, sizeof f);
	f.type = Tstat;
	f.fid = fid;
	call9p(fd, &f);
	if(f.type != Rstat || convM2D(f.stat, f.nstat, &d, str) == 0)
		return -1;
	return d.qid.path*10000 + d.length;
}

static void
walkinplace(void)
{
	Fcall f;
	int fd;

	fd = postsrv(&depths, nil);
	memset(&f, 0, sizeof f);
	f.type = Tversion;
	f.msize = 8192;
	f.version = VERSION9P;
	call9p(fd, &f);
	memset(&f, 0, sizeof f);
	f.type = Tattach;
	f.fid = 1;
	f.afid = NOFID;
	f.uname = "sys";
	f.aname = "";
	call9p(fd, &f);
	same(f.type, Rattach, "attach by hand");
	same(walk9p(fd, 1, "down/down"), 2, "a walk in place");
	same(place9p(fd, 1), 20201, "it moves the fid, and no other comes to be");
	same(walk9p(fd, 1, "down/down/none"), 2, "a walk in place that ends halfway says how far it came");
	same(place9p(fd, 1), 20201, "it leaves the fid where it was, and no other comes to be");
	same(walk9p(fd, 1, "none/down"), -1, "one that ends at once is an error");
	same(walk9p(fd, 1, "none"), -1, "so is one by a single name");
	same(place9p(fd, 1), 20201, "both leave the fid where it was");
	same(walk9p(fd, 2, "down/none"), 1, "a walk to another fid that ends halfway");
	same(place9p(fd, 2), -1, "no such fid comes to be");
	same(walk9p(fd, 1, ".."), 1, "in place by one name");
	same(place9p(fd, 1), 10101, "it moves the fid");
	close(fd);
}

void
main(void)
{
	allocation();
	buffered();
	environment();
	waiting();
	jumps();
	locks();
	server();
	walkinplace();
	done();
}
