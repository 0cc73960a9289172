/*
 * How a server meets its clients: a pipe, one end posted in /srv or mounted,
 * and a process of its own that serves the other.
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <9p.h>

/* makes fd appear as /srv/name */
int
postfd(char *name, int fd)
{
	char path[128], num[16];
	int f, n;

	snprint(path, sizeof path, strchr(name, '/') != nil ? "%s" : "/srv/%s", name);
	f = create(path, OWRITE, 0600);
	if(f < 0)
		return -1;
	n = snprint(num, sizeof num, "%d", fd);
	n = write(f, num, n) == n ? 0 : -1;
	close(f);
	return n;
}

/*
 * Starts the server and posts it, if name is not nil.  Returns the clients'
 * end; the server's end is closed in this process, so that clients notice when
 * the server dies.
 */
int
postsrv(Srv *s, char *name)
{
	int fd[2];

	if(s->nopipe){
		werrstr("postsrv: server has its descriptors already");
		return -1;
	}
	if(pipe(fd) < 0)
		return -1;
	s->infd = s->outfd = fd[1];
	s->srvfd = fd[0];
	if(name != nil && postfd(name, fd[0]) < 0)
		goto Bad;
	switch(rfork(RFPROC|RFFDG|RFMEM|RFNOWAIT|RFNAMEG|RFNOTEG)){
	case -1:
		goto Bad;
	case 0:
		close(fd[0]);
		srv(s);
		_exits(nil);
	}
	close(fd[1]);
	return fd[0];
Bad:
	close(fd[0]);
	close(fd[1]);
	return -1;
}

/* the usual main of a server: posts it and mounts it, each if its name is not nil */
void
postmountsrv(Srv *s, char *name, char *mtpt, int flag)
{
	int fd;

	fd = postsrv(s, name);
	if(fd < 0)
		sysfatal("post %s: %r", name != nil ? name : "pipe");
	if(mtpt == nil){
		close(fd);
		return;
	}
	if(mount(fd, -1, mtpt, flag, "") < 0)
		sysfatal("mount %s: %r", mtpt);
}

/*
 * The end of the main of a server that can be had in any way: on its standard input and
 * output, until they end; or as postmountsrv does.  Does not return.
 */
void
runsrv(Srv *s, int stdio, char *name, char *mtpt, int flag)
{
	if(stdio){
		s->nopipe = 1;
		s->infd = 0;
		s->outfd = 1;
		srv(s);
	}else
		postmountsrv(s, name, mtpt, flag);
	exits(nil);
}
