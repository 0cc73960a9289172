/* uniq [-udc] [-num] [+num] [file]: of equal neighbouring lines, shows one. */
#include <u.h>
#include <libc.h>
#include <bio.h>

static int uflag, dflag, cflag;
static int fields, chars;		/* to skip when comparing */
static Biobuf out;

static void
put(char *line, ulong n)
{
	if(cflag)
		Bprint(&out, "%4lud %s\n", n, line);
	else if(uflag && n > 1 || dflag && n == 1)
		return;
	else
		Bprint(&out, "%s\n", line);
}

static char*
key(char *s)
{
	Rune r;
	int i;

	for(i = 0; i < fields; i++){
		while(*s == ' ' || *s == '\t')
			s++;
		while(*s && *s != ' ' && *s != '\t')
			s++;
	}
	for(i = 0; i < chars && *s; i++)
		s += chartorune(&r, s);
	return s;
}

void
main(int argc, char **argv)
{
	Biobuf *in;
	char *line, *prev, *p;
	ulong n;

	argv0 = "uniq";
	for(argc--, argv++; argc > 0 && (argv[0][0] == '-' || argv[0][0] == '+') && argv[0][1] != 0; argc--, argv++){
		if(argv[0][0] == '+'){
			chars = atoi(argv[0]+1);
			continue;
		}
		if(argv[0][1] >= '0' && argv[0][1] <= '9'){
			fields = atoi(argv[0]+1);
			continue;
		}
		for(p = argv[0]+1; *p; p++)
			if(*p == 'u')
				uflag = 1;
			else if(*p == 'd')
				dflag = 1;
			else if(*p == 'c')
				cflag = 1;
			else
				goto Usage;
	}
	if(argc > 1){
	Usage:
		fprint(2, "usage: uniq [-cdu] [-num] [+num] [file]\n");
		exits("usage");
	}
	in = argc == 0 || strcmp(argv[0], "-") == 0 ? Bfdopen(0, OREAD) : Bopen(argv[0], OREAD);
	if(in == nil)
		sysfatal("can't open %s: %r", argv[0]);
	Binit(&out, 1, OWRITE);
	prev = nil;
	n = 0;
	while((line = Brdstr(in, '\n', 1)) != nil){
		if(prev != nil && strcmp(key(prev), key(line)) == 0){
			n++;
			free(line);
			continue;
		}
		if(prev != nil)
			put(prev, n);
		free(prev);
		prev = line;
		n = 1;
	}
	if(prev != nil)
		put(prev, n);
	if(Bterm(&out) < 0)
		exits("write error");
	exits(nil);
}
