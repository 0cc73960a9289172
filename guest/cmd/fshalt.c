/*
 * fshalt: ends the machine in good order.  File servers write what they keep back for
 * disks first; what they wrote, the host has.
 */
#include <u.h>
#include <libc.h>
#include <disk.h>

static int restart;

static void
usage(void)
{
	fprint(2, "usage: fshalt [-r]\n");
	exits("usage");
}

void
main(int argc, char **argv)
{
	char *msg;
	int fd;

	ARGBEGIN{
	case 'r':
		restart = 1;
		break;
	default:
		usage();
	}ARGEND
	if(argc != 0)
		usage();
	if(havedisks())
		hangupall();
	msg = restart ? "reboot" : "halt";
	fd = open("#c/reboot", OWRITE);
	if(fd < 0 || write(fd, msg, strlen(msg)) < 0)
		sysfatal("#c/reboot: %r");
	exits(nil);
}
