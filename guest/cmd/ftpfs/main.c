/*
 * ftpfs: mounts the files of an FTP server (RFC 959, with RFC 2428 and RFC 3659).
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <9p.h>
#include "ftpfs.h"

char	*host, *user, *pass, *remoteroot;
int	debug, quiet;

static void
usage(void)
{
	fprint(2, "usage: ftpfs [-dq] [-a password] [-m mountpoint] [-r remotedir] [-s srvname] [-u user] host\n");
	exits("usage");
}

/* a line from the terminal, asked for; malloc'd */
static char*
ask(char *prompt, int secret)
{
	char buf[256];
	int fd, ctl, n;

	fd = open("/dev/cons", ORDWR);
	if(fd < 0)
		sysfatal("/dev/cons: %r");
	ctl = -1;
	if(secret){
		ctl = open("/dev/consctl", OWRITE);
		if(ctl >= 0)
			write(ctl, "rawon", 5);
	}
	if(!quiet)
		fprint(2, "%s: ", prompt);
	for(n = 0; n < sizeof buf - 1; n++)
		if(read(fd, buf+n, 1) != 1 || buf[n] == '\n' || buf[n] == '\r')
			break;
	buf[n] = '\0';
	if(secret && !quiet)
		fprint(2, "\n");
	if(ctl >= 0)
		close(ctl);
	close(fd);
	return strdup(buf);
}

/* it goes into a command: no line may begin in it */
static void
oneline(char *what, char *s)
{
	if(s != nil && strpbrk(s, "\r\n") != nil)
		sysfatal("the %s has a line break in it", what);
}

void
main(int argc, char **argv)
{
	char *anonymous, *mtpt, *srvname, prompt[128];

	anonymous = mtpt = nil;
	srvname = nil;
	ARGBEGIN{
	case 'a':
		anonymous = "anonymous";
		pass = EARGF(usage());
		break;
	case 'd':
		debug = 1;
		break;
	case 'm':
		mtpt = EARGF(usage());
		break;
	case 'q':
		quiet = 1;
		break;
	case 'r':
		remoteroot = EARGF(usage());
		break;
	case 's':
		srvname = EARGF(usage());
		break;
	case 'u':
		user = EARGF(usage());
		break;
	default:
		usage();
	}ARGEND
	if(argc != 1)
		usage();
	host = argv[0];
	if(mtpt == nil && srvname == nil)
		mtpt = "/n/ftp";
	if(user == nil)
		user = anonymous;
	if(user == nil){
		snprint(prompt, sizeof prompt, "user at %s (%s)", host, getuser());
		user = ask(prompt, 0);
		if(user != nil && *user == '\0')
			user = strdup(getuser());
	}
	if(pass == nil)
		pass = ask("password", 1);
	if(user == nil || pass == nil)
		sysfatal("out of memory");
	oneline("user name", user);
	oneline("password", pass);
	oneline("directory", remoteroot);
	serve(mtpt, srvname);
	exits(nil);
}
