/* unmount [name] old: undoes a bind or mount at old, all of them if name is not given. */
#include <u.h>
#include <libc.h>

void
main(int argc, char **argv)
{
	argv0 = "unmount";
	if(argc != 2 && argc != 3){
		fprint(2, "usage: unmount [name] mountpoint\n");
		exits("usage");
	}
	if(argc == 2 && unmount(nil, argv[1]) < 0)
		sysfatal("%s: %r", argv[1]);
	if(argc == 3 && unmount(argv[1], argv[2]) < 0)
		sysfatal("%s from %s: %r", argv[1], argv[2]);
	exits(nil);
}
