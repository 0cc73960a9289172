/* md5sum [file ...]: MD5 digests. */
#include <u.h>
#include <libc.h>
#include <libsec.h>

static uchar buf[64*1024];

static int
sum(int fd, char *name)
{
	DigestState s;
	uchar d[MD5dlen];
	long n;

	memset(&s, 0, sizeof s);
	while((n = read(fd, buf, sizeof buf)) > 0)
		md5(buf, n, nil, &s);
	if(n < 0){
		fprint(2, "md5sum: error reading %s: %r\n", name != nil ? name : "standard input");
		return -1;
	}
	md5(nil, 0, d, &s);
	print(name != nil ? "%#.*H\t%s\n" : "%#.*H\n", MD5dlen, d, name);
	return 0;
}

void
main(int argc, char **argv)
{
	char *status;
	int i, fd;

	ARGBEGIN{
	default:
		fprint(2, "usage: md5sum [file ...]\n");
		exits("usage");
	}ARGEND
	fmtinstall('H', encodefmt);
	status = nil;
	if(argc == 0 && sum(0, nil) < 0)
		status = "error";
	for(i = 0; i < argc; i++){
		fd = open(argv[i], OREAD);
		if(fd < 0){
			fprint(2, "md5sum: can't open %s: %r\n", argv[i]);
			status = "open";
			continue;
		}
		if(sum(fd, argv[i]) < 0)
			status = "error";
		close(fd);
	}
	exits(status);
}
