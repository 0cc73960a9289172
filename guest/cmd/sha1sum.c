/* sha1sum [-2 bits] [file ...]: SHA-1 digests, or SHA-2 of 256 or 512 bits. */
#include <u.h>
#include <libc.h>
#include <libsec.h>

static DigestState *(*digest)(uchar*, ulong, uchar*, DigestState*) = sha1;
static int len = SHA1dlen;
static uchar buf[64*1024];

static int
sum(int fd, char *name)
{
	DigestState s;
	uchar d[SHA2_512dlen];
	long n;

	memset(&s, 0, sizeof s);
	while((n = read(fd, buf, sizeof buf)) > 0)
		digest(buf, n, nil, &s);
	if(n < 0){
		fprint(2, "sha1sum: error reading %s: %r\n", name != nil ? name : "standard input");
		return -1;
	}
	digest(nil, 0, d, &s);
	print(name != nil ? "%#.*H\t%s\n" : "%#.*H\n", len, d, name);
	return 0;
}

static void
usage(void)
{
	fprint(2, "usage: sha1sum [-2 256|512] [file ...]\n");
	exits("usage");
}

void
main(int argc, char **argv)
{
	char *status;
	int i, fd;

	ARGBEGIN{
	case '2':
		switch(atoi(EARGF(usage()))){
		case 256:
			digest = sha2_256;
			len = SHA2_256dlen;
			break;
		case 512:
			digest = sha2_512;
			len = SHA2_512dlen;
			break;
		default:
			usage();
		}
		break;
	default:
		usage();
	}ARGEND
	fmtinstall('H', encodefmt);
	status = nil;
	if(argc == 0 && sum(0, nil) < 0)
		status = "error";
	for(i = 0; i < argc; i++){
		fd = open(argv[i], OREAD);
		if(fd < 0){
			fprint(2, "sha1sum: can't open %s: %r\n", argv[i]);
			status = "open";
			continue;
		}
		if(sum(fd, argv[i]) < 0)
			status = "error";
		close(fd);
	}
	exits(status);
}
