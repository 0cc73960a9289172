/*
 * Messages of the domain name system: RFC 1035, 4; records of RFC 3596 (AAAA) and
 * RFC 2782 (SRV).  What comes from the network is read through a cursor that
 * never leaves the message, and names cannot lead round in circles.
 */
#include <u.h>
#include <libc.h>
#include <ip.h>
#include "dns.h"

enum
{
	Ta	= 1,
	Tns	= 2,
	Tcname	= 5,
	Tsoa	= 6,
	Tptr	= 12,
	Tmx	= 15,
	Ttxt	= 16,
	Taaaa	= 28,
	Tsrv	= 33,
	Cin	= 1,

	Hdr	= 12,
	Fresponse = 0x8000,
	Ftrunc	= 0x0200,
	Frecurse = 0x0100,

	Maxjumps = 64,		/* of a compressed name */
	Maxchain = 16,		/* of aliases */
	Maxttl	= 24*3600,
	Negttl	= 60,
};

Rtype rtypes[] = {
	{ "ip",		Ta },
	{ "ipv6",	Taaaa },
	{ "ns",		Tns },
	{ "cname",	Tcname },
	{ "soa",	Tsoa },
	{ "ptr",	Tptr },
	{ "mx",		Tmx },
	{ "txt",	Ttxt },
	{ "srv",	Tsrv },
	{ nil,		0 },
};

typedef struct Cursor Cursor;
struct Cursor
{
	uchar	*start;
	uchar	*p;
	uchar	*e;
	int	bad;
};

int
typenum(char *name)
{
	Rtype *t;

	for(t = rtypes; t->name != nil; t++)
		if(strcmp(t->name, name) == 0)
			return t->num;
	return -1;
}

static char*
typename(int num)
{
	Rtype *t;

	for(t = rtypes; t->name != nil; t++)
		if(t->num == num)
			return t->name;
	return "?";
}

/* ---- questions ---- */

static uchar*
packname(uchar *p, uchar *e, char *name)
{
	char *dot;
	int n;

	while(*name != '\0'){
		dot = strchr(name, '.');
		n = dot != nil ? dot - name : strlen(name);
		if(n == 0 || n > 63 || p+n+2 > e)
			return nil;
		*p++ = n;
		memmove(p, name, n);
		p += n;
		name += n;
		if(*name == '.')
			name++;
	}
	*p++ = 0;
	return p;
}

int
packquestion(uchar *buf, int size, ushort id, char *name, int type)
{
	uchar *p;

	if(size < Hdr+Maxdname+6 || strlen(name) >= Maxdname-1)
		return -1;
	memset(buf, 0, Hdr);
	hnputs(buf, id);
	hnputs(buf+2, Frecurse);
	hnputs(buf+4, 1);
	p = packname(buf+Hdr, buf+Hdr+Maxdname, name);
	if(p == nil)
		return -1;
	hnputs(p, type);
	hnputs(p+2, Cin);
	return p+4-buf;
}

/* ---- answers ---- */

static ulong
get(Cursor *c, int n)
{
	ulong v;

	if(c->e - c->p < n){
		c->bad = 1;
		c->p = c->e;
		return 0;
	}
	for(v = 0; n > 0; n--)
		v = v<<8 | *c->p++;
	return v;
}

/* what would be read as something else in a line of words becomes ? */
static int
plain(int ch)
{
	return ch > ' ' && ch < 0x7f ? ch : '?';
}

static void
getname(Cursor *c, char *name)
{
	uchar *p, *after;
	int i, jumps, n, len;

	p = c->p;
	after = nil;
	len = 0;
	for(jumps = 0; jumps < Maxjumps; ){
		if(p >= c->e)
			break;
		n = *p++;
		if(n == 0){
			c->p = after != nil ? after : p;
			name[len > 0 ? len-1 : 0] = '\0';
			return;
		}
		if((n & 0xc0) == 0xc0){
			if(p >= c->e)
				break;
			if(after == nil)
				after = p+1;
			p = c->start + ((n & 0x3f)<<8 | *p);
			jumps++;
			continue;
		}
		if(n > 63 || n > c->e - p || len+n+1 >= Maxdname)
			break;
		for(i = 0; i < n; i++)
			name[len++] = plain(p[i]);
		name[len++] = '.';
		p += n;
	}
	c->bad = 1;
	c->p = c->e;
	name[0] = '\0';
}

static void
gettext(Cursor *c, char *text, int size)
{
	int n, len;

	len = 0;
	while(c->p < c->e && !c->bad){
		n = get(c, 1);
		if(n > c->e - c->p)
			n = c->e - c->p;
		for(; n > 0; n--, c->p++)
			if(len < size-1)
				text[len++] = *c->p == ' ' ? ' ' : plain(*c->p);
	}
	text[len] = '\0';
}

/* the data of a record as words; c is the data alone, but names may point out of it */
static void
rdata(Cursor *c, int type, char *buf, int size)
{
	char name[Maxdname], mail[Maxdname];
	ulong a, b, d;
	uchar *p;

	buf[0] = '\0';
	switch(type){
	case Ta:
		p = c->p;
		get(c, 4);
		if(!c->bad)
			snprint(buf, size, "%V", p);
		break;
	case Taaaa:
		p = c->p;
		if(c->e - c->p < IPaddrlen)
			c->bad = 1;
		else
			snprint(buf, size, "%I", p);
		break;
	case Tmx:
		a = get(c, 2);
		getname(c, name);
		snprint(buf, size, "%lud %s", a, name);
		break;
	case Tsrv:
		a = get(c, 2);
		b = get(c, 2);
		d = get(c, 2);
		getname(c, name);
		snprint(buf, size, "%lud %lud %lud %s", b, a, d, name);	/* weight first */
		break;
	case Tsoa:
		getname(c, name);
		getname(c, mail);
		a = get(c, 4);
		snprint(buf, size, "%s %s %lud", name, mail, a);
		break;
	case Ttxt:
		gettext(c, buf, size);
		break;
	default:
		getname(c, buf);
	}
}

static void
addline(Answer *a, int type, char *data)
{
	char *s;

	if(a->nline == Maxlines)
		return;
	s = smprint("%s\t%s", typename(type), data);
	if(s != nil)
		a->line[a->nline++] = s;
}

/* the records of a message from c on: those of the name, or of what it is an alias of */
static int
records(Cursor *c, int count, char *name, int type, Answer *a)
{
	char owner[Maxdname], data[1024], want[Maxdname];
	Cursor d, from;
	int i, n, t, chain, again;
	ulong ttl;

	strecpy(want, want+sizeof want, name);
	from = *c;
	for(chain = 0; chain < Maxchain; chain++){
		*c = from;
		again = 0;
		for(i = 0; i < count && !c->bad; i++){
			getname(c, owner);
			t = get(c, 2);
			get(c, 2);
			ttl = get(c, 4);
			n = get(c, 2);
			if(c->bad || n > c->e - c->p)
				return -1;
			d = *c;
			d.e = c->p+n;
			if(t == Ttxt || t == Ta || t == Taaaa)
				rdata(&d, t, data, sizeof data);
			else{
				d.e = c->e;
				if(typename(t)[0] != '?')
					rdata(&d, t, data, sizeof data);
			}
			c->p += n;
			if(d.bad || cistrcmp(owner, want) != 0)
				continue;
			if(ttl < a->ttl)
				a->ttl = ttl;
			if(t == type)
				addline(a, type, data);
			else if(t == Tcname && !again){
				strecpy(want, want+sizeof want, data);
				again = 1;
			}
		}
		if(c->bad)
			return -1;
		if(!again || a->nline > 0)
			break;
	}
	return 0;
}

int
unpackanswer(uchar *buf, int len, ushort id, char *name, int type, Answer *a)
{
	Cursor c;
	char asked[Maxdname];
	int flags, answers;

	memset(a, 0, sizeof *a);
	a->ttl = Maxttl;
	c.start = c.p = buf;
	c.e = buf+len;
	c.bad = 0;
	if(get(&c, 2) != id)
		return -1;
	flags = get(&c, 2);
	if((flags & Fresponse) == 0 || get(&c, 2) != 1)
		return -1;
	answers = get(&c, 2);
	get(&c, 4);
	getname(&c, asked);
	if(c.bad || cistrcmp(asked, name) != 0 || get(&c, 2) != type || get(&c, 2) != Cin)
		return -1;
	a->rcode = flags & 0xf;
	a->truncated = (flags & Ftrunc) != 0;
	if(records(&c, answers, name, type, a) < 0){
		freeanswer(a);
		return -1;
	}
	if(a->nline == 0)
		a->ttl = Negttl;
	return 0;
}

void
freeanswer(Answer *a)
{
	while(a->nline > 0)
		free(a->line[--a->nline]);
}
