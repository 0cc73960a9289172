/*
 * 9P inside of 9P: a connection whose bytes are those of a file that another connection serves, and so on.  Each level takes of the
 * kernel's stack, so there is a limit, and nothing in between hides a level.
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include "tap.h"

enum {
	Msize	= 8192+IOHDRSZ,
	Many	= 40,
	Limit	= 6,
};

/* Serves one file; what is written to it goes to out, and what is read comes from there. */
static void
serve(int fd, int out)
{
	static uchar msg[Msize], data[Msize];
	Fcall t, r;
	int n;

	while((n = read9pmsg(fd, msg, sizeof msg)) > 0){
		convM2S(msg, n, &t);
		memset(&r, 0, sizeof r);
		r.type = t.type+1;
		r.tag = t.tag;
		switch(t.type){
		case Tversion:
			r.msize = t.msize < Msize? t.msize: Msize;
			r.version = "9P2000";
			break;
		case Tattach:
			r.qid.type = QTDIR;
			break;
		case Twalk:
			r.nwqid = t.nwname;
			break;
		case Tread:
			n = read(out, data, t.count < Msize-IOHDRSZ? t.count: Msize-IOHDRSZ);
			r.count = n > 0? n: 0;
			r.data = (char*)data;
			break;
		case Twrite:
			r.count = write(out, t.data, t.count);
			break;
		}
		n = convS2M(&r, msg, sizeof msg);
		write(fd, msg, n);
	}
	_exits(nil);
}

/* A channel of #D on fd, which passes bytes as they are. */
static int
filter(int fd)
{
	char num[16], s[40];
	int ctl, n;

	ctl = open("#D/ssl/clone", ORDWR);
	n = read(ctl, num, sizeof num-1);
	num[n > 0? n: 0] = 0;
	snprint(s, sizeof s, "fd %d", fd);
	if(write(ctl, s, strlen(s)) < 0)
		return -1;
	snprint(s, sizeof s, "#D/ssl/%s/data", num);
	n = open(s, ORDWR);
	close(ctl);
	return n;
}

/* Connections each in the last one's file, until there may be no more: how many, and why. */
static int
descend(int (*between)(int), char *why)
{
	int n, fd, server, inside[2];

	pipe(inside);
	fd = inside[0];
	server = inside[1];
	for(n = 0; n < Many; n++){
		pipe(inside);
		if(rfork(RFPROC|RFFDG|RFNOWAIT) == 0){
			close(fd);
			close(inside[1]);
			serve(server, inside[0]);
		}
		close(server);
		close(inside[0]);
		server = inside[1];
		if(between != nil)
			fd = between(fd);
		if(fd < 0 || mount(fd, -1, "/n", MREPL, "") < 0)
			break;
		fd = open("/n/f", ORDWR);
	}
	rerrstr(why, ERRMAX);
	unmount(nil, "/n");
	return n;
}

static void
limited(int (*between)(int), int most, char *name)
{
	char why[ERRMAX];

	same(descend(between, why), most, name);
	samestr(why, "connection inside too many others", "and the next one says why not");
}

void
main(void)
{
	limited(nil, Limit, "connections inside of each other have a limit");
	limited(filter, Limit/2, "with filters in between, these count as well");
	done();
}
