/*
 * import: mounts a part of another machine's name space, which exportfs serves
 * there.
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <9p.h>

static void
usage(void)
{
	fprint(2, "usage: import [-abcC] [-s srvname] host remotedir [mountpoint]\n");
	exits("usage");
}

void
main(int argc, char **argv)
{
	char buf[ERRMAX], *name, *where;
	int fd, flag, n;

	flag = MREPL;
	name = nil;
	ARGBEGIN{
	case 'a':
		flag |= MAFTER;
		break;
	case 'b':
		flag |= MBEFORE;
		break;
	case 'c':
		flag |= MCREATE;
		break;
	case 'C':
		flag |= MCACHE;
		break;
	case 's':
		name = EARGF(usage());
		break;
	default:
		usage();
	}ARGEND
	if(argc != 2 && argc != 3)
		usage();
	where = argc == 3 ? argv[2] : argv[1];
	fd = dial(netmkaddr(argv[0], "tcp", "exportfs"), nil, nil, nil);
	if(fd < 0)
		sysfatal("%s: %r", argv[0]);
	if(write(fd, argv[1], strlen(argv[1])) < 0)
		sysfatal("%s: %r", argv[0]);
	n = read(fd, buf, sizeof buf - 1);
	if(n < 0)
		sysfatal("%s: %r", argv[0]);
	buf[n] = '\0';
	if(strcmp(buf, "OK") != 0)
		sysfatal("%s: %s", argv[0], n == 0 ? "hung up" : buf);
	if(name != nil && postfd(name, fd) < 0)
		sysfatal("post %s: %r", name);
	if(mount(fd, -1, where, flag, "") < 0)
		sysfatal("mount %s: %r", where);
	exits(nil);
}
