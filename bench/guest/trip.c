/* Round trips of a byte to the server of bench/net/net.go: what the network costs a program that has no run-time system.  usage: trip ADDR:PORT ROUNDS */
#include <u.h>
#include <libc.h>

static char echo[9] = "e";

static int
call(char *addr)
{
	char *dest, *p;
	int fd;

	dest = smprint("tcp!%s", addr);
	if(dest == nil || (p = strrchr(dest, ':')) == nil)
		sysfatal("%s: no port", addr);
	*p = '!';
	fd = dial(dest, nil, nil, nil);
	if(fd < 0)
		sysfatal("%s: %r", dest);
	free(dest);
	return fd;
}

void
main(int argc, char **argv)
{
	char byte;
	vlong start;
	int fd, i, rounds;

	rounds = argc == 3? atoi(argv[2]): 0;
	if(rounds <= 0){
		fprint(2, "usage: trip ADDR:PORT ROUNDS\n");
		exits("usage");
	}
	fd = call(argv[1]);
	if(write(fd, echo, sizeof echo) != sizeof echo)
		sysfatal("write: %r");
	start = nsec();
	for(i = 0; i < rounds; i++)
		if(write(fd, echo, 1) != 1 || read(fd, &byte, 1) != 1)
			sysfatal("connection: %r");
	print("%.1f\n", (nsec()-start)/1000.0/rounds);
	exits(nil);
}
