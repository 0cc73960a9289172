/* pbd: the last element of the working directory's name, without a newline, as a prompt wants it. */
#include <u.h>
#include <libc.h>

void
main(int, char**)
{
	char path[4096], *p;

	argv0 = "pbd";
	if(getwd(path, sizeof path) == nil)
		sysfatal("%r");
	p = strrchr(path, '/');
	if(p == nil || p[1] == 0)
		p = path;
	else
		p++;
	print("%s", p);
	exits(nil);
}
