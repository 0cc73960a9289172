/*
 * ndb/dns: a caching resolver, /net/dns.  "name type" is written, and each read
 * gives a record.  What is in the cache is answered at once; for the rest a process
 * of its own asks the name servers that the network named.
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <9p.h>
#include <askfile.h>
#include <ip.h>
#include "dns.h"

enum
{
	Maxcache	= 1000,		/* entries */
	Maxasking	= 50,		/* processes */
	Nhash		= 256,
};

/* of the cache; guarded by having the server */
struct Entry
{
	Entry	*next;			/* in its chain */
	Entry	*younger;
	char	name[Maxdname];
	int	type;
	long	expires;
	int	rcode;
	int	nline;
	char	*line[Maxlines];
};

char	*netroot = "/net";
int	debug;

static Entry	*hash[Nhash];
static Entry	*oldest, *youngest;
static int	ncache;
static int	asking;

/* ---- cache ---- */

static uint
slot(char *name, int type)
{
	uint h;

	for(h = type; *name != '\0'; name++)
		h = h*31 + (*name >= 'A' && *name <= 'Z' ? *name+'a'-'A' : *name);
	return h % Nhash;
}

static void
dropoldest(void)
{
	Entry *e, **at;
	int i;

	e = oldest;
	oldest = e->younger;
	if(oldest == nil)
		youngest = nil;
	for(at = &hash[slot(e->name, e->type)]; *at != e; at = &(*at)->next)
		;
	*at = e->next;
	for(i = 0; i < e->nline; i++)
		free(e->line[i]);
	free(e);
	ncache--;
}

static Entry*
lookup(char *name, int type)
{
	Entry *e;

	for(e = hash[slot(name, type)]; e != nil; e = e->next)
		if(e->type == type && cistrcmp(e->name, name) == 0 && e->expires > time(nil))
			return e;
	return nil;
}

/* the lines become the cache's */
static void
remember(char *name, int type, Answer *a)
{
	Entry *e;
	uint h;
	int i;

	while(ncache >= Maxcache)
		dropoldest();
	e = mallocz(sizeof *e, 1);
	if(e == nil){
		freeanswer(a);
		return;
	}
	strecpy(e->name, e->name+sizeof e->name, name);
	e->type = type;
	e->rcode = a->rcode;
	e->expires = time(nil)+a->ttl;
	e->nline = a->nline;
	for(i = 0; i < a->nline; i++)
		e->line[i] = a->line[i];
	h = slot(name, type);
	e->next = hash[h];
	hash[h] = e;
	if(youngest == nil)
		oldest = e;
	else
		youngest->younger = e;
	youngest = e;
	ncache++;
}

static void
forgetall(void)
{
	while(oldest != nil)
		dropoldest();
}

/* ---- questions ---- */

/* what a known answer says: lines, or an error */
static char*
tell(Asker *q, char *shown, int rcode, char **line, int nline)
{
	int i;

	if(rcode == Rname)
		return "dns: name does not exist; dns failure";
	if(nline == 0)
		return "dns: resource does not exist; negrcode 0";
	for(i = 0; i < nline; i++)
		addline(q, "%s %s", shown, line[i]);
	return nil;
}

/* in a process of its own */
static void
askfor(Req *r, Asker *q, char *shown, char *name, int type)
{
	char err[ERRMAX], why[ERRMAX], *e;
	Answer a;
	int status;

	status = ask(name, type, &a);
	rerrstr(why, sizeof why);
	srvacquire(r->srv);
	if(status < 0){
		snprint(err, sizeof err, "dns: %s", why);
		e = err;
	}else{
		e = tell(q, shown, a.rcode, a.line, a.nline);
		remember(name, type, &a);
	}
	asking--;
	asked(r, e);
}

static int
isname(char *s)
{
	if(*s == '\0' || strlen(s) >= Maxdname-1)
		return 0;
	for(; *s != '\0'; s++)
		if(!(*s >= '0' && *s <= '9' || *s >= 'a' && *s <= 'z' || *s >= 'A' && *s <= 'Z' || *s == '-' || *s == '_' || *s == '.'))
			return 0;
	return 1;
}

/* the name under which an address's name is found: RFC 1035, 3.5; RFC 3596, 2.5 */
static void
reverse(char *to, char *e, uchar *ip)
{
	int i;

	if(isv4(ip)){
		snprint(to, e-to, "%d.%d.%d.%d.in-addr.arpa", ip[15], ip[14], ip[13], ip[12]);
		return;
	}
	for(i = IPaddrlen-1; i >= 0; i--)
		to = seprint(to, e, "%x.%x.", ip[i]&0xf, ip[i]>>4);
	seprint(to, e, "ip6.arpa");
}

static void
question(Req *r, Asker *q, char *text)
{
	char name[Maxdname], *f[3], *shown;
	uchar ip[IPaddrlen];
	Entry *e;
	int n, type;

	n = tokenize(text, f, nelem(f));
	if(n == 1 && strcmp(f[0], "refresh") == 0){
		forgetall();
		respond(r, nil);
		return;
	}
	type = n == 2 ? typenum(f[1]) : n == 1 ? typenum("ip") : -1;
	if(type < 0){
		respond(r, n == 2 ? "dns: unknown type" : "dns: bad request");
		return;
	}
	shown = f[0];
	if(parseip(ip, shown) == 0 && type == typenum("ptr"))
		reverse(name, name+sizeof name, ip);
	else
		strecpy(name, name+sizeof name, shown);
	n = strlen(name);
	if(n > 1 && name[n-1] == '.')
		name[n-1] = '\0';
	if(!isname(name)){
		respond(r, "dns: bad name; dns failure");
		return;
	}
	e = lookup(name, type);
	if(e != nil){
		respond(r, tell(q, shown, e->rcode, e->line, e->nline));
		return;
	}
	if(asking == Maxasking){
		respond(r, "dns: too many questions at once");
		return;
	}
	asking++;
	switch(asklater(r)){
	case 0:
		askfor(r, q, shown, name, type);
	case -1:
		asking--;
		respond(r, "dns: no process to ask");
	}
}

static void
usage(void)
{
	fprint(2, "usage: ndb/dns [-dr] [-x netroot]\n");
	exits("usage");
}

void
main(int argc, char **argv)
{
	ARGBEGIN{
	case 'd':
		debug = 1;
		break;
	case 'r':		/* what it is: a resolver */
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
	fmtinstall('I', eipfmt);
	fmtinstall('V', eipfmt);
	askserver("dns", netroot, question);
	exits(nil);
}
