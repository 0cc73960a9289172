/*
 * rand(2): an xorshift generator whose state the first use, or srand, fills;
 * and the kernel's random numbers.
 */
#include <u.h>
#include <libc.h>

static Lock randlock;
static u32int state[4] = {0x9E3779B9, 0x243F6A88, 0xB7E15162, 0xDEADBEEF};

void
srand(long seed)
{
	u32int x;
	int i;

	x = seed;
	lock(&randlock);
	for(i = 0; i < nelem(state); i++){	/* spread the seed: a Weyl sequence, mixed */
		x += 0x9E3779B9;
		state[i] = (x ^ x>>16) * 0x85EBCA6B;
		state[i] = (state[i] ^ state[i]>>13) * 0xC2B2AE35;
		state[i] ^= state[i]>>16;
	}
	unlock(&randlock);
}

static u32int
step(void)
{
	u32int t, s;

	lock(&randlock);
	t = state[3];
	s = state[0];
	state[3] = state[2];
	state[2] = state[1];
	state[1] = s;
	t ^= t<<11;
	t ^= t>>8;
	state[0] = t ^ s ^ s>>19;
	s = state[0];
	unlock(&randlock);
	return s;
}

/* 31 bits */
long
lrand(void)
{
	return step()>>1;
}

/* 15 bits */
int
rand(void)
{
	return step()>>17;
}

/* without the bias of a plain remainder */
long
lnrand(long n)
{
	ulong slop, v;

	if(n <= 0)
		return 0;
	slop = 0x7FFFFFFF % n;
	do
		v = lrand();
	while(v <= slop && slop != n-1);
	return v % n;
}

int
nrand(int n)
{
	return lnrand(n);
}

static void
fromkernel(uchar *buf, int n)
{
	static int fd = -1;

	if(fd < 0)
		fd = open("/dev/random", OREAD|OCEXEC);
	if(fd < 0)
		fd = open("#c/random", OREAD|OCEXEC);
	if(fd < 0 || readn(fd, buf, n) != n)
		sysfatal("cannot read /dev/random: %r");
}

void
genrandom(uchar *buf, int n)
{
	fromkernel(buf, n);
}

void
prng(uchar *buf, int n)
{
	fromkernel(buf, n);
}

ulong
truerand(void)
{
	ulong x;

	fromkernel((uchar*)&x, sizeof x);
	return x;
}

ulong
ntruerand(ulong n)
{
	ulong m, v;

	m = ~0UL - (~0UL%n + 1)%n;	/* the last multiple of n, less one */
	do
		v = truerand();
	while(v > m);
	return v % n;
}
