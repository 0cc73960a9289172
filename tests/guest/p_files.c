/*
 * /proc: the formats that programs take apart, and what ctl does.
 */
#include <u.h>
#include <libc.h>
#include <ureg.h>
#include "tap.h"
#include "proc.h"

static volatile int	initialised = 77;

void	main(void);

static void
status(void)
{
	char buf[400], *f[20];
	int n;

	n = procread(getpid(), "status", buf, sizeof buf);
	same(n, 176, "status has 176 bytes");
	ok(buf[27] == ' ' && buf[55] == ' ' && buf[67] == ' ' && buf[175] == ' ', "its columns end in blanks");
	same(tokenize(buf, f, 20), 12, "twelve fields");
	samestr(f[0], "p_files", "the name");
	samestr(f[2], "Pread", "the system call in progress");
	n = procread(getpid(), "noteid", buf, sizeof buf);
	ok(n == 12 && buf[11] == ' ', "noteid is a number of 12 columns");
	procread(getpid(), "args", buf, sizeof buf);
	ok(strstr(buf, "p_files") != nil, "args (%s)", buf);
	procwrite(getpid(), "args", "hello world");
	procread(getpid(), "args", buf, sizeof buf);
	samestr(buf, "p_files [hello world]", "args, written");
	fails(procread(99999999, "status", buf, sizeof buf), "does not exist", "no such process");
}

static void
segments(void)
{
	char buf[1000], *l[10];
	int n;

	procread(getpid(), "segment", buf, sizeof buf);
	n = getfields(buf, l, 10, 1, "\n");
	ok(n >= 4 && strncmp(l[0], "Stack     defff000 dffff000    1", 32) == 0, "the stack's line (%s)", l[0]);
	ok(strncmp(l[1], "Text      00001000 ", 19) == 0, "the text's (%s)", l[1]);
	ok(strncmp(l[2], "Data      ", 10) == 0 && strncmp(l[3], "Bss       ", 10) == 0, "data and bss");
}

static void
files(void)
{
	char buf[2000], *l[20], *f[20];
	int fd, n;

	fd = open("/dev/null", OREAD);
	procread(getpid(), "fd", buf, sizeof buf);
	n = getfields(buf, l, 20, 1, "\n");
	ok(n >= 4, "a line for dot and each descriptor");
	samestr(l[0], "/", "dot");
	n = tokenize(l[n > fd+1? fd+1: 0], f, 20);
	same(n, 10, "ten fields");
	ok(strcmp(f[1], "r") == 0 && strcmp(f[2], "c") == 0 && strcmp(f[9], "/dev/null") == 0, "of /dev/null");
	close(fd);
	snprint(buf, sizeof buf, "/proc/%d/text", getpid());
	fd = open(buf, OREAD);
	ok(fd >= 0 && fd2path(fd, buf, sizeof buf) >= 0 && strstr(buf, "p_files") != nil, "text is the file (%s)", buf);
	close(fd);
	snprint(buf, sizeof buf, "/proc/%d/ns", getpid());
	fd = open(buf, OREAD);
	while((n = read(fd, buf, sizeof buf-1)) > 0){
		buf[n] = 0;
		if(strncmp(buf, "cd ", 3) == 0)
			break;
	}
	samestr(buf, "cd /\n", "ns ends with the directory");
	same(read(fd, buf, sizeof buf), 0, "and then nothing");
	close(fd);
}

/* A child that counts, stopped and looked into. */
static void
debugging(void)
{
	char buf[200];
	Ureg u;
	ulong w;
	int pid, fd, cfd, n;
	Waitmsg *msg;

	pid = fork();
	if(pid == 0)
		for(;;)
			initialised++;
	fd = procopen(pid, "mem", ORDWR);
	for(n = 0; n < 1000 && pread(fd, &w, 4, (ulong)&initialised) == 4 && w <= 77; n++)
		sleep(5);
	cfd = procopen(pid, "ctl", OWRITE);
	same(write(cfd, "stop", 4), 4, "stop");
	procread(pid, "status", buf, sizeof buf);
	ok(strncmp(buf+56, "Stopped ", 8) == 0, "stopped (%.11s)", buf+56);
	same(pread(fd, &w, 4, (ulong)&initialised), 4, "memory can be read");
	ok(w > 77, "and has moved on (%lud)", w);
	w = 5;
	same(pwrite(fd, &w, 4, (ulong)&initialised), 4, "and written");
	same(initialised, 77, "not ours");
	same(pwrite(fd, "\314", 1, (ulong)main), 1, "text can be written");
	same(*(uchar*)main == 0xCC, 0, "not ours either");
	fails(pread(fd, &w, 4, 0), "bad arg", "nothing at 0");
	close(fd);
	fd = procopen(pid, "regs", ORDWR);
	same(pread(fd, &u, sizeof u, 0), sizeof u, "registers");
	ok(u.pc > 0x1000 && u.pc < (ulong)&initialised && (u.cs & 3) == 3, "pc %#lux cs %#lux", u.pc, u.cs);
	w = (ulong)main;
	same(pwrite(fd, &w, 4, offsetof(Ureg, pc)), 4, "pc can be set");
	close(fd);
	procwrite(pid, "note", "a note");
	n = procread(pid, "note", buf, sizeof buf);
	ok(n == 7 && strcmp(buf, "a note") == 0, "a note read back (%d %s)", n, buf);
	write(cfd, "start", 5);
	msg = wait();
	ok(msg != nil && strstr(msg->msg, "sys: breakpoint") != nil, "it ran into the breakpoint (%s)", msg->msg);
	procread(pid, "status", buf, sizeof buf);
	ok(strncmp(buf+56, "Broken ", 7) == 0, "and is kept for debuggers (%.11s)", buf+56);
	same(write(cfd, "kill", 4), 4, "until it is killed");
	until(pid, "gone");
	fails(write(cfd, "stop", 4), "process exited", "ctl of a dead process");
	close(cfd);
	pid = fork();
	if(pid == 0){
		sleep(100000);
		_exits("slept");
	}
	fails(procwrite(pid, "ctl", "nonsense"), "unknown control message \"nonsense\"", "a word that is none");
	same(procwrite(pid, "ctl", "pri 3"), 5, "pri");
	procread(pid, "status", buf, sizeof buf);
	same(atoi(buf+152), 3, "base priority");
	procwrite(pid, "ctl", "private");
	fails(procwrite(pid, "note", "x"), "permission denied", "private");
	snprint(buf, sizeof buf, "/proc/%d/notepg", pid);
	fd = open(buf, OWRITE);
	ok(fd >= 0, "notepg");
	close(fd);
	postnote(PNGROUP, pid, "interrupt");	/* ours as well, but we do not get it */
	msg = wait();
	ok(strstr(msg->msg, "interrupt") != nil, "the group's note (%s)", msg->msg);
	pid = fork();
	if(pid == 0)
		sleep(100000);
	until(pid, "Sleep");
	procwrite(pid, "ctl", "kill");
	samestr(strchr(wait()->msg, ':'), ": Killed", "kill");
}

void
main(void)
{
	rfork(RFNOTEG);
	chdir("/");
	status();
	segments();
	files();
	debugging();
	done();
}
