/*
 * The loopback interface of the first stack, so that programs on one machine can talk before there is any other
 * network.
 */
#include <u.h>
#include <libc.h>
#include <ip.h>

/* -1 and the error string if it cannot be made; a kernel without #I, or a stack that has an interface, is left alone */
int
mkloopback(void)
{
	static char *words[] = { "bind loopback /dev/null", "add 127.1", "add ::1 /128" };
	int fd, i, r;

	if(access("#I0/ipifc/0", AEXIST) == 0)
		return 0;
	fd = open("#I0/ipifc/clone", ORDWR);
	if(fd < 0)
		return 0;
	r = 0;
	for(i = 0; i < nelem(words) && r == 0; i++)
		if(write(fd, words[i], strlen(words[i])) < 0)
			r = -1;
	close(fd);
	return r;
}
