/* pwd: the name of the working directory. */
#include <u.h>
#include <libc.h>

void
main(int, char**)
{
	char path[4096];

	argv0 = "pwd";
	if(getwd(path, sizeof path) == nil)
		sysfatal("%r");
	print("%s\n", path);
	exits(nil);
}
