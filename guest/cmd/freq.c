/* freq [-cdorux] [file ...]: how often each byte, or rune, occurs. */
#include <u.h>
#include <libc.h>
#include <bio.h>

static uvlong *count;
static int cflag, dflag, oflag, xflag, rflag;
static Biobuf out;

static void
show(void)
{
	long i;

	for(i = 0; i <= (rflag ? Runemax : 255); i++){
		if(count[i] == 0)
			continue;
		if(dflag)
			Bprint(&out, "%3ld ", i);
		if(oflag)
			Bprint(&out, "%.3lo ", i);
		if(xflag)
			Bprint(&out, "%.2lux ", i);
		if(cflag){
			if(i <= 0x20 || i >= 0x7F && i < 0xA0 || i > 0xFF && !rflag)
				Bprint(&out, "- ");
			else
				Bprint(&out, "%C ", (Rune)i);
		}
		Bprint(&out, "%8llud\n", count[i]);
	}
}

static void
freq(int fd)
{
	Biobuf in;
	long c;

	memset(count, 0, (rflag ? Runemax+1 : 256)*sizeof count[0]);
	Binit(&in, fd, OREAD);
	while((c = rflag ? Bgetrune(&in) : Bgetc(&in)) >= 0)
		count[c]++;
	show();
}

void
main(int argc, char **argv)
{
	char *status;
	int i, fd;

	ARGBEGIN{
	case 'c':	cflag = 1; break;
	case 'd':	dflag = 1; break;
	case 'o':	oflag = 1; break;
	case 'x':	xflag = 1; break;
	case 'r':
	case 'u':	rflag = 1; break;
	default:
		fprint(2, "usage: freq [-cdorux] [file ...]\n");
		exits("usage");
	}ARGEND
	if(!(cflag|dflag|oflag|xflag))
		cflag = dflag = oflag = xflag = 1;
	count = mallocz((Runemax+1)*sizeof count[0], 1);
	if(count == nil)
		sysfatal("out of memory");
	status = nil;
	Binit(&out, 1, OWRITE);
	if(argc == 0)
		freq(0);
	for(i = 0; i < argc; i++){
		fd = open(argv[i], OREAD);
		if(fd < 0){
			fprint(2, "freq: can't open %s: %r\n", argv[i]);
			status = "open";
			continue;
		}
		freq(fd);
		close(fd);
	}
	Bterm(&out);
	exits(status);
}
