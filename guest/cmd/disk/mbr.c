/*
 * mbr: puts boot code into a disk's first sector and leaves its partition table
 * and signature as they are.
 */
#include <u.h>
#include <libc.h>
#include <disk.h>

enum
{
	Codesize	= 440,		/* then 4 bytes that name the disk, 2 of nothing, the table */
	Table		= 446,
	Tplan9		= 0x39,
};

static void
usage(void)
{
	fprint(2, "usage: disk/mbr [-9] [-m mbrfile] disk\n");
	exits("usage");
}

static long
readcode(char *file, uchar *code)
{
	long n;
	int fd;

	fd = open(file, OREAD);
	if(fd < 0)
		sysfatal("boot code: %s: %r", file);
	n = readn(fd, code, 513);
	close(fd);
	if(n <= 0)
		sysfatal("boot code: %s: empty or unreadable", file);
	if(n == 512 && code[510] == 0x55 && code[511] == 0xAA)
		return Codesize;	/* a whole sector: its table is not wanted */
	if(n > Codesize)
		sysfatal("boot code: %s: more than %d bytes, and no boot sector", file, Codesize);
	return n;
}

/* one partition, Plan 9's, from the end of the first track to the end of the disk */
static void
wholedisk(Disk *d, uchar *sec)
{
	vlong start, len;
	uchar *p;
	int i;

	start = d->secs > 4*2048 ? 2048 : 1;
	len = d->secs-start;
	if(len < 1)
		sysfatal("%s: too small for a partition", d->name);
	if(len > 0xFFFFFFFFLL)
		len = 0xFFFFFFFFLL;
	p = sec+Table;
	memset(p, 0, 64);
	p[0] = 0x80;
	p[2] = 1;
	p[4] = Tplan9;
	p[5] = 254;
	p[6] = p[7] = 255;
	for(i = 0; i < 4; i++){
		p[8+i] = start>>8*i;
		p[12+i] = len>>8*i;
	}
}

void
main(int argc, char **argv)
{
	static uchar sec[32768], code[513];
	char *file;
	long n;
	int nine;
	Disk *d;

	file = "/386/mbr";
	nine = 0;
	ARGBEGIN{
	case '9':
		nine = 1;
		break;
	case 'm':
		file = EARGF(usage());
		break;
	default:
		usage();
	}ARGEND
	if(argc != 1)
		usage();
	argv0 = "mbr";
	n = readcode(file, code);
	d = opendisk(argv[0], 0, 0);
	if(d == nil)
		sysfatal("%s: %r", argv[0]);
	if(readsec(d, 0, sec, 1) < 0)
		sysfatal("%s: %r", argv[0]);
	if(sec[510] != 0x55 || sec[511] != 0xAA)
		memset(sec, 0, d->secsize);
	memset(sec, 0, Codesize);
	memmove(sec, code, n);
	sec[510] = 0x55;
	sec[511] = 0xAA;
	if(nine)
		wholedisk(d, sec);
	if(writesec(d, 0, sec, 1) < 0)
		sysfatal("%s: can't write sector 0: %r", argv[0]);
	exits(nil);
}
