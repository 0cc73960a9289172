/* Makes a file of 668 bytes that goes when it is closed, and keeps it open.  usage: keeps FILE */
#include <u.h>
#include <libc.h>

void
main(int argc, char **argv)
{
	static char buf[668];
	int fd;

	if(argc != 2)
		sysfatal("usage: keeps file");
	fd = create(argv[1], OWRITE|ORCLOSE, 0666);
	if(fd < 0 || write(fd, buf, sizeof buf) != sizeof buf)
		sysfatal("%s: %r", argv[1]);
	for(;;)
		sleep(100000);
}
