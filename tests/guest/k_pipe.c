/*
 * Pipes: records, ends, notes, flow, #| by name.
 */
#include <u.h>
#include <libc.h>
#include "tap.h"
#include "late.h"

static char big[256*1024], back[256*1024];
static int noted1;
static char lastnote[ERRMAX];

static int
catch(void *u, char *s)
{
	USED(u);
	noted1++;
	strecpy(lastnote, lastnote + sizeof lastnote, s);
	return 1;
}

static void
records(void)
{
	char buf[200];
	int p[2], n;

	if(!ok(pipe(p) == 0, "pipe"))
		return;
	same(write(p[0], "abc", 3), 3, "write 3");
	same(write(p[0], "defgh", 5), 5, "write 5");
	same(read(p[1], buf, 100), 3, "a read takes one record");
	same(read(p[1], buf, 100), 5, "the next read the next record");
	write(p[1], "hello", 5);
	n = read(p[0], buf, 2);
	ok(n == 2 && memcmp(buf, "he", 2) == 0, "the other direction; a short read");
	n = read(p[0], buf, 100);
	ok(n == 3 && memcmp(buf, "llo", 3) == 0, "what did not fit stays");
	same(write(p[0], "", 0), 0, "an empty write");
	write(p[0], "x", 1);
	same(read(p[1], buf, 100), 0, "arrives as an empty read");
	same(read(p[1], buf, 100), 1, "and the record after it");
	fails(seek(p[0], 1, 0), "seek on a stream", "no seek");
	close(p[0]);
	close(p[1]);
}

static void
large(void)
{
	int p[2], i, n, m, pid, bad;

	pipe(p);
	for(i = 0; i < sizeof big; i++)
		big[i] = i*7 + i/251;
	pid = fork();
	if(pid == 0){
		close(p[0]);
		for(i = 0; i < 8; i++)
			write(p[1], big, sizeof big);
		_exits(nil);
	}
	close(p[1]);
	bad = 0;
	m = 0;
	while((n = read(p[0], back, 5000)) > 0)
		for(i = 0; i < n; i++, m++)
			if(back[i] != big[m % sizeof big])
				bad++;
	same(m, 8*sizeof big, "two MiB in odd pieces: all there");
	same(bad, 0, "and in order");
	waitpid();
	close(p[0]);

	pipe(p);
	same(write(p[0], big, 64*1024), 64*1024, "64 KiB at once fit");
	same(read(p[1], back, sizeof back), 64*1024, "and are one record");
	close(p[0]);
	close(p[1]);
}

static void
ends(void)
{
	char buf[100];
	int p[2], i;

	pipe(p);
	write(p[0], "last", 4);
	close(p[0]);
	same(read(p[1], buf, 100), 4, "what was written survives the close");
	for(i = 0; i < 3; i++)
		same(read(p[1], buf, 100), 0, "an end of file");
	fails(read(p[1], buf, 100), "hungup", "the fourth is an error");
	atnotify(catch, 1);
	noted1 = 0;
	fails(write(p[1], "x", 1), "i/o on hungup channel", "write to nobody");
	same(noted1, 1, "posts a note");
	ok(strncmp(lastnote, "sys: write on closed pipe", 25) == 0, "with its text");
	atnotify(catch, 0);
	close(p[1]);
}

static void
interrupted(void)
{
	char buf[10], err[ERRMAX];
	int p[2], n;

	pipe(p);
	insist(50);
	n = read(p[0], buf, 10);
	rerrstr(err, sizeof err);
	enough();
	same(n, -1, "an alarm interrupts a read");
	samestr(err, "interrupted", "with the error that programs compare");
	ok(insisted > 0, "after the handler ran");
	write(p[1], "ok", 2);
	same(read(p[0], buf, 10), 2, "and the pipe goes on working");

	/* a full pipe */
	insist(50);
	while((n = write(p[0], big, sizeof big)) == sizeof big)
		;
	enough();
	ok(n < (int)sizeof big, "an alarm interrupts a writer (%d)", n);
	close(p[0]);
	close(p[1]);
}

static void
byname(void)
{
	char buf[100];
	int a, b;
	Dir *d;

	if(bind("#|", "/n", MREPL) < 0){
		ok(0, "bind #| /n");
		return;
	}
	a = open("/n/data", ORDWR);
	b = open("/n/data1", ORDWR);
	ok(a >= 0 && b >= 0, "both names open");
	write(a, "12345", 5);
	d = dirfstat(b);
	same(d != nil? d->length: -1, 5, "stat tells how much waits");
	free(d);
	same(read(b, buf, 100), 5, "read by name");
	close(a);
	close(b);
	a = open("/n/data", OWRITE);
	write(a, "lost", 4);
	close(a);
	a = open("/n/data", OWRITE);
	b = open("/n/data1", OREAD);
	write(a, "kept", 4);
	same(read(b, buf, 100), 4, "both closed: the pipe is as new");
	ok(memcmp(buf, "kept", 4) == 0, "and what nobody read is gone");
	close(a);
	close(b);
	unmount(nil, "/n");
}

/* Many readers of one pipe, one of which dies: nothing is lost and all get something. */
static void
many(void)
{
	enum { Nread = 8, Nrec = 800 };
	int p[2], res[2], i, n, pid, sum, v;
	char buf[16];

	pipe(p);
	pipe(res);
	pid = 0;
	for(i = 0; i < Nread; i++){
		pid = fork();
		if(pid == 0){
			close(p[1]);
			n = 0;
			while(read(p[0], buf, sizeof buf) > 0)
				n++;
			write(res[1], &n, sizeof n);
			_exits(nil);
		}
	}
	postnote(PNPROC, pid, "kill");
	while((i = waitpid()) > 0 && i != pid)
		;
	for(i = 0; i < Nrec; i++)
		write(p[1], "record", 6);
	close(p[1]);
	close(p[0]);
	sum = 0;
	for(i = 0; i < Nread-1; i++)
		if(read(res[0], &v, sizeof v) == sizeof v)
			sum += v;
	same(sum, Nrec, "readers in competition, one killed: no record is lost");
	while(waitpid() > 0)
		;
	close(res[0]);
	close(res[1]);
}

void
main(void)
{
	records();
	large();
	ends();
	interrupted();
	byname();
	many();
	done();
}
