/*
 * file [-m] [file ...]: guesses what is in files.  First by what the file is,
 * then by the signatures in the table, at last by the looks of its text; -m
 * gives MIME types.
 */
#include <u.h>
#include <libc.h>

enum
{
	Look	= 8192,
};

typedef struct Sign Sign;

struct Sign
{
	int	off;
	char	*bytes;
	int	n;
	char	*desc;
	char	*mime;
};

#define S(off, s, desc, mime)	{off, s, sizeof s - 1, desc, mime}

static Sign signs[] =
{
	S(0, "\0\0\001\353", "386 plan 9 executable", "application/octet-stream"),
	S(0, "\0\0\212\227", "amd64 plan 9 executable", "application/octet-stream"),
	S(0, "\0\0\006\107", "arm plan 9 executable", "application/octet-stream"),
	S(0, "\177ELF", "ELF executable or object", "application/x-elf"),
	S(0, "!<arch>\n", "archive", "application/octet-stream"),
	S(0, "070701", "cpio archive", "application/x-cpio"),
	S(257, "ustar", "tar archive", "application/x-tar"),
	S(0, "\037\213", "gzip compressed", "application/x-gzip"),
	S(0, "BZh", "bzip2 compressed", "application/x-bzip2"),
	S(0, "\3757zXZ", "xz compressed", "application/x-xz"),
	S(0, "PK\003\004", "zip archive", "application/zip"),
	S(0, "\037\235", "compressed", "application/x-compress"),
	S(0, "%PDF-", "PDF", "application/pdf"),
	S(0, "%!", "postscript", "application/postscript"),
	S(0, "GIF8", "GIF image", "image/gif"),
	S(0, "\377\330\377", "jpeg", "image/jpeg"),
	S(0, "\211PNG\r\n\032\n", "PNG image", "image/png"),
	S(0, "compressed\n", "compressed plan 9 image or subfont", "image/p9bit"),
	S(0, "<!DOCTYPE", "HTML file", "text/html"),
	S(0, "<html", "HTML file", "text/html"),
	S(0, "<?xml", "XML file", "text/xml"),
	S(0, "From ", "mail box", "text/plain"),
	S(0, "\357\273\277", "UTF-8 text with a byte order mark", "text/plain;charset=utf-8"),
};

/* words that give a language away, at the start of a line */
static struct {
	char	*word;
	char	*desc;
} words[] =
{
	{"#include", "c program"},
	{"typedef ", "c program"},
	{"struct ", "c program"},
	{"package ", "go program"},
	{".TH ", "manual page"},
	{".SH ", "manual page"},
	{"diff ", "diff output"},
};

static int mflag;

static void
say(char *name, char *desc, char *mime)
{
	if(mflag)
		print("%s\n", mime);
	else
		print("%s: %s\n", name, desc);
}

static int
bysign(char *name, char *buf, int n)
{
	Sign *s;

	for(s = signs; s < signs+nelem(signs); s++)
		if(s->off + s->n <= n && memcmp(buf+s->off, s->bytes, s->n) == 0){
			say(name, s->desc, s->mime);
			return 1;
		}
	return 0;
}

static void
script(char *name, char *buf)
{
	char desc[128], *nl;

	nl = strchr(buf, '\n');
	if(nl != nil)
		*nl = 0;
	snprint(desc, sizeof desc, "%.80s script", buf+2+strspn(buf+2, " \t"));
	say(name, desc, "text/plain");
}

static void
bytext(char *name, char *buf, int n)
{
	Rune r;
	char *p, *line;
	int i, k, bad, wide, latin;

	bad = wide = latin = 0;
	for(i = 0; i < n; i += k){
		if(!fullrune(buf+i, n-i))
			break;
		k = chartorune(&r, buf+i);
		if(r == Runeerror && k == 1){
			if((uchar)buf[i] >= 0xA0)
				latin++;
			else
				bad++;
		}else if(r < ' ' && strchr("\n\t\r\f\b\033", r) == nil || r == 0 || r == 0x7F)
			bad++;
		else if(r >= Runeself)
			wide++;
	}
	if(bad > 0){
		say(name, "binary data", "application/octet-stream");
		return;
	}
	if(buf[0] == '#' && buf[1] == '!'){
		script(name, buf);
		return;
	}
	for(line = buf; line != nil && *line; line = p != nil ? p+1 : nil){
		for(i = 0; i < nelem(words); i++)
			if(strncmp(line, words[i].word, strlen(words[i].word)) == 0){
				say(name, words[i].desc, "text/plain");
				return;
			}
		p = strchr(line, '\n');
	}
	if(latin > 0)
		say(name, "latin text", "text/plain;charset=iso-8859-1");
	else if(wide > 0)
		say(name, "UTF text", "text/plain;charset=utf-8");
	else
		say(name, "ascii text", "text/plain");
}

static int
file(char *name, int fd)
{
	static char buf[Look+1];
	Dir *d;
	int n, dir, type;

	d = dirfstat(fd);
	dir = d != nil && d->mode & DMDIR;
	type = d != nil ? d->type : 'M';
	free(d);
	if(dir){
		say(name, "directory", "text/directory");
		return 0;
	}
	if(utfrune("M/s|", type) == nil){	/* the rest are no files, but for looks */
		char desc[32];

		snprint(desc, sizeof desc, "special file #%C", type);
		say(name, desc, "application/octet-stream");
		return 0;
	}
	n = readn(fd, buf, Look);
	if(n < 0){
		fprint(2, "file: error reading %s: %r\n", name);
		return -1;
	}
	buf[n] = 0;
	if(n == 0)
		say(name, "empty file", "text/plain");
	else if(!bysign(name, buf, n))
		bytext(name, buf, n);
	return 0;
}

void
main(int argc, char **argv)
{
	char *status;
	int i, fd;

	ARGBEGIN{
	case 'm':
		mflag = 1;
		break;
	default:
		fprint(2, "usage: file [-m] [file ...]\n");
		exits("usage");
	}ARGEND
	status = nil;
	if(argc == 0 && file("stdin", 0) < 0)
		status = "error";
	for(i = 0; i < argc; i++){
		fd = open(argv[i], OREAD);
		if(fd < 0){
			fprint(2, "file: can't open %s: %r\n", argv[i]);
			status = "error";
			continue;
		}
		if(file(argv[i], fd) < 0)
			status = "error";
		close(fd);
	}
	exits(status);
}
