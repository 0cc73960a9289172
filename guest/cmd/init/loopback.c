/*
 * The IP stack's loopback interface, so that programs on one machine can talk before
 * there is any other network.  A kernel without #I goes without.
 */
#include <u.h>
#include <libc.h>
#include "init.h"

void
loopback(void)
{
	static char *words[] = { "bind loopback /dev/null", "add 127.1", "add ::1 /128" };
	int fd, i;

	fd = open("#I0/ipifc/clone", ORDWR);
	if(fd < 0)
		return;
	for(i = 0; i < nelem(words); i++)
		if(write(fd, words[i], strlen(words[i])) < 0)
			fprint(2, "init: #I0/ipifc: %s: %r\n", words[i]);
	close(fd);
}
