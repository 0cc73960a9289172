/*
 * For guest tests that put load on the system: random numbers, children and what
 * became of them.  After tap.h and mem.h, which sees to what must be as before when it is over.
 */

static ulong seed = 1;

/* 0 to n-1; the sequence depends on seed alone */
helper ulong
rnd(ulong n)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % n;
}

/* the test's arguments: how many seconds its random parts last, and the seed */
helper long
arguments(int argc, char **argv, long seconds)
{
	if(argc > 1)
		seconds = atoi(argv[1]);
	seed = argc > 2? strtoul(argv[2], nil, 0): truerand();
	seed |= 1;
	diag("%ld seconds, seed %#lux", seconds, seed);
	return seconds;
}

helper vlong
msec(void)
{
	return nsec()/1000000;
}

/* Polls until the process is in that state. */
helper int
instate(int pid, char *state)
{
	int i;

	for(i = 0; i < Patience; i += i < 50? 1: Poll){
		if(strcmp(stateof(pid), state) == 0)
			return 1;
		sleep(i < 50? 0: Poll);
	}
	diag("process %d is in state '%s', not '%s'", pid, stateof(pid), state);
	return 0;
}

/* The message of the next child that ends, without the name before it; "none" if there is no child. */
helper char*
ended(void)
{
	static char msg[ERRMAX];
	Waitmsg *w;
	char *s;

	w = wait();
	if(w == nil)
		return "none";
	s = strstr(w->msg, ": ");
	strecpy(msg, msg+sizeof msg, s != nil? s+2: w->msg);
	free(w);
	return msg;
}

/* As ended, but what has not ended after so many ms is "late". */
helper char*
endedby(long ms)
{
	char *s, err[ERRMAX];
	long t;

	for(t = 0; t < ms; t += Poll){
		insist(Poll);
		s = ended();
		rerrstr(err, sizeof err);
		enough();
		if(strcmp(s, "none") != 0 || strcmp(err, "interrupted") != 0)
			return s;
	}
	return "late";
}

/* What read says; 0 if there was nothing to read for too long. */
helper long
readlate(int fd, void *buf, long n)
{
	long r, t;

	for(t = 0; t < Patience; t += Poll){
		insist(Poll);
		r = read(fd, buf, n);
		enough();
		if(r >= 0 || insisted == 0)
			return r;
	}
	return 0;
}

/* Kills whoever is younger than we; 0 if some do not die. */
helper int
sweep(void)
{
	Dir *d;
	int i, k, n, fd, left;

	for(i = 0; i < Patience; i += i < 20? 1: Poll){
		left = 0;
		fd = open("/proc", OREAD);
		while((n = dirread(fd, &d)) > 0){	/* all at once would take memory that looks like a leak */
			for(k = 0; k < n; k++)
				if(atoi(d[k].name) > getpid()){
					left++;
					if(i+Poll >= Patience)
						diag("process %s cannot be killed in state '%s'", d[k].name, stateof(atoi(d[k].name)));
					tell("/proc/%d/ctl", atoi(d[k].name), "kill");
				}
			free(d);
		}
		close(fd);
		if(left == 0)
			return 1;
		sleep(i < 20? 1: Poll);
	}
	return 0;
}
