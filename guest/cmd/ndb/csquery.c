/*
 * ndb/csquery: asks the connection server what its arguments are, or each line of
 * its input.
 */
#include <u.h>
#include <libc.h>
#include <bio.h>

static char	*server = "/net/cs";
static int	status;

static void
query(char *addr)
{
	char buf[1024];
	int fd, n;

	fd = open(server, ORDWR);
	if(fd < 0)
		sysfatal("can't open %s: %r", server);
	if(write(fd, addr, strlen(addr)) < 0){
		fprint(2, "csquery: %s: %r\n", addr);
		status = 1;
	}else{
		seek(fd, 0, 0);
		while((n = read(fd, buf, sizeof buf - 1)) > 0)
			print("%.*s\n", n, buf);
	}
	close(fd);
}

void
main(int argc, char **argv)
{
	Biobuf in;
	char *p;
	int i;

	ARGBEGIN{
	default:
		fprint(2, "usage: ndb/csquery [/net/cs [address ...]]\n");
		exits("usage");
	}ARGEND
	if(argc > 0)
		server = argv[0];
	for(i = 1; i < argc; i++)
		query(argv[i]);
	if(argc <= 1){
		Binit(&in, 0, OREAD);
		for(;;){
			print("> ");
			p = Brdline(&in, '\n');
			if(p == nil)
				break;
			p[Blinelen(&in)-1] = '\0';
			if(*p != '\0')
				query(p);
		}
	}
	exits(status ? "errors" : nil);
}
