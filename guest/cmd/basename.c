/* basename [-d] name [suffix]: the last element of a name, or with -d what is before it. */
#include <u.h>
#include <libc.h>

void
main(int argc, char **argv)
{
	char *p;
	int dflag, n;

	dflag = 0;
	ARGBEGIN{
	case 'd':
		dflag = 1;
		break;
	default:
		goto Usage;
	}ARGEND
	if(argc < 1 || argc > 2){
	Usage:
		fprint(2, "usage: basename [-d] string [suffix]\n");
		exits("usage");
	}
	p = utfrrune(argv[0], '/');
	if(dflag){
		if(p == nil)
			print(".\n");
		else{
			*p = 0;
			print("%s\n", argv[0]);
		}
		exits(nil);
	}
	p = p != nil ? p+1 : argv[0];
	if(argc == 2){
		n = strlen(p) - strlen(argv[1]);
		if(n >= 0 && strcmp(p+n, argv[1]) == 0)
			p[n] = 0;
	}
	print("%s\n", p);
	exits(nil);
}
