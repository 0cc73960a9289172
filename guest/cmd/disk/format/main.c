/*
 * format: makes an empty FAT file system on a disk, a partition or a file, and
 * copies files into its root.
 */
#include <u.h>
#include <libc.h>
#include <disk.h>
#include "format.h"

static void
usage(void)
{
	fprint(2, "usage: disk/format [-dfv] [-b bootblock] [-c clustersectors] [-l label] [-r reserved] [-t fatbits] disk [file...]\n");
	exits("usage");
}

static long
bootblock(char *file, uchar *buf)
{
	int fd;
	long n;

	fd = open(file, OREAD);
	if(fd < 0)
		sysfatal("boot block: %s: %r", file);
	n = readn(fd, buf, 513);
	close(fd);
	if(n <= 0 || n > 512)
		sysfatal("boot block: %s: %s", file, n <= 0 ? "empty or unreadable" : "more than 512 bytes");
	return n;
}

/* 11 bytes, blank filled, capitals */
static void
takelabel(Fat *f, char *s)
{
	int i;

	if(strlen(s) > 11)
		sysfatal("-l %s: a label has at most 11 characters", s);
	memset(f->label, ' ', 11);
	for(i = 0; s[i] != 0; i++){
		if((uchar)s[i] < ' ' || (uchar)s[i] > '~' || strchr("\"*+,./:;<=>?[\\]|", s[i]) != nil)
			sysfatal("-l %s: bad character in a label", s);
		f->label[i] = toupper(s[i]);
	}
	if(f->label[0] == ' ')
		f->label[0] = 0;
}

static void
alloc(Fat *f)
{
	f->rootbytes = f->bits == 32 ? f->csecs*f->disk->secsize : f->rootsecs*f->disk->secsize;
	f->table = mallocz(f->fatsecs*f->disk->secsize, 1);
	f->root = mallocz(f->rootbytes, 1);
	if(f->table == nil || f->root == nil)
		sysfatal("out of memory: the FAT has %lld bytes", f->fatsecs*f->disk->secsize);
	setentry(f, 0, 0x0FFFFF00|f->media);
	setentry(f, 1, 0x0FFFFFFF);
	f->next = 2;
	if(f->bits == 32)
		setentry(f, f->next++, 0x0FFFFFFF);
}

void
main(int argc, char **argv)
{
	static Fat f;
	static uchar code[513];
	char *err, *boot;
	long ncode;
	int fflag, verbose, i;

	boot = nil;
	fflag = verbose = 0;
	f.keep = 1;
	ARGBEGIN{
	case 'b':
		boot = EARGF(usage());
		break;
	case 'c':
		f.csecs = atoi(EARGF(usage()));
		if(f.csecs <= 0 || f.csecs > 128 || f.csecs & f.csecs-1)
			sysfatal("-c: a cluster has 1, 2, 4 ... 128 sectors");
		break;
	case 'd':
		break;			/* FAT is all there is */
	case 'f':
		fflag = 1;
		break;
	case 'l':
		takelabel(&f, EARGF(usage()));
		break;
	case 'r':
		f.keep = atoi(EARGF(usage()));
		if(f.keep < 1 || f.keep > 1000)
			sysfatal("-r: from 1 to 1000 sectors can be reserved");
		break;
	case 't':
		f.bits = atoi(EARGF(usage()));
		if(f.bits != 12 && f.bits != 16 && f.bits != 32)
			sysfatal("-t: a FAT has 12, 16 or 32 bits");
		break;
	case 'v':
		verbose = 1;
		break;
	default:
		usage();
	}ARGEND
	if(argc < 1)
		usage();
	argv0 = "format";
	f.disk = opendisk(argv[0], 0, fflag);
	if(f.disk == nil)
		sysfatal("%s: %r", argv[0]);
	if(f.disk->rdonly)
		sysfatal("%s: read-only", argv[0]);
	if(f.disk->secsize > 4096)
		sysfatal("%s: sectors of more than 4096 bytes", argv[0]);
	ncode = boot != nil ? bootblock(boot, code) : 0;
	err = shape(&f);
	if(err != nil)
		sysfatal("%s: %s", argv[0], err);
	genrandom((uchar*)&f.serial, sizeof f.serial);
	alloc(&f);
	setlabel(&f);
	for(i = 1; i < argc; i++){
		err = addfile(&f, argv[i]);
		if(err != nil)
			sysfatal("%s: %s", argv[i], err);
	}
	err = makefat(&f, boot != nil ? code : nil, ncode);
	if(err != nil)
		sysfatal("%s: %s", argv[0], err);
	if(verbose)
		print("FAT%d, %lld clusters of %d bytes, %d of %lld sectors before them\n", f.bits, f.nclust,
			f.csecs*f.disk->secsize, (int)f.data, f.disk->secs);
	exits(nil);
}
