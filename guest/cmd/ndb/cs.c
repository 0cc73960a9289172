/*
 * ndb/cs: the connection server, /net/cs.  What is written is net!host!service, and
 * what is read is what to dial, a line for each way; or !attr=value attr ..., and
 * the values of these attributes.  What the database knows is answered at once;
 * what has to be asked of the name server is left to a process of its own, which
 * responds when it knows.
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <9p.h>
#include <askfile.h>
#include <ip.h>
#include <ndb.h>

enum
{
	Maxwords	= 32,
};

static char	*netroot = "/net";
static char	*dbfile;
static Ndb	*db;

static int
havenet(char *net)
{
	char file[128];

	snprint(file, sizeof file, "%s/%s/clone", netroot, net);
	return access(file, 0) == 0;
}

static void
refresh(int force)
{
	if(db == nil)
		db = ndbopen(dbfile);
	else if(force || ndbchanged(db))
		ndbreopen(db);
}

/* the text that ip/ipconfig wrote, as an entry; nil if there is none */
static Ndbtuple*
netndb(void)
{
	char file[128], buf[1024+1], *p;
	int fd, n;

	snprint(file, sizeof file, "%s/ndb", netroot);
	fd = open(file, OREAD);
	if(fd < 0)
		return nil;
	n = readn(fd, buf, sizeof buf - 1);
	close(fd);
	if(n <= 0)
		return nil;
	buf[n] = '\0';
	p = buf;
	return ndbparse(&p);
}

/* what an attribute of this machine is, as in $auth; malloc'd */
static char*
ownattr(char *attr)
{
	Ndbtuple *e, *t;
	char *v, sys[64];
	int fd, n;

	e = netndb();
	t = ndbfindattr(e, nil, attr);
	v = t != nil ? strdup(t->val) : nil;
	ndbfree(e);
	if(v != nil)
		return v;
	fd = open("/dev/sysname", OREAD);
	n = fd < 0 ? -1 : read(fd, sys, sizeof sys - 1);
	close(fd);
	if(n <= 0)
		return nil;
	sys[n] = '\0';
	return ndbgetvalue(db, nil, "sys", sys, attr, nil);
}

/* a port's number for a name or number; -1 if there is none */
static int
port(char *net, char *service)
{
	char *end, *v;
	int n;

	n = strtol(service, &end, 10);
	if(*service != '\0' && *end == '\0')
		return n >= 0 && n <= 65535 ? n : -1;
	v = ndbgetvalue(db, nil, net, service, "port", nil);
	n = v != nil ? atoi(v) : -1;
	free(v);
	return n;
}

/* what the database says of a host's addresses: how many */
static int
dbhost(Asker *q, char *net, char *host, int n)
{
	static char *attrs[] = {"sys", "dom"};
	Ndbtuple *e, *t;
	Ndbs s;
	int i, found;

	found = 0;
	for(i = 0; i < nelem(attrs) && found == 0; i++){
		for(e = ndbsearch(db, &s, attrs[i], host); e != nil; e = ndbsnext(&s, attrs[i], host)){
			for(t = e; t != nil; t = t->entry)
				if(strcmp(t->attr, "ip") == 0){
					addline(q, "%s/%s/clone %s!%d", netroot, net, t->val, n);
					found++;
				}
			ndbfree(e);
		}
	}
	return found;
}

/* the name server may have come after us, and then is not in our name space */
static int
opendns(void)
{
	char file[128], name[64], srv[80];
	int fd;

	snprint(file, sizeof file, "%s/dns", netroot);
	fd = open(file, ORDWR);
	if(fd >= 0)
		return fd;
	netservice(name, name+sizeof name, "dns", netroot);
	snprint(srv, sizeof srv, "/srv/%s", name);
	fd = open(srv, ORDWR);
	if(fd < 0)
		return -1;
	if(mount(fd, -1, netroot, MAFTER, "") < 0){
		close(fd);
		return -1;
	}
	return open(file, ORDWR);
}

/* the same of the name server, which may take its time; err if none */
static int
dnshost(Asker *q, char *net, char *host, int n, char *err, int nerr)
{
	static char *types[] = {"ip", "ipv6"};
	char buf[1024], *f[4];
	int fd, i, len, found;

	found = 0;
	strecpy(err, err+nerr, "cs: can't translate address: dns failure");
	for(i = 0; i < nelem(types); i++){
		fd = opendns();
		if(fd < 0)
			break;
		if(fprint(fd, "%s %s", host, types[i]) < 0){
			rerrstr(buf, sizeof buf);
			if(found == 0 && strstr(buf, "does not exist") == nil)
				snprint(err, nerr, "cs: can't translate address: %s", buf);
		}else{
			seek(fd, 0, 0);
			while((len = read(fd, buf, sizeof buf - 1)) > 0){
				buf[len] = '\0';
				if(tokenize(buf, f, nelem(f)) >= 3){
					addline(q, "%s/%s/clone %s!%d", netroot, net, f[2], n);
					found++;
				}
			}
		}
		close(fd);
	}
	return found;
}

/* ---- !attr=value ---- */

static int
iswanted(char **want, int n, char *attr)
{
	int i;

	for(i = 0; i < n; i++)
		if(strcmp(want[i], attr) == 0)
			return 1;
	return n == 0;
}

/* one reply: what was asked for, then the wanted attributes of the entry */
static void
tuples(Asker *q, Ndbtuple *e, char *attr, char *val, char **want, int n)
{
	char buf[1024], *p;
	Ndbtuple *t;

	p = seprint(buf, buf+sizeof buf, "%s=%s", attr, val);
	for(t = e; t != nil; t = t->entry)
		if((strcmp(t->attr, attr) != 0 || strcmp(t->val, val) != 0) && iswanted(want, n, t->attr))
			p = seprint(p, buf+sizeof buf, strpbrk(t->val, " \t") != nil ? " %s=\"%s\"" : " %s=%s", t->attr, t->val);
	addline(q, "%s", buf);
}

static char*
askattr(Asker *q, char *text)
{
	char *f[Maxwords], *val, *star;
	Ndbtuple *e;
	Ndbs s;
	int i, n;

	n = tokenize(text, f, nelem(f));
	if(n < 1)
		return "bad request";
	val = strchr(f[0], '=');
	if(val == nil)
		return "bad request";
	*val++ = '\0';
	for(i = 1; i < n; i++){		/* attr=* means attr */
		star = strchr(f[i], '=');
		if(star != nil)
			*star = '\0';
	}
	if(strcmp(f[0], "ipinfo") == 0)
		return "bad request";
	for(e = ndbsearch(db, &s, f[0], val); e != nil; e = ndbsnext(&s, f[0], val)){
		tuples(q, e, f[0], val, f+1, n-1);
		ndbfree(e);
	}
	/* what this machine was told by the network */
	e = netndb();
	if(e != nil && (strcmp(f[0], "sys") == 0 || strcmp(f[0], "ip") == 0) && ndbfindattr(e, nil, f[0]) != nil
	&& strcmp(ndbfindattr(e, nil, f[0])->val, val) == 0)
		tuples(q, e, f[0], val, f+1, n-1);
	ndbfree(e);
	return q->nline > 0 ? nil : "no match";
}

/* ---- net!host!service ---- */

typedef struct Dial Dial;
struct Dial
{
	char	*net;
	char	*host;
	int	port;
};

/* cut text up; an error, or nil */
static char*
parse(char *text, Dial *d)
{
	char *service;

	memset(d, 0, sizeof *d);
	d->net = text;
	d->host = strchr(text, '!');
	if(d->host == nil)
		return "cs: can't translate address: want net!host!service";
	*d->host++ = '\0';
	service = strchr(d->host, '!');
	if(service != nil)
		*service++ = '\0';
	if(strncmp(d->net, netroot, strlen(netroot)) == 0 && d->net[strlen(netroot)] == '/')
		d->net += strlen(netroot)+1;
	if(service != nil && strchr(service, '!') != nil)
		return "cs: can't translate address: bad name: dns failure";
	if(strcmp(d->net, "net") == 0)
		d->net = "tcp";
	if(!havenet(d->net))
		return "cs: can't translate address: unknown network";
	d->port = service != nil ? port(d->net, service) : 1;
	if(d->port < 0)
		return "cs: can't translate service";
	if(*d->host == '\0')
		d->host = "*";
	return nil;
}

static int
isname(char *s)
{
	if(*s == '\0' || *s == '-' || strlen(s) > 255)
		return 0;
	for(; *s != '\0'; s++)
		if(*s <= ' ' || strchr("!$&'()*,/;<=>?@[\\]^`{|}~\"#", *s) != nil)
			return 0;
	return 1;
}

/*
 * Translate.  nil and replies, an error, or "ask": the name server must be asked.
 */
static char*
translate(Asker *q, Dial *d, char **own)
{
	uchar ip[IPaddrlen];

	*own = nil;
	if(strcmp(d->host, "*") == 0 || parseip(ip, d->host) == 0){
		addline(q, "%s/%s/clone %s!%d", netroot, d->net, d->host, d->port);
		return nil;
	}
	if(*d->host == '$'){
		*own = ownattr(d->host+1);
		if(*own == nil)
			return "cs: can't translate address: no such attribute";
		d->host = *own;
		if(parseip(ip, d->host) == 0){
			addline(q, "%s/%s/clone %s!%d", netroot, d->net, d->host, d->port);
			return nil;
		}
	}
	if(!isname(d->host))
		return "cs: can't translate address: bad name: dns failure";
	if(dbhost(q, d->net, d->host, d->port) > 0)
		return nil;
	return "ask";
}

/* in a process of its own */
static void
askdns(Req *r, Asker *q, Dial *d)
{
	char err[ERRMAX];
	int n;

	err[0] = '\0';
	n = dnshost(q, d->net, d->host, d->port, err, sizeof err);
	srvacquire(r->srv);
	asked(r, n > 0 ? nil : err);
}

static void
question(Req *r, Asker *q, char *text)
{
	char *err, *own;
	Dial d = {0};

	if(strcmp(text, "refresh") == 0){
		refresh(1);
		respond(r, nil);
		return;
	}
	refresh(0);
	if(text[0] == '!'){
		respond(r, askattr(q, text+1));
		return;
	}
	err = parse(text, &d);
	own = nil;
	if(err == nil)
		err = translate(q, &d, &own);
	if(err != nil && strcmp(err, "ask") == 0){
		switch(asklater(r)){
		case 0:
			askdns(r, q, &d);
		case -1:
			err = "cs: can't translate address: no process to ask";
			break;
		default:
			return;		/* own is the process's now, and little */
		}
	}
	free(own);
	respond(r, err);
}

static void
usage(void)
{
	fprint(2, "usage: ndb/cs [-f database] [-x netroot]\n");
	exits("usage");
}

void
main(int argc, char **argv)
{
	ARGBEGIN{
	case 'f':
		dbfile = EARGF(usage());
		break;
	case 'n':		/* the system's name is init's business */
		break;
	case 'x':
		netroot = EARGF(usage());
		break;
	default:
		usage();
	}ARGEND
	USED(argv);
	if(argc > 0)
		usage();
	/* the database is read when something is asked */
	askserver("cs", netroot, question);
	exits(nil);
}
