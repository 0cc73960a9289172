/* time(2), nsec, cputime(2).  The clock is one system call, no open file. */
#include <u.h>
#include <libc.h>
#include "sys.h"

/* since the epoch, UTC */
vlong
nsec(void)
{
	vlong t;

	if(_nsec(&t) < 0)
		return -1;
	return t;
}

long
time(long *tp)
{
	vlong t;

	t = nsec();
	t = t < 0 ? -1 : t/1000000000;
	if(tp != nil)
		*tp = t;
	return t;
}

/*
 * Fills t with user, system, children's user and children's system time, in
 * milliseconds; returns the real time.
 */
long
times(long *t)
{
	char buf[12*6+1], *f[6];
	int fd, n;

	fd = open("/dev/cputime", OREAD);
	if(fd < 0)
		return -1;
	n = read(fd, buf, sizeof buf - 1);
	close(fd);
	if(n <= 0)
		return -1;
	buf[n] = 0;
	if(tokenize(buf, f, nelem(f)) != nelem(f)){
		werrstr("/dev/cputime: malformed");
		return -1;
	}
	if(t != nil){
		t[0] = strtol(f[0], nil, 10);
		t[1] = strtol(f[1], nil, 10);
		t[2] = strtol(f[3], nil, 10);
		t[3] = strtol(f[4], nil, 10);
	}
	return strtol(f[2], nil, 10);
}

/* seconds of processor time, with the children's */
double
cputime(void)
{
	long t[4];

	if(times(t) < 0)
		return 0;
	return (t[0]+t[1]+t[2]+t[3])/1000.0;
}
