/* cleanname [-d pwd] name ...: names without . and .. and doubled slashes. */
#include <u.h>
#include <libc.h>

void
main(int argc, char **argv)
{
	char *dir, *name;
	int i;

	dir = nil;
	ARGBEGIN{
	case 'd':
		dir = ARGF();
		if(dir == nil)
			goto Usage;
		break;
	default:
		goto Usage;
	}ARGEND
	if(argc < 1){
	Usage:
		fprint(2, "usage: cleanname [-d pwd] name ...\n");
		exits("usage");
	}
	for(i = 0; i < argc; i++){
		if(dir == nil || argv[i][0] == '/')
			name = smprint("%s  ", argv[i]);	/* room for "." */
		else
			name = smprint("%s/%s", dir, argv[i]);
		if(name == nil)
			sysfatal("out of memory");
		if(dir == nil || argv[i][0] == '/')
			name[strlen(argv[i])] = 0;
		print("%s\n", cleanname(name));
		free(name);
	}
	exits(nil);
}
