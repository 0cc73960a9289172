/* System calls that are given up: giveup.h. */
#include <u.h>
#include <libc.h>
#include <giveup.h>

enum
{
	Again	= 20,	/* ms from one alarm to the next */
};

static void	**limited;	/* is there a limit?  each process's own, also of those that share memory */

int
islimit(char *msg)
{
	if(strcmp(msg, "alarm") != 0)
		return 0;
	if(limited != nil && *limited != nil)
		alarm(Again);
	return 1;
}

static void
caught(void*, char *msg)
{
	noted(islimit(msg) ? NCONT : NDFLT);
}

void
notelimits(void)
{
	notify(caught);
}

void
limit(ulong ms)
{
	if(limited == nil)
		limited = privalloc();
	*limited = &limited;
	alarm(ms);
}

void
nolimit(void)
{
	*limited = nil;
	alarm(0);
}

long
readfor(int fd, void *buf, long n, ulong ms)
{
	long m;

	limit(ms);
	m = read(fd, buf, n);
	nolimit();
	return m;
}
