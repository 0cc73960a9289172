/* What servers of calls share: calls.h. */
#include <u.h>
#include <libc.h>
#include <calls.h>

int
becomenone(void)
{
	int fd, n;

	fd = open("#c/user", OWRITE);
	if(fd < 0)
		return -1;
	n = write(fd, "none", 4);
	close(fd);
	return n == 4 ? 0 : -1;
}

void
servecalls(int actl, char *dir, void (*serve)(int ctl, char *dir, void *aux), void *aux)
{
	char calldir[NETPATHLEN];
	int ctl;

	while((ctl = listen(dir, calldir)) >= 0){
		switch(rfork(RFPROC|RFFDG|RFNOWAIT|RFENVG|RFNAMEG|RFNOTEG)){
		case -1:
			reject(ctl, calldir, "host overloaded");
			break;
		case 0:
			close(actl);
			serve(ctl, calldir, aux);
			_exits("serve");
		}
		close(ctl);
	}
}

void
standardio(int fd)
{
	int i;

	for(i = 0; i < 3; i++)
		if(i != fd)
			dup(fd, i);
	if(fd > 2)
		close(fd);
}
