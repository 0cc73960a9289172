/* chgrp [-ou] group file ...: changes the group, or with -o (or -u) the owner. */
#include <u.h>
#include <libc.h>

void
main(int argc, char **argv)
{
	Dir d;
	char *status;
	int i, owner;

	owner = 0;
	ARGBEGIN{
	case 'o':
	case 'u':
		owner = 1;
		break;
	default:
		goto Usage;
	}ARGEND
	if(argc < 1){
	Usage:
		fprint(2, "usage: chgrp [-uo] group file ...\n");
		exits("usage");
	}
	status = nil;
	for(i = 1; i < argc; i++){
		nulldir(&d);
		if(owner)
			d.uid = argv[0];
		else
			d.gid = argv[0];
		if(dirwstat(argv[i], &d) < 0){
			fprint(2, "chgrp: can't wstat %s: %r\n", argv[i]);
			status = "can't wstat";
		}
	}
	exits(status);
}
