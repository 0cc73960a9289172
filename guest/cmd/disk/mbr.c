/*
 * mbr: puts boot code into a disk's first sector and leaves its partition table
 * and signature as they are.  Where there is none, code that says so to whoever starts a machine from the disk.
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

/*
 * For the 8086 in real mode, wherever the BIOS has put it: prints the text behind it, waits for a key, and lets the BIOS go on with
 * the next disk.
 */
static char	notboot[] =
	"\x0E"			/* 00	push	cs */
	"\x1F"			/* 01	pop	ds */
	"\xFC"			/* 02	cld */
	"\xE8\x00\x00"		/* 03	call	06 */
	"\x5E"			/* 06	pop	si */
	"\x83\xC6\x1B"		/* 07	add	si, 21-06 */
	"\xAC"			/* 0A	lodsb */
	"\x84\xC0"		/* 0B	test	al, al */
	"\x74\x09"		/* 0D	jz	18 */
	"\xB4\x0E"		/* 0F	mov	ah, 0E		print al */
	"\xBB\x07\x00"		/* 11	mov	bx, 7 */
	"\xCD\x10"		/* 14	int	10 */
	"\xEB\xF2"		/* 16	jmp	0A */
	"\xB4\x00"		/* 18	mov	ah, 0		wait for a key */
	"\xCD\x16"		/* 1A	int	16 */
	"\xCD\x18"		/* 1C	int	18		nothing to boot here */
	"\xF4"			/* 1E	hlt */
	"\xEB\xFD"		/* 1F	jmp	1E */
	"This disk has no boot loader. Its systems are started in other ways, as by 9guest -d.\r\n"
	"Press a key to go on with the next disk.\r\n";

static char	usual[] = "/386/mbr";

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

	file = nil;
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
	if(file == nil && access(usual, AEXIST) == 0)
		file = usual;
	if(file != nil)
		n = readcode(file, code);
	else{
		n = sizeof notboot;
		memmove(code, notboot, n);
	}
	d = opendisk(argv[0], 0, 0);
	if(d == nil)
		sysfatal("%s: %r", argv[0]);
	if(readsec(d, 0, sec, 1) < 0)
		sysfatal("%s: %r", argv[0]);
	if(nine && hasgpt(d))
		sysfatal("%s: the disk has a GUID partition table (GPT), which -9 does not write over", argv[0]);
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
	if(file == nil)
		fprint(2, "mbr: there is no %s, and no -m: the code says that the disk does not boot\n", usual);
	exits(nil);
}
