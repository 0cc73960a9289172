/*
 * xd: dumps files in hexadecimal, octal, decimal or as characters, in units
 * of 1, 2, 4 or 8 bytes, several ways at once if asked.
 */
#include <u.h>
#include <libc.h>
#include <bio.h>

enum
{
	Row	= 16,
	Maxform	= 8,
};

static struct {
	int	size;			/* bytes; 0 for characters */
	int	base;			/* 'o' 'd' 'x' */
} form[Maxform];

static int nform, addrbase = 'x', sflag, rflag, uflag;
static Biobuf out;

static void
usage(void)
{
	fprint(2, "usage: xd [-u] [-r] [-s] [-a{odx}] [-c|{b1w2l4v8}{odx}] ... [file ...]\n");
	exits("usage");
}

static uvlong
unit(uchar *p, int size)
{
	uvlong v;
	int i;

	v = 0;
	for(i = 0; i < size; i++)
		v = v<<8 | p[sflag ? size-1-i : i];
	return v;
}

static void
character(int c)
{
	static char escapes[] = "\bb\ff\nn\rr\tt\vv";
	char *s;

	s = strchr(escapes, c);
	if(c != 0 && s != nil && c < ' ')
		Bprint(&out, " \\%c", s[1]);
	else if(c == 0)
		Bprint(&out, " \\0");
	else if(c < ' ' || c >= 0x7F)
		Bprint(&out, " %.2ux", c);
	else
		Bprint(&out, "  %c", c);
}

static void
value(uvlong v, int size, int base)
{
	static int octal[] = {[1] = 3, [2] = 6, [4] = 11, [8] = 22};
	static int dec[] = {[1] = 3, [2] = 5, [4] = 10, [8] = 20};

	switch(base){
	case 'o':
		Bprint(&out, " %.*llo", octal[size], v);
		break;
	case 'd':
		Bprint(&out, " %*lld", dec[size], v);
		break;
	default:
		Bprint(&out, " %.*llux", 2*size, v);
	}
}

static void
address(uvlong a)
{
	switch(addrbase){
	case 'o':
		Bprint(&out, "%.7llo ", a);
		break;
	case 'd':
		Bprint(&out, "%.7lld ", a);
		break;
	default:
		Bprint(&out, "%.7llux ", a);
	}
}

static void
row(uvlong addr, uchar *buf, int n)
{
	int f, i, size;

	memset(buf+n, 0, Row-n);
	for(f = 0; f < nform; f++){
		if(f == 0)
			address(addr);
		else
			Bprint(&out, "\t");
		size = form[f].size;
		if(size == 0)
			for(i = 0; i < n; i++)
				character(buf[i]);
		else
			for(i = 0; i < n; i += size)
				value(unit(buf+i, size), size, form[f].base);
		Bputc(&out, '\n');
	}
	if(uflag)
		Bflush(&out);
}

/* 0, or -1 after a message */
static int
dump(char *name, int fd)
{
	Biobuf *in;
	uchar buf[Row], last[Row];
	uvlong addr;
	long n;
	int same;

	in = Bfdopen(fd, OREAD);
	same = 0;
	addr = 0;
	while((n = Bread(in, buf, Row)) > 0){
		if(rflag && addr > 0 && n == Row && memcmp(buf, last, Row) == 0){
			if(!same)
				Bprint(&out, "*\n");
			same = 1;
		}else{
			same = 0;
			memmove(last, buf, n);
			row(addr, buf, n);
		}
		addr += n;
		if(n < Row)
			break;
	}
	if(n < 0)
		fprint(2, "xd: error reading %s: %r\n", name);
	address(addr);
	Bputc(&out, '\n');
	Bterm(in);
	return n < 0 ? -1 : 0;
}

static void
addform(int size, int base)
{
	if(nform == Maxform)
		sysfatal("more than %d formats", Maxform);
	form[nform].size = size;
	form[nform].base = base;
	nform++;
}

static void
formoption(char *s)
{
	static char letters[] = "b1w2l4v8";
	char *p;
	int size;

	if(*s == 'c' && s[1] == 0){
		addform(0, 'c');
		return;
	}
	size = 4;
	p = strchr(letters, *s);
	if(*s && p != nil){
		size = 1<<(p-letters)/2;
		s++;
	}
	if(*s == 0)
		addform(size, 'x');
	for(; *s; s++){
		if(*s != 'o' && *s != 'd' && *s != 'x')
			usage();
		addform(size, *s);
	}
}

void
main(int argc, char **argv)
{
	char *status, *s;
	int i, fd;

	argv0 = "xd";
	for(argc--, argv++; argc > 0 && argv[0][0] == '-' && argv[0][1] != 0; argc--, argv++){
		s = argv[0]+1;
		if(strcmp(s, "r") == 0)
			rflag = 1;
		else if(strcmp(s, "s") == 0)
			sflag = 1;
		else if(strcmp(s, "u") == 0)
			uflag = 1;
		else if(*s == 'a' && (s[1] == 'o' || s[1] == 'd' || s[1] == 'x') && s[2] == 0)
			addrbase = s[1];
		else
			formoption(s);
	}
	if(nform == 0)
		addform(4, 'x');
	Binit(&out, 1, OWRITE);
	status = nil;
	if(argc == 0 && dump("standard input", dup(0, -1)) < 0)
		status = "read";
	for(i = 0; i < argc; i++){
		fd = open(argv[i], OREAD);
		if(fd < 0){
			fprint(2, "xd: can't open %s: %r\n", argv[i]);
			status = "open";
			continue;
		}
		if(argc > 1)
			Bprint(&out, "%s\n", argv[i]);
		if(dump(argv[i], fd) < 0)
			status = "read";
	}
	if(Bterm(&out) < 0)
		exits("write error");
	exits(status);
}
