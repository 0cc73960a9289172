/*
 * The kernel's 9P client when requests wait: others go on, notes flush, a server
 * that does not answer keeps nobody who is killed, one that dies lets go of all.
 * The server here has four files: fast answers, slow answers when flushed (with
 * nothing) or when something is written to go (with `late'), late answers a
 * flush with the data first, and dead answers nothing at all, not even a flush.
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include "tap.h"
#include "mem.h"
#include "load.h"

enum {
	Msize	= 8192+IOHDRSZ,
	Root	= 0, Fast, Slow, Late, Dead, Go, Count, Nfile,
	Nfid	= 256,
	Nwait	= 64,
};

static char *filename[] = { "/", "fast", "slow", "late", "dead", "go", "count" };
static struct { ulong fid; int file; int used; } fids[Nfid];
static struct { ushort tag; int file; int used; } waits[Nwait];
static int nflush;
static int sfd;

static Qid
qidof(int f)
{
	Qid q;

	q.path = f;
	q.vers = 0;
	q.type = f == Root? QTDIR: QTFILE;
	return q;
}

static int
fidof(ulong fid)
{
	int i;

	for(i = 0; i < Nfid; i++)
		if(fids[i].used && fids[i].fid == fid)
			return i;
	return -1;
}

static int
setfid(ulong fid, int file)
{
	int i;

	i = fidof(fid);
	if(i < 0)
		for(i = 0; i < Nfid-1 && fids[i].used; i++)
			;
	fids[i].used = 1;
	fids[i].fid = fid;
	fids[i].file = file;
	return i;
}

static void
send(Fcall *r)
{
	static uchar out[Msize];
	int n;

	n = convS2M(r, out, sizeof out);
	if(write(sfd, out, n) != n)
		_exits(nil);
}

static void
answer(ushort tag, char *data)
{
	Fcall r;

	memset(&r, 0, sizeof r);
	r.type = Rread;
	r.tag = tag;
	r.data = data;
	r.count = strlen(data);
	send(&r);
}

/* Let go of those who wait for file; 0: nobody is to be told. */
static void
release(int file, int tag, char *data)
{
	int i;

	for(i = 0; i < Nwait; i++)
		if(waits[i].used && (file < 0 || waits[i].file == file) && (tag < 0 || waits[i].tag == tag)){
			waits[i].used = 0;
			if(data != nil)
				answer(waits[i].tag, data);
		}
}

static int
waiter(ushort tag)
{
	int i;

	for(i = 0; i < Nwait; i++)
		if(waits[i].used && waits[i].tag == tag)
			return waits[i].file;
	return -1;
}

/* A read: 1 if it is to be answered now. */
static int
doread(int file, Fcall *t, Fcall *r)
{
	static char buf[32];
	int i;

	switch(file){
	case Fast:
		r->data = "fast";
		break;
	case Count:
		snprint(buf, sizeof buf, "%d", nflush);
		r->data = buf;
		break;
	case Slow:
	case Late:
	case Dead:
		for(i = 0; i < Nwait-1 && waits[i].used; i++)
			;
		waits[i].used = 1;
		waits[i].tag = t->tag;
		waits[i].file = file;
		return 0;
	default:
		r->data = "";
	}
	if(t->offset == 0)
		r->count = strlen(r->data);
	return 1;
}

static void
serve(void)
{
	static uchar buf[Msize];
	Fcall t, r;
	int n, i, f;

	while((n = read9pmsg(sfd, buf, sizeof buf)) > 0){
		convM2S(buf, n, &t);
		memset(&r, 0, sizeof r);
		r.type = t.type+1;
		r.tag = t.tag;
		f = -1;
		if(t.type != Tversion && t.type != Tflush && t.type != Tattach)
			if((i = fidof(t.fid)) >= 0)
				f = fids[i].file;
		switch(t.type){
		case Tversion:
			r.msize = t.msize < Msize? t.msize: Msize;
			r.version = "9P2000";
			break;
		case Tattach:
			setfid(t.fid, Root);
			r.qid = qidof(Root);
			break;
		case Tflush:
			nflush++;
			switch(waiter(t.oldtag)){
			case Dead:
				continue;
			case Late:
				release(-1, t.oldtag, "late");
				break;
			default:
				release(-1, t.oldtag, nil);
			}
			break;
		case Twalk:
			for(i = 0; i < t.nwname; i++){
				for(f = 1; f < Nfile && strcmp(filename[f], t.wname[i]) != 0; f++)
					;
				if(f == Nfile)
					break;
				r.wqid[i] = qidof(f);
			}
			r.nwqid = i;
			if(i < t.nwname){
				r.type = Rerror;
				r.ename = "does not exist";
			}else
				setfid(t.newfid, f);
			break;
		case Topen:
			r.qid = qidof(f);
			break;
		case Tread:
			if(!doread(f, &t, &r))
				continue;
			break;
		case Twrite:
			if(f == Go){
				if(t.count > 0 && t.data[0] == 'x')
					_exits(nil);
				release(Slow, -1, "late");
			}
			r.count = t.count;
			break;
		case Tclunk:
			i = fidof(t.fid);
			if(i >= 0)
				fids[i].used = 0;
			break;
		default:
			r.type = Rerror;
			r.ename = "no";
		}
		send(&r);
	}
	_exits(nil);
}

static int
startserver(void)
{
	int p[2];

	pipe(p);
	switch(rfork(RFPROC|RFFDG|RFNOWAIT)){
	case -1:
		sysfatal("fork: %r");
	case 0:
		close(p[1]);
		sfd = p[0];
		serve();
	}
	close(p[0]);
	if(mount(p[1], -1, "/mnt", MREPL, "") < 0)
		sysfatal("mount: %r");
	return 0;
}

static int
catch(void *u, char *s)
{
	USED(u);
	return strcmp(s, "interrupt") == 0;
}

static int
get(char *name, char *buf, int n)
{
	int fd, m;

	fd = open(name, OREAD);
	if(fd < 0)
		return -1;
	m = read(fd, buf, n-1);
	if(m >= 0)
		buf[m] = '\0';
	close(fd);
	return m;
}

/* A child that reads the file and exits with what it got. */
static int
reader(char *name)
{
	char buf[ERRMAX];
	int pid;

	pid = fork();
	if(pid == 0){
		if(get(name, buf, sizeof buf) < 0)
			rerrstr(buf, sizeof buf);
		exits(buf);
	}
	return pid;
}

/* A read that nothing but an alarm ends. */
static int
interrupted(int fd, char *buf, int n)
{
	insist(50);
	n = read(fd, buf, n);
	enough();
	return n;
}

static void
flushes(void)
{
	char buf[100];
	int fd, before, pid;

	atnotify(catch, 1);
	get("/mnt/count", buf, sizeof buf);
	before = atoi(buf);
	fd = open("/mnt/slow", OREAD);
	fails(interrupted(fd, buf, sizeof buf), "interrupted", "a note interrupts a read");
	get("/mnt/count", buf, sizeof buf);
	same(atoi(buf), before+1, "by one flush");
	fails(interrupted(fd, buf, sizeof buf), "interrupted", "and again");
	close(fd);
	fd = open("/mnt/late", OREAD);
	same(interrupted(fd, buf, sizeof buf), 4, "data that comes before the flush is answered is used");
	close(fd);
	same(get("/mnt/fast", buf, sizeof buf), 4, "the connection works");

	pid = reader("/mnt/slow");
	ok(instate(pid, "Pread"), "one waits");
	same(get("/mnt/fast", buf, sizeof buf), 4, "others go on");
	tell("/mnt/go", 0, "go");
	samestr(ended(), "late", "it gets its reply, read by whom it may be");
	pid = reader("/mnt/slow");
	instate(pid, "Pread");
	tell("/proc/%d/note", pid, "hangup");
	samestr(ended(), "hangup", "a note without handler ends a waiting process");
}

static void
silence(void)
{
	char buf[100];
	int pid;

	pid = reader("/mnt/dead");
	instate(pid, "Pread");
	tell("/proc/%d/ctl", pid, "kill");
	ok(waitpid() == pid, "who waits for a dead server can be killed");
	pid = reader("/mnt/dead");
	instate(pid, "Pread");
	tell("/proc/%d/note", pid, "interrupt");
	sleep(100);
	tell("/proc/%d/ctl", pid, "kill");
	ok(waitpid() == pid, "also while its flush is not answered");
	same(get("/mnt/fast", buf, sizeof buf), 4, "others still go on");
}

static void
crowd(void)
{
	char buf[100];
	int i, j, bad, pid;

	for(i = 0; i < 20; i++)
		if(fork() == 0){
			bad = 0;
			for(j = 0; j < 50; j++)
				if(get("/mnt/fast", buf, sizeof buf) != 4 || strcmp(buf, "fast") != 0)
					bad++;
			exits(bad? "bad": nil);
		}
	for(bad = i = 0; i < 20; i++)
		if(strcmp(ended(), "") != 0)
			bad++;
	same(bad, 0, "twenty processes at once get what is theirs");

	for(i = 0; i < 10; i++){
		pid = reader("/mnt/slow");
		instate(pid, "Pread");
	}
	tell("/mnt/go", 0, "x");
	for(bad = i = 0; i < 10; i++){
		strecpy(buf, buf+sizeof buf, ended());
		if(strstr(buf, "hungup") == nil && strstr(buf, "mount rpc") == nil){
			bad++;
			diag("ended with '%s'", buf);
		}
	}
	same(bad, 0, "a server that dies lets go of all");
	fails(open("/mnt/fast", OREAD), "i/o on hungup channel", "and stays dead");
	ok(unmount(nil, "/mnt") == 0, "its mount can be undone");
}

void
main(void)
{
	rfork(RFNAMEG);
	startserver();
	flushes();
	silence();
	crowd();
	done();
}
