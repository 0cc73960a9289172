/*
 * dial(2).  An address is [network!]host!service; net asks for any network.
 * The connection server, if there is one, turns it into a clone file and what
 * to write to it; without, numeric addresses still work.
 */
#include <u.h>
#include <libc.h>

typedef struct Addr Addr;

struct Addr
{
	char	buf[256];
	char	*root;			/* where the networks are, /net */
	char	*net;
	char	*rest;			/* host!service */
};

static void
parse(Addr *a, char *s)
{
	char *p, *bang;

	strecpy(a->buf, a->buf+sizeof a->buf, s);
	a->root = "/net";
	a->net = "net";
	a->rest = a->buf;
	bang = strchr(a->buf, '!');
	if(bang == nil)
		return;
	*bang = 0;
	a->rest = bang+1;
	a->net = a->buf;
	p = strrchr(a->buf, '/');
	if(p != nil){
		*p = 0;
		a->root = *a->buf ? a->buf : "/";
		a->net = p+1;
	}
}

char*
netmkaddr(char *addr, char *defnet, char *defservice)
{
	static char buf[256];
	char *bang;

	bang = strchr(addr, '!');
	if(bang == nil)
		snprint(buf, sizeof buf, "%s!%s%s%s", defnet != nil ? defnet : "net", addr,
			defservice != nil ? "!" : "", defservice != nil ? defservice : "");
	else if(strchr(bang+1, '!') == nil && defservice != nil)
		snprint(buf, sizeof buf, "%s!%s", addr, defservice);
	else
		strecpy(buf, buf+sizeof buf, addr);
	return buf;
}

void
setnetmtpt(char *buf, int n, char *x)
{
	if(x == nil)
		x = "/net";
	if(*x == '/')
		strecpy(buf, buf+n, x);
	else
		snprint(buf, n, "/net%s", x);
}

static long
number(int fd, char *buf, int size)
{
	int n;

	n = read(fd, buf, size-1);
	if(n <= 0)
		return -1;
	buf[n] = 0;
	return strtol(buf, nil, 10);
}

/*
 * Opens the clone file, tells it what, and gives the conversation's directory.
 * The ctl file's descriptor, or -1.
 */
static int
converse(char *clone, char *verb, char *what, char *local, char *dir)
{
	char buf[256], *p;
	long n;
	int fd;

	fd = open(clone, ORDWR);
	if(fd < 0)
		return -1;
	n = number(fd, buf, sizeof buf);
	if(n < 0){
		close(fd);
		return -1;
	}
	p = strrchr(clone, '/');
	snprint(dir, NETPATHLEN, "%.*s/%ld", (int)(p-clone), clone, n);
	if(local != nil)
		snprint(buf, sizeof buf, "%s %s %s", verb, what, local);
	else
		snprint(buf, sizeof buf, "%s %s", verb, what);
	if(write(fd, buf, strlen(buf)) < 0){
		close(fd);
		return -1;
	}
	return fd;
}

/* opens the data file beside a connected ctl */
static int
opendata(int ctl, char *dir, char *userdir, int *cfdp)
{
	char data[NETPATHLEN+8];
	int fd;

	snprint(data, sizeof data, "%s/data", dir);
	fd = open(data, ORDWR);
	if(fd >= 0 && userdir != nil)
		strecpy(userdir, userdir+NETPATHLEN, dir);
	if(fd >= 0 && cfdp != nil)
		*cfdp = ctl;
	else
		close(ctl);
	return fd;
}

/* tries what the connection server says; -2 if there is no server */
static int
dialcs(Addr *a, char *local, char *userdir, int *cfdp)
{
	char buf[256], dir[NETPATHLEN], err[ERRMAX], *what;
	int cs, ctl, fd, n;

	snprint(buf, sizeof buf, "%s/cs", a->root);
	cs = open(buf, ORDWR);
	if(cs < 0)
		return -2;
	snprint(buf, sizeof buf, "%s!%s", a->net, a->rest);
	if(write(cs, buf, strlen(buf)) < 0){
		close(cs);
		return -1;
	}
	seek(cs, 0, 0);
	fd = -1;
	strcpy(err, "no address to dial");
	while(fd < 0 && (n = read(cs, buf, sizeof buf - 1)) > 0){
		buf[n] = 0;
		what = strchr(buf, ' ');
		if(what == nil)
			continue;
		*what++ = 0;
		ctl = converse(buf, "connect", what, local, dir);
		if(ctl >= 0)
			fd = opendata(ctl, dir, userdir, cfdp);
		if(fd < 0)
			rerrstr(err, sizeof err);
	}
	close(cs);
	if(fd < 0)
		werrstr("%s", err);
	return fd;
}

/*
 * A connection's data file.  dir, of NETPATHLEN bytes, receives its directory
 * and cfdp its open ctl file, if they are not nil.
 */
int
dial(char *dest, char *local, char *dir, int *cfdp)
{
	char clone[256], mydir[NETPATHLEN];
	Addr a;
	int fd;

	parse(&a, dest);
	fd = dialcs(&a, local, dir, cfdp);
	if(fd != -2)
		return fd;
	snprint(clone, sizeof clone, "%s/%s/clone", a.root, strcmp(a.net, "net") == 0 ? "tcp" : a.net);
	fd = converse(clone, "connect", a.rest, local, mydir);
	if(fd < 0)
		return -1;
	return opendata(fd, mydir, dir, cfdp);
}

/* the ctl file of a conversation that takes calls at addr; its directory in dir */
int
announce(char *addr, char *dir)
{
	char clone[256], buf[256], *what;
	Addr a;
	int cs, n;

	parse(&a, addr);
	snprint(clone, sizeof clone, "%s/%s/clone", a.root, strcmp(a.net, "net") == 0 ? "tcp" : a.net);
	what = a.rest;
	snprint(buf, sizeof buf, "%s/cs", a.root);
	cs = open(buf, ORDWR);
	if(cs >= 0){
		snprint(buf, sizeof buf, "%s!%s", a.net, a.rest);
		n = -1;
		if(write(cs, buf, strlen(buf)) >= 0){
			seek(cs, 0, 0);
			n = read(cs, buf, sizeof buf - 1);
		}
		close(cs);
		if(n <= 0)
			return -1;
		buf[n] = 0;
		what = strchr(buf, ' ');
		if(what == nil){
			werrstr("bad answer of the connection server");
			return -1;
		}
		*what++ = 0;
		strecpy(clone, clone+sizeof clone, buf);
	}else if(strncmp(what, "*!", 2) == 0)
		what += 2;
	return converse(clone, "announce", what, nil, dir);
}

/* waits for a call at dir; the new conversation's ctl file, and its directory */
int
listen(char *dir, char *newdir)
{
	char buf[NETPATHLEN+16], *p;
	long n;
	int fd;

	snprint(buf, sizeof buf, "%s/listen", dir);
	fd = open(buf, ORDWR);
	if(fd < 0)
		return -1;
	n = number(fd, buf, sizeof buf);
	if(n < 0){
		close(fd);
		return -1;
	}
	p = strrchr(dir, '/');
	snprint(newdir, NETPATHLEN, "%.*s/%ld", p != nil ? (int)(p-dir) : 0, dir, n);
	return fd;
}

/* takes the call; the data file.  Networks that need no such word refuse it, which is no error. */
int
accept(int ctl, char *dir)
{
	char buf[NETPATHLEN+16], *num;

	num = strrchr(dir, '/');
	num = num != nil ? num+1 : dir;
	fprint(ctl, "accept %s", num);
	snprint(buf, sizeof buf, "%s/data", dir);
	return open(buf, ORDWR);
}

int
reject(int ctl, char *dir, char *cause)
{
	char *num;

	num = strrchr(dir, '/');
	num = num != nil ? num+1 : dir;
	return fprint(ctl, "reject %s %q", num, cause) < 0 ? -1 : 0;
}

int
hangup(int ctl)
{
	return write(ctl, "hangup", 6) == 6 ? 0 : -1;
}
