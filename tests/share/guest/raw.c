/*
 * A program that speaks 9P to a share by itself, through #h: it gets what the protocol gives, and no message makes the host do
 * anything else.  usage: raw FILE-OF-#h
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include "tap.h"

static int	fd;
static uchar	buf[8192+IOHDRSZ];
static Fcall	t, r;

/* send what is in t; the reply is in r: its type, 0 if the message was refused, -1 for nonsense */
static int
ask(void)
{
	int n;

	t.tag = t.type == Tversion ? NOTAG : 5;
	n = convS2M(&t, buf, sizeof buf);
	if(write(fd, buf, n) != n)
		return 0;
	n = read(fd, buf, sizeof buf);
	if(n <= 0 || convM2S(buf, n, &r) != n || r.tag != t.tag)
		return -1;
	return r.type;
}

static int
refused(char *why)
{
	if(r.type == Rerror && strstr(r.ename, why) != nil)
		return 1;
	diag("reply type %d '%s', wanted '%s'", r.type, r.type == Rerror ? r.ename : "", why);
	return 0;
}

static int
walk(ulong newfid, char *name)
{
	memset(&t, 0, sizeof t);
	t.type = Twalk;
	t.newfid = newfid;
	t.nwname = 1;
	t.wname[0] = name;
	return ask();
}

/* a message that is none: the write fails, and the connection goes on */
static void
garbage(char *what, uchar *p, int n)
{
	char err[ERRMAX];

	werrstr("");
	ok(write(fd, p, n) < 0, "%s is refused", what);
	rerrstr(err, sizeof err);
	if(strcmp(err, "malformed 9P message") != 0)
		diag("%s: '%s'", what, err);
}

void
main(int argc, char **argv)
{
	uchar msg[64];
	int i, fd2;

	if(argc != 2)
		sysfatal("usage: raw file");
	fd = open(argv[1], ORDWR);
	if(fd < 0)
		sysfatal("%s: %r", argv[1]);
	memset(&t, 0, sizeof t);
	t.type = Tattach;
	t.afid = NOFID;
	t.uname = t.aname = "";
	ok(ask() == Rerror && refused("no version"), "before Tversion there is nothing");
	memset(&t, 0, sizeof t);
	t.type = Tversion;
	t.msize = sizeof buf;
	t.version = "9P2000";
	ok(ask() == Rversion && r.msize == sizeof buf, "version");
	memset(&t, 0, sizeof t);
	t.type = Tattach;
	t.afid = NOFID;
	t.uname = "somebody";
	t.aname = "";
	ok(ask() == Rattach && r.qid.type == QTDIR, "attach");
	ok(walk(1, "..") == Rwalk && r.nwqid == 1 && r.wqid[0].type == QTDIR, ".. of the root is the root");
	ok(walk(2, "../..") == Rerror && refused("bad character"), "a slash in a name");
	ok(walk(2, "/etc/passwd") == Rerror && refused("bad character"), "an absolute name");
	ok(walk(1, "out") == Rerror && refused("in use"), "a fid twice");
	t.type = Tclunk;
	t.fid = 1;
	ok(ask() == Rclunk, "clunk");
	ok(walk(1, "out") == Rwalk && r.nwqid == 1, "a link that leads out is there");
	t.type = Topen;
	t.fid = 1;
	t.mode = OREAD;
	ok(ask() == Rerror && refused("symbolic link"), "and cannot be opened");

	garbage("an empty message", (uchar*)"\7\0\0\0\0\0\0", 7);
	memset(msg, 0xff, sizeof msg);
	garbage("a message of ones", msg, sizeof msg);
	memset(msg, 0, sizeof msg);
	garbage("a message of zeros", msg, sizeof msg);
	PBIT32(msg, 11);
	msg[4] = 107;
	garbage("an R-message", msg, 11);
	msg[4] = Tclunk;
	PBIT32(msg, 12);
	garbage("a message longer than it is", msg, 11);
	ok(write(fd, msg, 3) < 0, "half a header is refused");
	for(i = 0; i < 3; i++){
		t.type = Tflush;
		t.oldtag = i;
		ok(ask() == Rflush, "flush of nothing %d", i);
	}
	fd2 = open(argv[1], ORDWR);
	ok(fd2 >= 0, "a second connection");
	i = fd;
	fd = fd2;
	ok(walk(2, "..") == Rerror && refused("no version"), "knows nothing of the first");
	fd = i;
	close(fd2);
	t.type = Tstat;
	t.fid = 1;
	ok(ask() == Rstat, "and the first goes on when the second ends");
	ok(mount(fd, -1, "/mnt", MREPL, "") >= 0, "a connection can be mounted later");
	ok(access("/mnt/out", AEXIST) >= 0, "and shows the directory");
	ok(read(fd2, buf, 1) < 0, "a connection that ended cannot be read");
	done();
}
