/*
 * The end of the machine, where the init is a distribution's, which does not know what the host asks: a process
 * of ours hears of it, has the distribution halt its file servers, and everybody else write what he
 * keeps back for disks, and ends the machine.
 */
#include <u.h>
#include <libc.h>
#include <disk.h>
#include "boot.h"

static int	asked;

static int
heard(void*, char *note)
{
	if(strcmp(note, "hangup") == 0)
		asked = 1;
	return 1;
}

/* the distribution's own script, which knows its file servers */
static void
halt(char *script)
{
	int pid;

	pid = rfork(RFPROC|RFFDG|RFNAMEG|RFREND|RFNOTEG);
	if(pid == 0){
		bind("#c", "/dev", MREPL);
		bind("#S", "/dev", MAFTER);
		bind("#s", "/srv", MREPL|MCREATE);
		bind("#e", "/env", MREPL|MCREATE);
		bind("#p", "/proc", MREPL);
		bind("#d", "/fd", MREPL);
		bind("/386/bin", "/bin", MREPL);
		bind("/rc/bin", "/bin", MAFTER);
		execl("/386/bin/rc", "rc", script, nil);
		_exits("exec");
	}
	while(pid > 0 && waitpid() != pid)
		;
}

static void
listen1(char *script)
{
	int fd;

	open("#c/null", OREAD);
	open("#c/cons", OWRITE);
	dup(1, 2);
	atnotify(heard, 1);
	fd = open("#c/reboot", OWRITE);
	if(fd < 0 || write(fd, "listen", 6) != 6){
		fprint(2, "boot: nobody hears when the host wants an end: #c/reboot: %r\n");
		_exits("reboot");
	}
	while(!asked)
		sleep(1000*1000);
	if(script != nil && access(script, AREAD) == 0)
		halt(script);
	hangupall();
	write(fd, "halt", 4);
	_exits("halt");
}

/*
 * Start that process, if there are disks.  Script is the one by which the distribution halts its
 * file servers; nil: there are none that it would know.
 */
void
listenend(char *script)
{
	if(!havedisks())
		return;
	switch(rfork(RFPROC|RFCFDG|RFNAMEG|RFREND|RFNOTEG|RFNOWAIT)){
	case -1:
		fprint(2, "boot: can't fork: %r\n");
		break;
	case 0:
		listen1(script);
	}
}
