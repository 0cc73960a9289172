/*
 * Every way in which a process can sleep in the kernel, and every way in which it
 * must wake: a note that it handles (the call fails as interrupted and works when
 * tried again), an alarm, a note that it does not handle, and a kill.
 * The files come from a server that is silent when it is asked one kind of thing.
 * usage: u_sleep [seconds [seed]]
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include "tap.h"
#include "mem.h"
#include "load.h"

enum {
	Msize	= 8192+IOHDRSZ,
};

typedef struct Sleeper Sleeper;
struct Sleeper
{
	char	*name;
	long	(*call)(void);	/* sleeps until woken; -1 then */
	char	*state;		/* as /proc shows it meanwhile */
	int	silent;		/* what the server does not answer, 0 for no server */
};

static long word;
static int pfd[2];		/* a pipe that nobody else uses; the second one is full */

/* The server: a directory with the file f, which is this program. */
static int sfd, silent, mute, program;
static int ready[2];		/* where a child says that it is prepared, and the server that it is asked in vain */

static void
answer(Fcall *r)
{
	static uchar out[Msize];
	int n;

	n = convS2M(r, out, sizeof out);
	if(write(sfd, out, n) != n)
		_exits(nil);
}

static void
serve(void)
{
	static uchar buf[Msize], stat[512], data[Msize];
	static char isfile[1024];
	Fcall t, r;
	Dir d;
	int n, f;

	while((n = read9pmsg(sfd, buf, sizeof buf)) > 0){
		convM2S(buf, n, &t);
		memset(&r, 0, sizeof r);
		r.type = t.type+1;
		r.tag = t.tag;
		f = isfile[t.fid % sizeof isfile];
		if(t.type == silent){
			write(ready[1], "", 1);
			continue;
		}
		switch(t.type){
		case Tversion:
			r.msize = t.msize < Msize? t.msize: Msize;
			r.version = "9P2000";
			break;
		case Tflush:
			if(mute)
				continue;
			break;
		case Tattach:
			isfile[t.fid % sizeof isfile] = 0;
			r.qid.type = QTDIR;
			break;
		case Twalk:
			if(t.nwname > 0 && strcmp(t.wname[0], "new") == 0){
				r.type = Rerror;
				r.ename = "does not exist";
				break;
			}
			if(t.nwname > 0){
				f = 1;
				r.wqid[0].path = 1;
				r.nwqid = 1;
			}
			isfile[t.newfid % sizeof isfile] = f;
			break;
		case Topen:
		case Tcreate:
			isfile[t.fid % sizeof isfile] = f || t.type == Tcreate;
			r.qid.path = f || t.type == Tcreate;
			r.qid.type = r.qid.path? QTFILE: QTDIR;
			break;
		case Tread:
			n = t.count > sizeof data? sizeof data: t.count;
			n = f? pread(program, data, n, t.offset): 0;
			if(silent == -1 && t.offset > 0)
				continue;	/* a program that can be begun but not loaded */
			r.count = n < 0? 0: n;
			r.data = (char*)data;
			break;
		case Twrite:
			r.count = t.count;
			break;
		case Tstat:
			memset(&d, 0, sizeof d);
			d.name = f? "f": "/";
			d.uid = d.gid = d.muid = "none";
			d.qid.path = f;
			d.qid.type = f? QTFILE: QTDIR;
			d.mode = f? 0777: DMDIR|0777;
			r.nstat = convD2M(&d, stat, sizeof stat);
			r.stat = stat;
			break;
		case Tauth:
			r.type = Rerror;
			r.ename = "no authentication";
			break;
		}
		answer(&r);
	}
	_exits(nil);
}

/*
 * A server in a process of its own; the clients' end.  Its name space must not be that in
 * which it is mounted, or it would never hear that nobody uses it any more.
 */
static int
startserver(int what, int noflush)
{
	int p[2];

	pipe(p);
	if(rfork(RFPROC|RFFDG|RFNAMEG|RFNOWAIT|RFNOTEG) == 0){
		close(p[1]);
		sfd = p[0];
		silent = what;
		mute = noflush;
		serve();
	}
	close(p[0]);
	return p[1];
}

/* the calls; files are opened before the server gets silent where they must be */
static int mntfd, filefd, dirfd;
static char *argv1[] = { "f", nil };
static uchar buf[Msize];

static long dosleep(void) { return sleep(1000000); }
static long dopiperead(void) { return read(pfd[0], buf, 10); }
static long dopipewrite(void) { return write(pfd[1], buf, sizeof buf); }
static long dorendez(void) { return (long)rendezvous(&word, 0); }
static long dosem(void) { return semacquire(&word, 1); }
static long dotsem(void) { return tsemacquire(&word, 1000000); }
static long dowait(void) { return await((char*)buf, 100); }
static long doversion(void) { return fversion(mntfd, 0, strcpy((char*)buf, "9P2000"), 100); }
static long doauth(void) { return fauth(mntfd, ""); }
static long domount(void) { return mount(mntfd, -1, "/n", MREPL, ""); }
static long dowalk(void) { return open("/mnt/x", OREAD); }
static long doopen(void) { return open("/mnt/f", OREAD); }
static long docreate(void) { return create("/mnt/new", OREAD, 0666); }
static long doread(void) { return read(filefd, buf, 10); }
static long dodirread(void) { return read(dirfd, buf, sizeof buf); }
static long dowrite(void) { return write(filefd, buf, 10); }
static long dostat(void) { return stat("/mnt/f", buf, sizeof buf); }
static long dofstat(void) { return fstat(filefd, buf, sizeof buf); }
static long doremove(void) { return remove("/mnt/f"); }
static long dochdir(void) { return chdir("/mnt/f/.."); }
static long dobind(void) { return bind("/mnt/f", "/n", MREPL); }
static long doexec(void) { return exec("/mnt/f", argv1); }

static long
dowstat(void)
{
	Dir d;

	nulldir(&d);
	d.length = 0;
	return dirwstat("/mnt/f", &d);
}

/* stop a process that waits for us to be stopped: /proc's own sleep */
static long
doprocwait(void)
{
	static char name[40];
	int fd, n;

	snprint(name, sizeof name, "/proc/%d/wait", getpid());
	fd = open(name, OREAD);
	n = read(fd, buf, 100);
	close(fd);
	return n;
}

static Sleeper sleepers[] = {
	{ "sleep",		dosleep,	"Sleep" },
	{ "an empty pipe",	dopiperead,	"Pread" },
	{ "a full pipe",	dopipewrite,	"Pwrite" },
	{ "rendezvous",		dorendez,	"Rendez" },
	{ "semacquire",		dosem,		"Semacquire" },
	{ "tsemacquire",	dotsem,		"Tsemacquire" },
	{ "await",		dowait,		"Await" },
	{ "/proc/n/wait",	doprocwait,	"Pread" },
	{ "fversion",		doversion,	"Fversion",	Tversion },
	{ "fauth",		doauth,		"Fauth",	Tauth },
	{ "mount",		domount,	"Mount",	Tattach },
	{ "a walk",		dowalk,		"Open",		Twalk },
	{ "open",		doopen,		"Open",		Topen },
	{ "create",		docreate,	"Create",	Tcreate },
	{ "read",		doread,		"Pread",	Tread },
	{ "read of a directory", dodirread,	"Pread",	Tread },
	{ "write",		dowrite,	"Pwrite",	Twrite },
	{ "stat",		dostat,		"Stat",		Tstat },
	{ "fstat",		dofstat,	"Fstat",	Tstat },
	{ "wstat",		dowstat,	"Wstat",	Twstat },
	{ "remove",		doremove,	"Remove",	Tremove },
	{ "chdir",		dochdir,	"Chdir",	Twalk },
	{ "bind",		dobind,		"Bind",		Twalk },
	{ "exec: open",		doexec,		"Exec",		Topen },
	{ "exec: header",	doexec,		"Exec",		Tread },
};

static int rearm;		/* ms after which another alarm follows one: it may have come before the call began */

static int
handler(void *u, char *s)
{
	USED(u);
	if(rearm > 0 && strcmp(s, "alarm") == 0)
		alarm(rearm);
	return 1;
}

/*
 * What the sleeper needs, in a process of its own.  Nothing here may have to do with
 * the silent kind before the call.
 */
static void
prepare(Sleeper *s)
{
	int fd, p[2];

	rfork(RFNAMEG|RFREND);
	word = 0;
	if(s->call == dowait || s->call == doprocwait)
		if(rfork(RFPROC|RFFDG) == 0){
			for(;;)
				sleep(100000);
		}
	pipe(p);
	pfd[0] = p[0];
	pipe(p);
	pfd[1] = p[0];
	if(s->call == dopipewrite){
		insist(20);
		while(write(pfd[1], buf, sizeof buf) > 0)
			;
		enough();
	}
	if(!s->silent)
		return;
	if(s->silent == Tversion || s->silent == Tauth || s->silent == Tattach){
		mntfd = startserver(s->silent, mute);
		if(s->silent != Tversion)
			fversion(mntfd, 0, strcpy((char*)buf, "9P2000"), 100);
		return;
	}
	fd = startserver(s->silent, mute);
	if(mount(fd, -1, "/mnt", MREPL|MCREATE, "") < 0)
		_exits("mount");
	if(s->silent == Twalk)
		return;
	if(s->call == dodirread)
		dirfd = open("/mnt", OREAD);
	else if(s->silent != Topen && s->silent != Tcreate){
		filefd = open("/mnt/f", ORDWR);
		if(filefd < 0)
			_exits("open");
	}
}

/* How the child is to be woken. */
enum { Handled, Alarmed, Twice, Unhandled, Killed, Groupkilled, Nway };

static char *wayname[] = { "a note", "an alarm", "two notes and a kill", "a note without handler", "a kill", "a kill of its group" };

static void
sleeper(Sleeper *s, int way)
{
	char err[ERRMAX];
	long r;

	prepare(s);
	if(way != Unhandled)
		atnotify(handler, 1);
	write(ready[1], "", 1);
	if(way == Alarmed){
		rearm = 100;
		alarm(rearm);
	}
	r = s->call();
	rerrstr(err, sizeof err);
	if(way == Twice){
		write(ready[1], "", 1);
		s->call();
		write(ready[1], "", 1);
		r = s->call();
	}
	if(r != -1)
		_exits("the call succeeded");
	if(s->call == dorendez)
		_exits("interrupted");	/* it leaves no error string */
	_exits(err);
}

/* Wait until the child, or its server, says so. */
static void
waitready(Sleeper *s)
{
	if(s == nil)
		return;
	readlate(ready[0], buf, 1);
}

/* It has had its note and sleeps again. */
static void
awake(Sleeper *s, int pid)
{
	waitready(s);
	waitready(s->silent? s: nil);
	instate(pid, s->state);
}

/* One sleeper woken one way: what went wrong, or nil. */
static char*
wake(Sleeper *s, int way)
{
	static char why[2*ERRMAX];
	char *how, *want;
	int pid;

	want = "interrupted";
	pipe(ready);
	pid = rfork(RFPROC|RFFDG|RFNOTEG);
	if(pid == 0)
		sleeper(s, way);
	if(pid < 0)
		return "no process";
	waitready(s);
	waitready(s->silent? s: nil);
	if(way != Alarmed && !instate(pid, s->state)){
		tell("/proc/%d/ctl", pid, "kill");
		close(ready[0]);
		close(ready[1]);
		snprint(why, sizeof why, "not asleep: %s", ended());
		return why;
	}
	switch(way){
	case Handled:
		tell("/proc/%d/note", pid, "wake up");
		break;
	case Twice:
		tell("/proc/%d/note", pid, "wake up");
		awake(s, pid);
		tell("/proc/%d/note", pid, "once more");
		awake(s, pid);
		tell("/proc/%d/ctl", pid, "kill");
		want = "Killed";
		break;
	case Unhandled:
		tell("/proc/%d/note", pid, "no handler");
		want = "no handler";
		break;
	case Killed:
		tell("/proc/%d/ctl", pid, "kill");
		want = "Killed";
		break;
	case Groupkilled:
		tell("/proc/%d/notepg", pid, "kill");
		want = "kill";
		break;
	}
	how = endedby(Patience);
	if(strcmp(how, want) == 0 || (way == Groupkilled && strcmp(how, "interrupted") == 0))
		how = nil;
	else{
		snprint(why, sizeof why, "ended with '%s', not '%s', in state '%s'", how, want, stateof(pid));
		if(strcmp(how, "late") == 0){
			tell("/proc/%d/ctl", pid, "kill");
			ended();
		}
		how = why;
	}
	tell("/proc/%d/notepg", pid, "kill");
	close(ready[0]);
	close(ready[1]);
	return how;
}

/* The grandchildren that sleepers wait for sleep on; they are of the group. */
static void
grandchildren(void)
{
	Dir *d;
	int fd, i, n;

	fd = open("/proc", OREAD);
	n = dirreadall(fd, &d);
	close(fd);
	for(i = 0; i < n; i++)
		if(strcmp(stateof(atoi(d[i].name)), "Sleep") == 0)
			tell("/proc/%d/ctl", atoi(d[i].name), "kill");
	free(d);
}

static void
all(int way, int noflush)
{
	char *why;
	int i, bad;

	mute = noflush;
	bad = 0;
	for(i = 0; i < nelem(sleepers); i++){
		if(noflush && !sleepers[i].silent)
			continue;
		why = wake(&sleepers[i], way);
		if(why != nil){
			bad++;
			diag("%s: %s", sleepers[i].name, why);
		}
	}
	same(bad, 0, smprint("every sleep ends by %s%s", wayname[way], noflush? " while the server does not answer flushes": ""));
	mute = 0;
}

/*
 * A program whose pages do not come, killed while it waits for them; noflush: after a
 * note that it would have died of, which waits for a server that answers nothing.
 */
static void
loading(int noflush)
{
	int fd, pid;

	pid = rfork(RFPROC|RFFDG|RFNOTEG|RFNAMEG);
	if(pid == 0){
		close(2);
		open("/dev/null", OWRITE);
		fd = startserver(-1, noflush);
		if(mount(fd, -1, "/mnt", MREPL, "") < 0)
			_exits("mount");
		exec("/mnt/f", argv1);
		_exits("exec");
	}
	ok(instate(pid, "Fault"), "a program waits for its pages");
	if(noflush){
		tell("/proc/%d/note", pid, "die");
		endedby(200);
	}
	tell("/proc/%d/ctl", pid, "kill");
	samestr(endedby(Patience), "Killed", noflush? "it can be killed, also after a note": "it can be killed");
}

/* Several wait for what one of them sleeps on with a lock held. */
static void
queue(void)
{
	int p[2], pid[4], i, n;

	pipe(p);
	for(i = 0; i < nelem(pid); i++){
		pid[i] = rfork(RFPROC|RFFDG|RFNOTEG);
		if(pid[i] == 0){
			close(p[1]);
			read(p[0], buf, 10);
			_exits(nil);
		}
		if(i == 0)
			instate(pid[i], "Pread");
	}
	close(p[0]);
	for(i = nelem(pid)-1; i >= 0; i--)
		tell("/proc/%d/ctl", pid[i], "kill");
	for(n = 0; n < nelem(pid); n++)
		if(strcmp(endedby(Patience), "late") == 0)
			break;
	same(n, nelem(pid), "readers of one pipe, killed in the order opposite to that in which they came");
	close(p[1]);
}

/* The same at random, many at once, for a time. */
static void
crowd(long seconds)
{
	char *how;
	vlong end;
	int i, n, pid[16], late;

	late = n = 0;
	ready[1] = open("/dev/null", OWRITE);
	for(end = msec() + 1000*seconds; msec() < end; ){
		for(i = 0; i < nelem(pid); i++){
			pid[i] = rfork(RFPROC|RFFDG|RFNOTEG);
			if(pid[i] == 0){
				mute = rnd(2);
				for(n = getpid(); n > 0; n >>= 1)
					rnd(2);
				sleeper(&sleepers[(rnd(1000) + i*7) % nelem(sleepers)], rnd(2)? Handled: Unhandled);
			}
		}
		for(i = 0; i < 40; i++){
			tell("/proc/%d/note", pid[rnd(nelem(pid))], "wake");
			if(rnd(4) == 0)
				sleep(rnd(20));
		}
		for(i = 0; i < nelem(pid); i++)
			tell("/proc/%d/ctl", pid[i], "kill");
		for(i = 0; i < nelem(pid); i++){
			how = endedby(Patience);
			if(strcmp(how, "late") == 0)
				late++;
			n++;
		}
		grandchildren();
	}
	close(ready[1]);
	same(late, 0, "sleepers woken and killed at random, sixteen at once");
}

void
main(int argc, char **argv)
{
	Inuse b;
	long s;
	int i;

	s = arguments(argc, argv, 2);
	program = open(argv[0], OREAD);
	if(program < 0)
		program = open("/bin/u_sleep", OREAD);
	b = before();
	for(i = 0; i < Nway; i++)
		all(i, 0);
	all(Killed, 1);
	loading(0);
	loading(1);
	queue();
	crowd(s);
	grandchildren();
	alive("so many sleeps");
	after(b, "sleeps");
	done();
}
