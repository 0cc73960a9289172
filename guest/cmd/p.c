/*
 * p [-N] [file ...]: shows files a page at a time.  After each page it waits
 * for a line on the console: empty for more, q to quit, !command to run one.
 */
#include <u.h>
#include <libc.h>
#include <bio.h>

static Biobuf out;
static int page = 22;
static int cons = -1;

static void
command(char *s)
{
	switch(fork()){
	case -1:
		fprint(2, "p: can't fork: %r\n");
		return;
	case 0:
		dup(cons, 0);
		execl("/bin/rc", "rc", "-c", s, nil);
		fprint(2, "p: can't run rc: %r\n");
		_exits("exec");
	}
	waitpid();
	fprint(2, "!\n");
}

/* 0 to stop */
static int
more(void)
{
	char line[256];
	int n;

	Bflush(&out);
	for(;;){
		n = read(cons, line, sizeof line - 1);
		if(n <= 0)
			return 0;
		line[n] = 0;
		if(line[n-1] == '\n')
			line[n-1] = 0;
		if(line[0] == 'q')
			return 0;
		if(line[0] != '!')
			return 1;
		command(line+1);
	}
}

/* -1 when the reader has seen enough */
static int
show(Biobuf *in)
{
	char *s;
	int n;

	n = 0;
	while((s = Brdstr(in, '\n', 0)) != nil){
		if(n == page){
			if(!more())
				return -1;
			n = 0;
		}
		n++;
		/* the newline of a page's last line is the reader's */
		if(n == page && s[strlen(s)-1] == '\n')
			s[strlen(s)-1] = 0;
		Bprint(&out, "%s", s);
		free(s);
	}
	if(n == page)
		Bputc(&out, '\n');
	return 0;
}

void
main(int argc, char **argv)
{
	Biobuf *in;
	char *status;
	int i;

	argv0 = "p";
	for(argc--, argv++; argc > 0 && argv[0][0] == '-' && argv[0][1] != 0; argc--, argv++){
		page = atoi(argv[0]+1);
		if(page < 1){
			fprint(2, "usage: p [-N] [file ...]\n");
			exits("usage");
		}
	}
	cons = open("/dev/cons", OREAD);
	if(cons < 0)
		sysfatal("can't open /dev/cons: %r");
	Binit(&out, 1, OWRITE);
	status = nil;
	if(argc == 0)
		show(Bfdopen(0, OREAD));
	for(i = 0; i < argc; i++){
		in = Bopen(argv[i], OREAD);
		if(in == nil){
			fprint(2, "p: can't open %s: %r\n", argv[i]);
			status = "open";
			continue;
		}
		if(show(in) < 0)
			break;
		Bterm(in);
		if(i+1 < argc && !more())
			break;
	}
	Bterm(&out);
	exits(status);
}
