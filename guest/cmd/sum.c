/*
 * sum [-5r] [file ...]: a checksum and the length of files: by default the
 * cyclic redundancy check of 32 bits that Ethernet uses, with -r the rotating
 * sum of 16 bits and a count of kilobytes, with -5 that of System V and a
 * count of 512 bytes.
 */
#include <u.h>
#include <libc.h>

static uchar buf[64*1024];
static ulong table[256];

static void
maketable(void)
{
	ulong c;
	int i, j;

	for(i = 0; i < 256; i++){
		c = i;
		for(j = 0; j < 8; j++)
			c = c & 1 ? c>>1 ^ 0xEDB88320 : c>>1;
		table[i] = c;
	}
}

static ulong
crc(ulong sum, uchar *p, long n)
{
	while(n-- > 0)
		sum = sum>>8 ^ table[(sum ^ *p++) & 0xFF];
	return sum;
}

static ulong
rotating(ulong sum, uchar *p, long n)
{
	while(n-- > 0)
		sum = ((sum>>1 | (sum & 1)<<15) + *p++) & 0xFFFF;
	return sum;
}

static ulong
plain(ulong sum, uchar *p, long n)
{
	while(n-- > 0)
		sum += *p++;
	return sum;
}

static int
sum(int fd, char *name, int how)
{
	uvlong len;
	ulong s;
	long n;

	s = how == 'c' ? 0xFFFFFFFF : 0;
	len = 0;
	while((n = read(fd, buf, sizeof buf)) > 0){
		s = how == 'r' ? rotating(s, buf, n) : how == '5' ? plain(s, buf, n) : crc(s, buf, n);
		len += n;
	}
	if(n < 0){
		fprint(2, "sum: error reading %s: %r\n", name != nil ? name : "standard input");
		return -1;
	}
	switch(how){
	case 'r':
		print("%.5lud %5llud", s, (len+1023)/1024);
		break;
	case '5':
		s = (s & 0xFFFF) + (s>>16);
		s = (s & 0xFFFF) + (s>>16);
		print("%lud %llud", s, (len+511)/512);
		break;
	default:
		print("%.8lux %6llud", ~s, len);
	}
	print(name != nil ? " %s\n" : "\n", name);
	return 0;
}

void
main(int argc, char **argv)
{
	char *status;
	int i, fd, how;

	how = 'c';
	ARGBEGIN{
	case '5':
	case 'r':
		how = ARGC();
		break;
	default:
		fprint(2, "usage: sum [-5r] [file ...]\n");
		exits("usage");
	}ARGEND
	maketable();
	status = nil;
	if(argc == 0 && sum(0, nil, how) < 0)
		status = "error";
	for(i = 0; i < argc; i++){
		fd = open(argv[i], OREAD);
		if(fd < 0){
			fprint(2, "sum: can't open %s: %r\n", argv[i]);
			status = "open";
			continue;
		}
		if(sum(fd, argv[i], how) < 0)
			status = "error";
		close(fd);
	}
	exits(status);
}
