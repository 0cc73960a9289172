/* comm [-123] file1 file2: lines only in the first, only in the second, in both of two sorted files. */
#include <u.h>
#include <libc.h>
#include <bio.h>

static int show[4] = {0, 1, 1, 1};
static Biobuf out;

static Biobuf*
openfile(char *name)
{
	Biobuf *b;

	b = strcmp(name, "-") == 0 ? Bfdopen(0, OREAD) : Bopen(name, OREAD);
	if(b == nil)
		sysfatal("can't open %s: %r", name);
	return b;
}

static void
put(int col, char *line)
{
	int i;

	if(!show[col])
		return;
	for(i = 1; i < col; i++)
		if(show[i])
			Bputc(&out, '\t');
	Bprint(&out, "%s\n", line);
}

void
main(int argc, char **argv)
{
	Biobuf *b1, *b2;
	char *l1, *l2;
	int c;

	ARGBEGIN{
	case '1':
	case '2':
	case '3':
		show[ARGC()-'0'] = 0;
		break;
	default:
		goto Usage;
	}ARGEND
	if(argc != 2){
	Usage:
		fprint(2, "usage: comm [-123] file1 file2\n");
		exits("usage");
	}
	b1 = openfile(argv[0]);
	b2 = openfile(argv[1]);
	Binit(&out, 1, OWRITE);
	l1 = Brdstr(b1, '\n', 1);
	l2 = Brdstr(b2, '\n', 1);
	while(l1 != nil || l2 != nil){
		c = l1 == nil ? 1 : l2 == nil ? -1 : strcmp(l1, l2);
		put(c < 0 ? 1 : c > 0 ? 2 : 3, c > 0 ? l2 : l1);
		if(c <= 0){
			free(l1);
			l1 = Brdstr(b1, '\n', 1);
		}
		if(c >= 0){
			free(l2);
			l2 = Brdstr(b2, '\n', 1);
		}
	}
	if(Bterm(&out) < 0)
		exits("write error");
	exits(nil);
}
