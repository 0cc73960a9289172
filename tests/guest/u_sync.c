/*
 * Rendezvous and semaphores under load: what is exchanged reaches one partner and
 * no other, what is released is acquired exactly once, also when notes, kills and
 * timeouts come between.  usage: u_sync [seconds [seed]]
 */
#include <u.h>
#include <libc.h>
#include "tap.h"
#include "mem.h"
#include "load.h"

enum {
	Npair	= 20,
	Nuser	= 32,
};

static struct {
	long	sem;		/* tokens to be had */
	long	hole;		/* nobody ever releases it */
	long	taken;
	long	released;
	long	inside;		/* of the critical section */
	long	most;
	long	count;		/* changed inside only */
	long	stop;
	long	bad;
	long	notes;
	QLock	q;
	Lock	l;
	RWLock	rw;
	long	pair[Npair][2];	/* what each side has got so far */
	ulong	sum[Npair][2];
} *sh;

static int
hardy(void *u, char *s)
{
	USED(u);
	ainc(&sh->notes);
	return strcmp(s, "kill") != 0;
}

static int sharemem;		/* RFMEM, if they are to share memory */

static int
spawn(void (*f)(int, int), int a, int b)
{
	int pid;

	pid = rfork(RFPROC|RFFDG|sharemem);
	if(pid == 0){
		seed = (seed + a*7919 + b*104729) | 1;
		f(a, b);
		_exits(nil);
	}
	if(pid < 0)
		sysfatal("fork: %r");
	return pid;
}

/* Lets the others work so long, and longer if they had too little of it to take so many. */
static void
letwork(vlong ms, long many)
{
	long t;

	for(t = 0; t < ms || (sh->taken < many && t < Patience); t += Poll)
		sleep(Poll);
}

/* Both sides send 1, 2, 3 ... under one tag, each for itself: sums must cross. */
static void
exchanger(int pair, int side)
{
	ulong i, got;

	for(i = 1; !(sh->stop && side == 0); i++){
		got = (ulong)rendezvous((void*)(0x1000 + pair), (void*)(i*2 + side));
		if(got == ~0UL){
			i--;
			continue;
		}
		if((got & 1) == side || got/2 != i)
			ainc(&sh->bad);
		if(got/2 == 0x3FFFFFFF)
			break;
		sh->pair[pair][side]++;
		ainc(&sh->taken);
	}
	if(side == 0)
		rendezvous((void*)(0x1000 + pair), (void*)(0x3FFFFFFF*2));
}

static void
exchanges(vlong ms)
{
	int i;
	long n;

	rfork(RFREND);
	memset(sh, 0, sizeof *sh);
	for(i = 0; i < Npair; i++){
		spawn(exchanger, i, 0);
		spawn(exchanger, i, 1);
	}
	letwork(ms, 10*Npair);
	sh->stop = 1;
	while(waitpid() > 0)
		;
	n = 0;
	for(i = 0; i < Npair; i++)
		n += sh->pair[i][0];
	/* the last one of each is told to stop by a number out of turn, which counts as bad once */
	ok(sh->bad == Npair && n > Npair, "%ld exchanges by %d pairs reach the other side, in order", n, Npair);
	if(sh->bad != Npair)
		diag("bad: %ld", sh->bad - Npair);
}

/* All use one tag: each meeting must be of two. */
static void
mingler(int me, int seconds)
{
	ulong got;

	USED(seconds);
	atnotify(hardy, 1);
	while(!sh->stop){
		alarm(1 + rnd(20));
		got = (ulong)rendezvous(&sh->sem, (void*)(me+1));
		if(got == ~0UL)
			continue;
		if(got == 0 || got > Nuser || got == me+1){
			ainc(&sh->bad);
			continue;
		}
		ainc(&sh->taken);
	}
}

static void
mingle(vlong ms)
{
	int i, left, pid[Nuser];

	memset(sh, 0, sizeof *sh);
	for(i = 0; i < Nuser; i++)
		pid[i] = spawn(mingler, i, 0);
	letwork(ms, 20);
	sh->stop = 1;
	/* one whose alarm came before it slept waits for nobody now */
	for(left = Nuser; left > 0; ){
		for(i = 0; i < Nuser; i++)
			tell("/proc/%d/note", pid[i], "prod");
		while(left > 0 && strcmp(endedby(50), "late") != 0)
			left--;
	}
	same(sh->bad, 0, "nobody meets itself or nobody");
	ok(sh->taken > 0 && sh->taken % 2 == 0, "%ld times one of two met the other, in spite of %ld alarms", sh->taken, sh->notes);
}

/* Takes and releases tokens; interrupted and timed out all the time. */
static void
tokens(int me, int kind)
{
	int r;

	USED(me);
	atnotify(hardy, 1);
	while(!sh->stop){
		if(rnd(4) == 0)
			alarm(1 + rnd(10));
		switch(kind){
		case 0:
			r = semacquire(&sh->sem, 1);
			break;
		case 1:
			r = tsemacquire(&sh->sem, rnd(5));
			break;
		default:
			r = semacquire(&sh->sem, 0);
			break;
		}
		if(r != 1)
			continue;
		alarm(0);		/* an alarm may still have come: it does no harm */
		ainc(&sh->taken);
		if(ainc(&sh->inside) > 3 && !sh->stop)
			ainc(&sh->bad);
		if(rnd(3) == 0)
			sleep(0);
		adec(&sh->inside);
		ainc(&sh->released);
		semrelease(&sh->sem, 1);
	}
}

static void
semaphores(vlong ms)
{
	int i, pid[Nuser];
	vlong end;
	long more;

	memset(sh, 0, sizeof *sh);
	sh->sem = 3;
	for(i = 0; i < Nuser; i++)
		pid[i] = spawn(tokens, i, i % 3);
	more = 0;
	for(end = msec() + ms; msec() < end || (sh->taken <= 100 && more < Patience); more += 5){
		tell("/proc/%d/note", pid[rnd(Nuser)], "prod");
		sleep(rnd(5));
	}
	sh->stop = 1;
	semrelease(&sh->sem, Nuser);		/* whoever waits */
	while(waitpid() > 0)
		;
	same(sh->sem, 3+Nuser, "as many tokens as were put in");
	same(sh->bad, 0, "never more inside than there are tokens");
	same(sh->taken, sh->released, "each acquired once is released once");
	ok(sh->taken > 100, "%ld times", sh->taken);
}

/* A waiter that is killed must not take a token with it, nor the turn of the next. */
static void
killing(vlong ms)
{
	int pid[8], i, n, bad;
	vlong end;

	bad = n = 0;
	end = msec() + ms;
	do{
		n++;
		memset(sh, 0, sizeof *sh);
		for(i = 0; i < nelem(pid); i++){
			pid[i] = fork();
			if(pid[i] == 0){
				semacquire(&sh->sem, 1);
				ainc(&sh->taken);
				_exits(nil);
			}
		}
		for(i = 0; i < nelem(pid); i++)
			if(rnd(2))
				instate(pid[i], "Semacquire");
		for(i = 0; i < 4; i++){
			tell("/proc/%d/ctl", pid[i], "kill");
			semrelease(&sh->sem, 1);
		}
		semrelease(&sh->sem, 4);
		for(i = 0; i < nelem(pid); i++)
			waitpid();
		/* those killed may have taken theirs before: then it is gone, and nobody waits */
		if(sh->taken < 4 || sh->taken + sh->sem > 8 || sh->sem < 0 || sh->taken + sh->sem < 4){
			bad++;
			diag("taken %ld, left %ld", sh->taken, sh->sem);
		}
	}while(msec() < end);
	ok(bad == 0 && n > 0, "killed while they wait for a semaphore, the others get theirs: %d times", n);
}

/* libc's locks, which are made of these calls. */
static void
locker(int me, int kind)
{
	int i;

	USED(me);
	for(i = 0; i < 300; i++)
		switch(kind){
		case 0:
			qlock(&sh->q);
			sh->count++;
			if(rnd(50) == 0)
				sleep(0);
			qunlock(&sh->q);
			break;
		case 1:
			lock(&sh->l);
			sh->inside++;
			unlock(&sh->l);
			break;
		case 2:
			if(rnd(4)){
				rlock(&sh->rw);
				if(sh->most & 1)
					ainc(&sh->bad);
				runlock(&sh->rw);
			}else{
				wlock(&sh->rw);
				sh->most++;
				if(rnd(10) == 0)
					sleep(0);
				sh->most++;
				wunlock(&sh->rw);
			}
			break;
		}
}

static void
locks(void)
{
	int i;

	memset(sh, 0, sizeof *sh);
	sharemem = RFMEM;		/* libc's queues are in memory */
	for(i = 0; i < 24; i++)
		spawn(locker, i, i%3);
	sharemem = 0;
	while(waitpid() > 0)
		;
	same(sh->count, 8*300, "what a QLock guards");
	same(sh->inside, 8*300, "what a Lock guards");
	same(sh->bad, 0, "no reader sees what a writer has half done");
}

/* Timeouts: not early, and not so late that it would be a hang. */
static void
timeouts(void)
{
	vlong t;
	int i, early;

	memset(sh, 0, sizeof *sh);
	early = 0;
	for(i = 0; i < 50; i++){
		t = nsec();
		if(tsemacquire(&sh->hole, i) != 0)
			early++;
		if(nsec() - t < (vlong)i*1000000)
			early++;
	}
	same(early, 0, "tsemacquire of what does not come ends in time, not before");
}

void
main(int argc, char **argv)
{
	Inuse b;
	long s;

	s = arguments(argc, argv, 1);
	sh = segattach(0, "shared", nil, sizeof *sh);
	if(sh == (void*)-1)
		sysfatal("segattach: %r");
	b = before();
	exchanges(500*s);
	mingle(500*s);
	semaphores(1000*s);
	killing(500*s);
	locks();
	timeouts();
	alive("so many meetings");
	after(b, "meetings");
	done();
}
