/*
 * What ndb/csquery and ndb/dnsquery do: questions to /net/cs or /net/dns, and the
 * answers on the standard output.
 */
#include <u.h>
#include <libc.h>
#include <bio.h>
#include <ndb.h>

/* each line of the answer; -1 and a message if it is refused; without the server it dies */
static int
ask(char *file, char *question)
{
	char buf[1024];
	int fd, n, status;

	fd = open(file, ORDWR);
	if(fd < 0)
		sysfatal("can't open %s: %r", file);
	status = 0;
	if(write(fd, question, strlen(question)) < 0){
		fprint(2, "%s: %s: %r\n", argv0, question);
		status = -1;
	}else{
		seek(fd, 0, 0);
		while((n = read(fd, buf, sizeof buf - 1)) > 0)
			print("%.*s\n", n, buf);
	}
	close(fd);
	return status;
}

static int
asklines(char *file)
{
	Biobuf in;
	char *p;
	int status;

	status = 0;
	Binit(&in, 0, OREAD);
	for(;;){
		print("> ");
		p = Brdline(&in, '\n');
		if(p == nil)
			return status;
		p[Blinelen(&in)-1] = '\0';
		if(*p != '\0' && ask(file, p) < 0)
			status = -1;
	}
}

void
ndbask(char *file, char **question, int n)
{
	int i, status;

	status = 0;
	if(n == 0)
		status = asklines(file);
	for(i = 0; i < n; i++)
		if(ask(file, question[i]) < 0)
			status = -1;
	exits(status < 0 ? "errors" : nil);
}
