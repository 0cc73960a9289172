/*
 * reboot: ends this run of the machine and asks for another.
 */
#include <u.h>
#include <libc.h>
#include <disk.h>

void
main(int argc, char **argv)
{
	int fd;

	USED(argv);
	if(argc != 1){
		fprint(2, "usage: reboot\n");
		exits("usage");
	}
	if(havedisks())
		hangupall();
	fd = open("#c/reboot", OWRITE);
	if(fd < 0 || write(fd, "reboot", 6) < 0)
		sysfatal("#c/reboot: %r");
	exits(nil);
}
