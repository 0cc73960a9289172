/*
 * For guest tests that look for leaks: what /dev/swap says is in use.  After tap.h.
 */
typedef struct Inuse Inuse;
struct Inuse
{
	long	user;		/* pages */
	long	users;		/* of so many */
	long	malloced;	/* bytes of kernel malloc */
	long	mallocs;
};

helper Inuse
inuse(void)
{
	char buf[512], *line[16], *e;
	Inuse u;
	int fd, n, i;

	memset(&u, 0xFF, sizeof u);
	fd = open("#c/swap", OREAD);
	n = read(fd, buf, sizeof buf - 1);
	close(fd);
	if(n <= 0)
		return u;
	buf[n] = 0;
	n = getfields(buf, line, nelem(line), 0, "\n");
	for(i = 0; i < n; i++){
		if(strstr(line[i], " user") != nil){
			u.user = strtoul(line[i], &e, 10);
			u.users = strtoul(e+1, nil, 10);
		}
		if(strstr(line[i], " kernel malloc") != nil){
			u.malloced = strtoul(line[i], &e, 10);
			u.mallocs = strtoul(e+1, nil, 10);
		}
	}
	return u;
}

helper int
nprocs(void)
{
	Dir *d;
	int fd, n, all;

	all = 0;
	fd = open("#p", OREAD);
	while((n = dirread(fd, &d)) > 0){
		all += n;
		free(d);
	}
	close(fd);
	return all;
}

/* Is what is in use about what it was?  Caches may have grown a little. */
helper void
noleak(Inuse was, char *name)
{
	Inuse now;
	int i;

	/* processes die a little after their parents hear of it */
	for(i = 0; i < 250; i++){
		now = inuse();
		if(now.user - was.user < 512 && now.malloced - was.malloced < 2*1024*1024)
			break;
		sleep(20);
	}
	if(!ok(i < 250, "%s leaves no memory behind", name))
		diag("before: %ld pages, %ld bytes; after: %ld pages, %ld bytes, %d processes",
			was.user, was.malloced, now.user, now.malloced, nprocs());
}

/* After the worst: is most of the memory there again? */
helper void
recovered(char *name)
{
	Inuse u;
	int i, good;

	for(i = 0; i < 250; i++){
		u = inuse();
		good = u.user < u.users/3 && u.malloced < u.mallocs/2;
		if(good)
			break;
		sleep(20);
	}
	if(!ok(good, "%s: most memory is free again", name))
		diag("in use: %ld of %ld pages, %ld of %ld bytes, %d processes", u.user, u.users, u.malloced, u.mallocs, nprocs());
}

/* Can a process be made, run, and waited for, as soon as those that were killed have made room? */
helper void
alive(char *after)
{
	int pid, got, i;

	for(i = 0; (pid = fork()) < 0 && i < 250; i++)
		sleep(20);
	if(pid == 0)
		_exits(nil);
	got = pid > 0? waitpid(): -1;
	if(!ok(pid > 0 && got == pid, "the system lives after %s", after))
		diag("fork gave %d, waitpid %d: %r", pid, got);
}
