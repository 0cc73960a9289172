/*
 * hget: what is at a URL, by HTTP/1.1 (RFC 9112), to the standard output or a
 * file.  https is not there.
 */
#include <u.h>
#include <libc.h>
#include <bio.h>

enum
{
	Maxredirect	= 10,
	Maxline		= 8192,
};

typedef struct Url Url;
struct Url
{
	char	host[256];
	char	port[16];
	char	*path;			/* malloc'd */
};

static char	*post;			/* what to send, or nil */
static char	*outfile;
static int	verbose;
static char	*netroot = "/net";

static void
usage(void)
{
	fprint(2, "usage: hget [-v] [-o file] [-p text] [-x netroot] url\n");
	exits("usage");
}

/* http://host[:port][/path]; a path alone is on the same host */
static void
parse(Url *u, char *s)
{
	char *p, *e, *colon;

	if(*s == '/' && u->host[0] != '\0'){
		free(u->path);
		u->path = strdup(s);
		return;
	}
	if(cistrncmp(s, "https://", 8) == 0)
		sysfatal("%s: https is not available in this version", s);
	if(cistrncmp(s, "http://", 7) == 0)
		s += 7;
	else if(strstr(s, "://") != nil)
		sysfatal("%s: only http is known", s);
	e = strpbrk(s, "/?#");
	if(e == nil)
		e = s+strlen(s);
	if(e == s || e-s >= sizeof u->host)
		sysfatal("%s: no host", s);
	memmove(u->host, s, e-s);
	u->host[e-s] = '\0';
	strcpy(u->port, "http");
	colon = strrchr(u->host, ':');
	if(u->host[0] == '['){		/* an IPv6 address */
		p = strchr(u->host, ']');
		if(p == nil)
			sysfatal("%s: bad address", s);
		if(colon < p)
			colon = nil;
		*p = '\0';
		memmove(u->host, u->host+1, strlen(u->host+1)+1);
		if(colon != nil)
			strecpy(u->port, u->port+sizeof u->port, colon+1);
	}else if(colon != nil){
		*colon = '\0';
		strecpy(u->port, u->port+sizeof u->port, colon+1);
	}
	free(u->path);
	u->path = smprint("%s%.*s", *e == '/' ? "" : "/", (int)strcspn(e, "#"), e);
}

/* a line without its end; nil at the end of input */
static char*
line(Biobuf *b)
{
	char *p;
	int n;

	p = Brdline(b, '\n');
	if(p == nil)
		return nil;
	n = Blinelen(b);
	p[--n] = '\0';
	if(n > 0 && p[n-1] == '\r')
		p[n-1] = '\0';
	return p;
}

static void
put(int fd, void *buf, long n)
{
	if(write(fd, buf, n) != n)
		sysfatal("write: %r");
}

/* n bytes, or all there are for -1 */
static void
copy(Biobuf *b, int out, vlong n)
{
	static char buf[65536];
	long m;

	while(n != 0){
		m = sizeof buf;
		if(n > 0 && n < m)
			m = n;
		m = Bread(b, buf, m);
		if(m < 0)
			sysfatal("read: %r");
		if(m == 0){
			if(n > 0)
				sysfatal("connection ended %lld bytes too early", n);
			return;
		}
		put(out, buf, m);
		if(n > 0)
			n -= m;
	}
}

/* RFC 9112, 7.1 */
static void
chunked(Biobuf *b, int out)
{
	vlong n;
	char *l, *end;

	for(;;){
		l = line(b);
		if(l == nil)
			sysfatal("connection ended within chunks");
		n = strtoll(l, &end, 16);
		if(end == l || n < 0)
			sysfatal("bad chunk");
		if(n == 0)
			break;
		copy(b, out, n);
		line(b);
	}
	while((l = line(b)) != nil && *l != '\0')
		;
}

/* one request and its answer; a new place to look, malloc'd, or nil */
static char*
get(Url *u, int *out)
{
	char addr[512], *l, *v, *location;
	int fd, code, chunks;
	vlong length;
	Biobuf *b;

	snprint(addr, sizeof addr, "%s/tcp!%s!%s", netroot, u->host, u->port);
	fd = dial(addr, nil, nil, nil);
	if(fd < 0)
		sysfatal("%s: %r", u->host);
	fprint(fd, "%s %s HTTP/1.1\r\nHost: %s%s%s%s%s\r\nUser-Agent: hget\r\nConnection: close\r\n", post != nil ? "POST" : "GET",
		u->path, strchr(u->host, ':') != nil ? "[" : "", u->host, strchr(u->host, ':') != nil ? "]" : "",
		strcmp(u->port, "http") != 0 ? ":" : "", strcmp(u->port, "http") != 0 ? u->port : "");
	if(post != nil)
		fprint(fd, "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n", (int)strlen(post));
	if(fprint(fd, "\r\n%s", post != nil ? post : "") < 0)
		sysfatal("%s: %r", u->host);
	b = mallocz(sizeof *b, 1);
	if(b == nil)
		sysfatal("out of memory");
	Binit(b, fd, OREAD);
	l = line(b);
	if(l == nil || strncmp(l, "HTTP/1.", 7) != 0 || (v = strchr(l, ' ')) == nil)
		sysfatal("%s: no HTTP answer", u->host);
	code = atoi(v);
	if(verbose || code >= 400)
		fprint(2, "%s\n", l);
	length = -1;
	chunks = 0;
	location = nil;
	while((l = line(b)) != nil && *l != '\0'){
		if(verbose)
			fprint(2, "%s\n", l);
		v = strchr(l, ':');
		if(v == nil)
			continue;
		*v++ = '\0';
		v += strspn(v, " \t");
		if(cistrcmp(l, "content-length") == 0)
			length = strtoll(v, nil, 10);
		else if(cistrcmp(l, "transfer-encoding") == 0)
			chunks = cistrcmp(v, "chunked") == 0;
		else if(cistrcmp(l, "location") == 0 && location == nil)
			location = strdup(v);
	}
	if(code >= 300 && code < 400 && code != 304 && location != nil){
		close(fd);
		free(b);
		return location;
	}
	if(code >= 400)
		exits(smprint("%d", code));
	if(*out < 0){
		*out = create(outfile, OWRITE, 0666);
		if(*out < 0)
			sysfatal("%s: %r", outfile);
	}
	if(chunks)
		chunked(b, *out);
	else
		copy(b, *out, length);
	close(fd);
	free(b);
	return nil;
}

void
main(int argc, char **argv)
{
	static Url u;
	char *to;
	int i, out;

	ARGBEGIN{
	case 'o':
		outfile = EARGF(usage());
		break;
	case 'p':
		post = EARGF(usage());
		break;
	case 'v':
		verbose = 1;
		break;
	case 'x':
		netroot = EARGF(usage());
		break;
	default:
		usage();
	}ARGEND
	if(argc != 1)
		usage();
	parse(&u, argv[0]);
	out = outfile != nil ? -1 : 1;
	for(i = 0; (to = get(&u, &out)) != nil; i++){
		if(i == Maxredirect)
			sysfatal("%s: led on %d times", argv[0], Maxredirect);
		if(verbose)
			fprint(2, "hget: on to %s\n", to);
		parse(&u, to);
		free(to);
	}
	exits(nil);
}
