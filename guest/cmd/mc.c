/*
 * mc [-] [-N] [file ...]: lines side by side in as many columns as fit, down
 * first.  The width is N, or 80.  With - a line that is empty or ends in a
 * colon stands alone and the columns begin anew after it.
 */
#include <u.h>
#include <libc.h>
#include <bio.h>

static Biobuf out;
static char **word;
static int nword, room;
static int width = 80;
static int colonflag;

static void
columns(void)
{
	int i, j, n, max, cols, rows;

	if(nword == 0)
		return;
	max = 0;
	for(i = 0; i < nword; i++){
		n = utflen(word[i]);
		if(n > max)
			max = n;
	}
	max++;		/* a blank between */
	cols = width/max;
	if(cols < 1)
		cols = 1;
	rows = (nword + cols-1)/cols;
	for(i = 0; i < rows; i++){
		for(j = i; j < nword; j += rows){
			Bprint(&out, "%s", word[j]);
			n = utflen(word[j]);
			for(; j + rows < nword && n < max; n++)
				Bputc(&out, ' ');
		}
		Bputc(&out, '\n');
	}
	for(i = 0; i < nword; i++)
		free(word[i]);
	nword = 0;
}

static void
add(char *s)
{
	if(nword == room){
		room = room*2 + 64;
		word = realloc(word, room*sizeof word[0]);
		if(word == nil)
			sysfatal("out of memory");
	}
	word[nword++] = s;
}

static void
readlines(Biobuf *in)
{
	char *s;
	int n;

	while((s = Brdstr(in, '\n', 1)) != nil){
		n = strlen(s);
		if(colonflag && (n == 0 || s[n-1] == ':')){
			columns();
			Bprint(&out, "%s\n", s);
			free(s);
		}else
			add(s);
	}
}

void
main(int argc, char **argv)
{
	Biobuf *in;
	char *status;
	int i;

	argv0 = "mc";
	status = nil;
	for(argc--, argv++; argc > 0 && argv[0][0] == '-'; argc--, argv++){
		if(argv[0][1] == 0)
			colonflag = 1;
		else{
			width = atoi(argv[0]+1);
			if(width < 1){
				fprint(2, "usage: mc [-] [-N] [file ...]\n");
				exits("usage");
			}
		}
	}
	Binit(&out, 1, OWRITE);
	if(argc == 0)
		readlines(Bfdopen(0, OREAD));
	for(i = 0; i < argc; i++){
		in = Bopen(argv[i], OREAD);
		if(in == nil){
			fprint(2, "mc: can't open %s: %r\n", argv[i]);
			status = "open";
			continue;
		}
		readlines(in);
		Bterm(in);
	}
	columns();
	Bterm(&out);
	exits(status);
}
