/*
 * ndb/dnsquery: asks the name server for its arguments, name and type, or for each
 * line of its input.
 */
#include <u.h>
#include <libc.h>
#include <bio.h>

static int	status;

static void
query(char *question)
{
	char buf[1024];
	int fd, n;

	fd = open("/net/dns", ORDWR);
	if(fd < 0)
		sysfatal("can't open /net/dns: %r");
	if(write(fd, question, strlen(question)) < 0){
		fprint(2, "dnsquery: %s: %r\n", question);
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

	ARGBEGIN{
	default:
	Usage:
		fprint(2, "usage: ndb/dnsquery [name [type]]\n");
		exits("usage");
	}ARGEND
	if(argc > 2)
		goto Usage;
	if(argc > 0)
		query(argc == 2 ? smprint("%s %s", argv[0], argv[1]) : argv[0]);
	else{
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
