/* Files, directories, notes, processes: what libc adds to the system calls. */
#include <u.h>
#include <libc.h>
#include <tos.h>
#include "tap.h"
#include "late.h"

static void
files(void)
{
	static char big[70000];
	char name[64], buf[64], *s;
	IOchunk io[2];
	Dir *d, nd;
	Waitmsg *w;
	int fd, p[2];

	memset(name, 'X', 20);
	memmove(name, "/tmp/libc", 9);
	name[20] = 0;
	s = mktemp(name);
	ok(strchr(s, 'X') == nil && access(s, AEXIST) < 0, "mktemp");
	fd = create(name, ORDWR, 0640);
	same(write(fd, "0123456789", 10), 10, "write");
	same(seek(fd, -3, 2), 7, "seek from the end");
	same(seek(fd, 1, 1), 8, "and from here");
	same(pread(fd, buf, 2, 3), 2, "pread");
	ok(memcmp(buf, "34", 2) == 0 && seek(fd, 0, 1) == 8, "leaves the offset alone");
	same(seek(fd, 5000000000LL, 0), 5000000000LL, "offsets have 64 bits");
	seek(fd, 0, 0);
	io[0].addr = "abc";
	io[0].len = 3;
	io[1].addr = "def";
	io[1].len = 3;
	same(writev(fd, io, 2), 6, "writev");
	io[0].addr = buf;
	io[1].addr = buf+10;
	same(preadv(fd, io, 2, 0), 6, "preadv");
	ok(memcmp(buf, "abc", 3) == 0 && memcmp(buf+10, "def", 3) == 0, "in two places");
	d = dirfstat(fd);
	ok(d != nil && d->length == 10 && (d->mode & 0777) == 0640 && strcmp(d->name, name+5) == 0, "dirfstat");
	nulldir(&nd);
	nd.mode = 0400;
	same(dirfwstat(fd, &nd) >= 0, 1, "dirfwstat");
	ok(access(name, AREAD) == 0 && access(name, AWRITE) < 0 && access(name, AEXEC) < 0, "access");
	nulldir(&nd);
	nd.name = "libc.renamed";
	same(dirwstat(name, &nd) >= 0, 1, "rename");
	d = dirstat("/tmp/libc.renamed");
	ok(d != nil && d->qid.type == QTFILE, "dirstat");
	ok(access("/tmp", AEXIST) == 0 && access("/tmp", AREAD|AWRITE) == 0, "access of a directory");
	remove("/tmp/libc.renamed");
	ok(iounit(fd) >= 8192, "iounit of a mounted file");
	close(fd);
	pipe(p);
	if(fork() == 0){
		close(p[1]);
		_exits(write(p[0], big, sizeof big) == sizeof big ? nil : "short");
	}
	close(p[0]);
	same(readn(p[1], big, sizeof big), sizeof big, "readn collects a long write to a pipe");
	close(p[1]);
	w = wait();
	samestr(w->msg, "", "which was whole");
	chdir("/tmp/../dev");
	samestr(getwd(big, sizeof big), "/dev", "getwd");
}

static void
directories(void)
{
	char name[64];
	Dir *d;
	long n, total;
	int fd, i, bad;

	fd = create("/tmp/libcdir", OREAD, DMDIR|0777);
	close(fd);
	for(i = 0; i < 300; i++){
		snprint(name, sizeof name, "/tmp/libcdir/a-file-with-a-long-name-%d", i);
		close(create(name, OWRITE, 0666));
	}
	fd = open("/tmp/libcdir", OREAD);
	same(dirreadall(fd, &d), 300, "dirreadall");
	bad = 0;
	for(i = 0; i < 300; i++)
		if(strncmp(d[i].name, "a-file", 6) != 0 || strcmp(d[i].uid, getuser()) != 0)
			bad++;
	same(bad, 0, "its entries");
	free(d);
	seek(fd, 0, 0);
	total = 0;
	while((n = dirread(fd, &d)) > 0){
		total += n;
		free(d);
	}
	same(total, 300, "dirread");
	same(n, 0, "and its end");
	close(fd);
	fails(remove("/tmp/libcdir"), "empty", "a directory with files stays");
	for(i = 0; i < 300; i++){
		snprint(name, sizeof name, "/tmp/libcdir/a-file-with-a-long-name-%d", i);
		remove(name);
	}
	same(remove("/tmp/libcdir"), 0, "and goes without");
}

static int hellos;

static int
onhello(void*, char *note)
{
	if(strcmp(note, "hello") != 0)
		return 0;
	hellos++;
	return 1;
}

static void
notesandtime(void)
{
	long t[4];
	vlong start;
	int r;

	start = nsec();
	insist(50);
	r = sleep(100000);
	start = nsec() - start;
	enough();
	fails(r, "interrupted", "an alarm ends a sleep");
	ok(insisted > 0, "and is handled");
	ok(start >= 45000000LL, "not before its time");
	ok(times(t) >= 0 && cputime() >= 0, "times");
	ok(atnotify(onhello, 1), "atnotify");
	same(postnote(PNPROC, getpid(), "hello"), 0, "postnote");
	sleep(0);
	same(hellos, 1, "arrives");
	atnotify(onhello, 0);
	same(getpid(), _tos->pid, "getpid is in the Tos");
	ok(getppid() > 0 && getppid() != getpid(), "getppid");
}

static QLock ql;
static Rendez rz = {&ql};
static int full, got;
static void **private;

static void
consumer(void)
{
	qlock(&ql);
	while(!full)
		rsleep(&rz);
	full = 0;
	got++;
	rwakeupall(&rz);
	qunlock(&ql);
}

static void
sharing(void)
{
	int i;

	private = privalloc();
	*private = (void*)1;
	for(i = 0; i < 5; i++)
		if(rfork(RFPROC|RFMEM) == 0){
			*private = (void*)2;
			consumer();
			_exits(*private == (void*)2 ? nil : "private");
		}
	for(i = 0; i < 5; i++){
		qlock(&ql);
		while(full)
			rsleep(&rz);
		full = 1;
		rwakeupall(&rz);
		qunlock(&ql);
	}
	for(i = 0; i < 5; i++)
		free(wait());
	same(got, 5, "rsleep and rwakeupall");
	ok(*private == (void*)1, "privalloc's words are not shared");
}

static void
goodbye(void)
{
	fprint(2, "");
	remove("/tmp/libc.exit");
}

static void
exiting(void)
{
	close(create("/tmp/libc.exit", OWRITE, 0666));
	if(fork() == 0){
		atexit(goodbye);
		exits(nil);
	}
	waitpid();
	same(access("/tmp/libc.exit", AEXIST), -1, "atexit");
	atexit(goodbye);
	close(create("/tmp/libc.exit", OWRITE, 0666));
	if(fork() == 0)
		exits(nil);
	waitpid();
	same(access("/tmp/libc.exit", AEXIST), 0, "is not the child's");
	atexitdont(goodbye);
	remove("/tmp/libc.exit");
}

void
main(void)
{
	files();
	directories();
	notesandtime();
	sharing();
	exiting();
	done();
}
