/*
 * For guest tests that look at /proc: its files by pid and name.  After tap.h.
 */
static char	procname[64];

helper int
procopen(int pid, char *file, int mode)
{
	snprint(procname, sizeof procname, "/proc/%d/%s", pid, file);
	return open(procname, mode);
}

/* all of a text, which ends in a NUL; its length, or -1 */
helper int
procread(int pid, char *file, char *buf, int n)
{
	int fd, m;

	buf[0] = 0;
	fd = procopen(pid, file, OREAD);
	if(fd < 0)
		return -1;
	m = pread(fd, buf, n-1, 0);
	buf[m < 0? 0: m] = 0;
	close(fd);
	return m;
}

helper int
procwrite(int pid, char *file, char *text)
{
	int fd, m;

	fd = procopen(pid, file, OWRITE);
	if(fd < 0)
		return -1;
	m = write(fd, text, strlen(text));
	close(fd);
	return m;
}

helper int
ctl(int pid, char *text)
{
	return procwrite(pid, "ctl", text);
}

/* the word that ps shows, "gone" if there is no such process */
helper char*
procstate(int pid)
{
	static char buf[200];

	if(procread(pid, "status", buf, sizeof buf) != 176)
		return "gone";
	*strchr(buf+56, ' ') = 0;
	return buf+56;
}

/* wait until it shows that word */
helper int
until(int pid, char *state)
{
	int i;

	for(i = 0; i < 1000; i++){
		if(strcmp(procstate(pid), state) == 0)
			return 1;
		sleep(5);
	}
	diag("process %d is %s and not %s", pid, procstate(pid), state);
	return 0;
}

/* stop a process that waits in a system call: it does so when a note ends that, and before it takes the note */
helper void
stopwaiting(int pid)
{
	int kid;

	kid = fork();
	if(kid == 0)
		_exits(ctl(pid, "stop") == 4? nil: "stop");
	if(until(kid, "Stopwait"))
		procwrite(pid, "note", "stop waiting");
	while(waitpid() != kid)
		;
}

helper void
finish(int pid)
{
	Waitmsg *w;

	ctl(pid, "kill");
	while((w = wait()) != nil && w->pid != pid)
		free(w);
	free(w);
}
