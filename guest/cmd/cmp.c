/* cmp [-lLs] file1 file2 [offset1 [offset2]]: says where two files differ. */
#include <u.h>
#include <libc.h>

enum
{
	Size	= 64*1024,
};

static uchar buf1[Size], buf2[Size];

static int
openat(char *name, char *off)
{
	vlong o;
	char *end;
	int fd;

	fd = open(name, OREAD);
	if(fd < 0)
		sysfatal("can't open %s: %r", name);
	if(off != nil){
		o = strtoll(off, &end, 0);
		if(*end != 0 || o < 0)
			sysfatal("bad offset %s", off);
		if(seek(fd, o, 0) < 0)
			sysfatal("can't seek in %s: %r", name);
	}
	return fd;
}

void
main(int argc, char **argv)
{
	vlong base;
	ulong line;
	long n1, n2, n, i;
	int f1, f2, lflag, Lflag, sflag, differ;

	lflag = Lflag = sflag = 0;
	ARGBEGIN{
	case 'l':	lflag = 1; break;
	case 'L':	Lflag = 1; break;
	case 's':	sflag = 1; break;
	default:	goto Usage;
	}ARGEND
	if(argc < 2 || argc > 4){
	Usage:
		fprint(2, "usage: cmp [-lLs] file1 file2 [offset1 [offset2]]\n");
		exits("usage");
	}
	f1 = openat(argv[0], argc > 2 ? argv[2] : nil);
	f2 = openat(argv[1], argc > 3 ? argv[3] : nil);
	line = 1;
	differ = 0;
	for(base = 1; ; base += n){
		n1 = readn(f1, buf1, Size);
		n2 = readn(f2, buf2, Size);
		if(n1 < 0 || n2 < 0)
			sysfatal("error reading %s: %r", argv[n1 < 0 ? 0 : 1]);
		n = n1 < n2 ? n1 : n2;
		if(memcmp(buf1, buf2, n) != 0 || Lflag)
			for(i = 0; i < n; i++){
				if(buf1[i] != buf2[i]){
					differ = 1;
					if(sflag)
						exits("differ");
					if(!lflag){
						print("%s %s differ: char %lld", argv[0], argv[1], base+i);
						print(Lflag ? " line %lud\n" : "\n", line);
						exits("differ");
					}
					print("%6lld 0x%.2ux 0x%.2ux\n", base+i, buf1[i], buf2[i]);
				}
				if(buf1[i] == '\n')
					line++;
			}
		if(n1 != n2){
			if(!sflag)
				print("EOF on %s\n", argv[n1 < n2 ? 0 : 1]);
			exits("EOF");
		}
		if(n == 0)
			break;
	}
	exits(differ ? "differ" : nil);
}
