/*
 * fshalt: ends the machine in good order.  There is no disk cache to write back:
 * what a server said it wrote, the host has.
 */
#include <u.h>
#include <libc.h>

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
	msg = restart ? "reboot" : "halt";
	fd = open("#c/reboot", OWRITE);
	if(fd < 0 || write(fd, msg, strlen(msg)) < 0)
		sysfatal("#c/reboot: %r");
	exits(nil);
}
