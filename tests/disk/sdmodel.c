/*
 * Many processes write and read a disk at random places and lengths, and are
 * killed at random times; what the disk holds is compared with a model in memory.
 * Each worker has an area of its own.  One that was killed during a write leaves each byte of
 * it old or new; everything else must be as the model says, before and after.
 * usage: sdmodel file seconds [seed]; prints TAP, and sha1 sums of areas for the host.
 */
#include <u.h>
#include <libc.h>
#include "../guest/tap.h"

enum
{
	Nwork	= 8,
	Area	= 1024*1024+4096-13,	/* bytes; they begin nowhere in particular */
	Maxlen	= 150*1000,
	Stack	= 16*1024,
};

typedef struct Work Work;
struct Work
{
	int	pid;
	vlong	base;
	uchar	*model;
	uchar	*new;		/* what a write in progress is going to leave */
	uchar	*buf;
	long	off;		/* of it */
	long	len;		/* 0: there is none */
	ulong	rnd;
	int	fd;
	long	ops;
	char	bad[200];	/* what went wrong */
};

static Work	*work;		/* shared with the workers */
static char	*file;

static ulong
rnd(Work *w, ulong n)
{
	w->rnd = w->rnd*1664525+1013904223;
	return (w->rnd>>8)%n;
}

static long
length(Work *w)
{
	switch(rnd(w, 4)){
	case 0:
		return 1+rnd(w, 20);
	case 1:
		return 512*(1+rnd(w, 8));
	case 2:
		return 1+rnd(w, 10000);
	}
	return 1+rnd(w, Maxlen);
}

static void
complain(Work *w, char *what, long off, long len)
{
	if(w->bad[0] == 0)
		snprint(w->bad, sizeof w->bad, "%s %ld bytes at %lld: %r", what, len, w->base+off);
}

static int
agree(Work *w, uchar *got, long off, long len, char *what)
{
	long i;

	for(i = 0; i < len; i++)
		if(got[i] != w->model[off+i]){
			if(w->bad[0] == 0)
				snprint(w->bad, sizeof w->bad, "%s at %lld: byte %lld is %#x, not %#x", what,
					w->base+off, w->base+off+i, got[i], w->model[off+i]);
			return 0;
		}
	return 1;
}

static void
step(Work *w)
{
	long off, len, i;

	len = length(w);
	off = rnd(w, Area);
	if(len > Area-off)
		len = Area-off;
	if(rnd(w, 2)){
		if(pread(w->fd, w->buf, len, w->base+off) != len)
			complain(w, "read", off, len);
		else
			agree(w, w->buf, off, len, "read");
		return;
	}
	for(i = 0; i < len; i++)
		w->new[off+i] = rnd(w, 256);
	memmove(w->buf, w->new+off, len);
	w->off = off;
	w->len = len;
	if(pwrite(w->fd, w->buf, len, w->base+off) != len)
		complain(w, "write", off, len);
	memmove(w->model+off, w->new+off, len);
	w->len = 0;
}

/* a process with memory shared, but a stack of its own */
static void
start(Work *w)
{
	int pid;

	pid = rfork(RFPROC|RFMEM|RFNOWAIT);
	if(pid < 0)
		sysfatal("rfork: %r");
	if(pid == 0)
		for(;;){
			step(w);
			w->ops++;
		}
	w->pid = pid;		/* not the child's 0: it is in the same memory */
}

static int
gone(int pid)
{
	char name[40];

	snprint(name, sizeof name, "/proc/%d/status", pid);
	return access(name, AEXIST) < 0;
}

static void
stop(Work *w)
{
	int i;

	postnote(PNPROC, w->pid, "kill");
	for(i = 0; i < 2000 && !gone(w->pid); i++)
		sleep(5);
	if(!gone(w->pid))
		snprint(w->bad, sizeof w->bad, "process %d does not die", w->pid);
}

/* after a kill: bytes of the interrupted write are old or new, and become the model's */
static void
settle(Work *w)
{
	static uchar got[Area];
	long i;

	if(pread(w->fd, got, Area, w->base) != Area){
		complain(w, "read", 0, Area);
		return;
	}
	for(i = w->off; i < w->off+w->len; i++)
		if(got[i] == w->new[i])
			w->model[i] = got[i];
	w->len = 0;
	agree(w, got, 0, Area, "after a kill");
	memmove(w->new, w->model, Area);
}

void
main(int argc, char **argv)
{
	vlong end;
	long kills, ops;
	int i, bad;
	ulong seed;

	if(argc < 3)
		sysfatal("usage: sdmodel file seconds [seed]");
	file = argv[1];
	seed = argc > 3 ? strtoul(argv[3], nil, 0) : truerand();
	diag("seed %lud", seed);
	work = mallocz(Nwork*sizeof work[0], 1);
	for(i = 0; i < Nwork; i++){
		work[i].base = 777+(vlong)i*Area;
		work[i].model = mallocz(Area, 1);
		work[i].new = mallocz(Area, 1);
		work[i].buf = malloc(Maxlen);
		work[i].rnd = seed+i*77777;
		work[i].fd = open(file, ORDWR);
		if(work[i].fd < 0 || work[i].buf == nil)
			sysfatal("%s: %r", file);
		start(&work[i]);
	}
	kills = 0;
	end = nsec()+atoi(argv[2])*1000000000LL;
	while(nsec() < end || kills < 10){	/* on a busy host we hardly get the CPU from those who write */
		sleep(5+seed%23);
		seed = seed*1664525+1013904223;
		i = seed>>16&Nwork-1;
		stop(&work[i]);
		settle(&work[i]);
		start(&work[i]);
		kills++;
	}
	ops = 0;
	bad = 0;
	for(i = 0; i < Nwork; i++){
		stop(&work[i]);
		settle(&work[i]);
		ops += work[i].ops;
		if(work[i].bad[0] != 0){
			diag("%s", work[i].bad);
			bad++;
		}
	}
	diag("%ld transfers, %ld kills", ops, kills);
	ok(bad == 0, "the disk holds what was written, whoever was killed");
	ok(ops > 50 && kills >= 10, "there was something to see");
	i = create("/tmp/model", OWRITE, 0666);
	for(bad = 0; bad < Nwork; bad++)
		write(i, work[bad].model, Area);
	done();
}
