/*
 * What helper processes have in common.  They are forked before the guest exists, hold nothing of it, and do what the
 * process with the guest in it may not: look names up, play a network.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wires.h"

void helper_begin(int *keep, int n, bool dies)
{
	int null = open("/dev/null", O_RDWR);
	sigset_t none;

	/* out of the way first; a helper that cannot hear its parent's end must not stay */
	for (int i = 0; i < n; i++)
		if ((keep[i] = fcntl(keep[i], F_DUPFD, 3 + n)) < 0)
			_exit(1);
	/* whoever reads our parent's output must see its end when the parent ends */
	for (int i = 0; i < 3; i++)
		dup2(null, i);
	for (int i = 0; i < n; i++)
		if ((keep[i] = dup2(keep[i], 3 + i)) < 0)
			_exit(1);
	close_range((unsigned)(3 + n), ~0u, 0);
	if (dies)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (dies)
		signal(SIGTSTP, SIG_IGN);	/* a parent that is stopped asks nothing */
}

size_t wire_news(uint8_t *record, enum wire_news news, const void *data, size_t len)
{
	if (len > WIRE_NEWS_MOST - WIRE_NEWS_HEAD)
		len = WIRE_NEWS_MOST - WIRE_NEWS_HEAD;
	memset(record, 0, WIRE_NEWS_HEAD - 1);
	record[WIRE_NEWS_HEAD - 1] = (uint8_t)news;
	memcpy(record + WIRE_NEWS_HEAD, data, len);
	return WIRE_NEWS_HEAD + len;
}

int wire_tell(int fd, enum wire_news news, const void *data, size_t len)
{
	uint8_t record[WIRE_NEWS_MOST];

	return send(fd, record, wire_news(record, news, data, len), MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -1 : 0;
}
