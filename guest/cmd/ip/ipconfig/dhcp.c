/*
 * The client's side of DHCP: RFC 2131, options of RFC 2132.  Whatever comes is
 * anybody's datagram: it counts only if it answers our last message, has no
 * length that leads out of it, and offers an address that a host can have.
 */
#include <u.h>
#include <libc.h>
#include <ip.h>
#include <giveup.h>
#include "ipconfig.h"

enum
{
	/* the fixed part, RFC 2131, 2 */
	Oop		= 0,
	Ohtype		= 1,
	Ohlen		= 2,
	Oxid		= 4,
	Oflags		= 10,
	Ociaddr		= 12,
	Oyiaddr		= 16,
	Ochaddr		= 28,
	Ocookie		= 236,
	Ooptions	= 240,
	Msgmin		= 300,		/* relays want as much */
	Msgmax		= 1500,

	Request		= 1,
	Reply		= 2,
	Cookie		= 0x63825363,
	Broadcast	= 0x8000,

	/* options */
	Opad		= 0,
	Omask		= 1,
	Orouter		= 3,
	Odns		= 6,
	Ohostname	= 12,
	Odomain		= 15,
	Ontp		= 42,
	Oaddr		= 50,
	Olease		= 51,
	Otype		= 53,
	Oserver		= 54,
	Oparams		= 55,
	Orenew		= 58,		/* T1 */
	Orebind		= 59,		/* T2 */
	Oclientid	= 61,
	Oend		= 255,

	/* message types */
	Discover	= 1,
	Offer,
	Req,
	Decline,
	Ack,
	Nak,

	/* how to ask */
	Get		= 0,
	Renew,
	Rebind,

	Shortest	= 8,		/* seconds of a lease, whatever the server says */
	Tries		= 5,
	Keeptries	= 2,		/* for what is not urgent */
	Firstwait	= 1000,		/* ms; doubles */
	Lookafter	= 50,		/* ms without an answer: is there a wire at all? */
	Clientport	= 68,
	Serverport	= 67,
};

typedef struct Msg Msg;
struct Msg
{
	uchar	udp[Udphdrsize];
	uchar	b[Msgmax];
	int	n;
};

static uchar	mac[6];
static ulong	xid;

/* ---- sending ---- */

static uchar*
option(uchar *p, int code, void *data, int len)
{
	*p++ = code;
	*p++ = len;
	memmove(p, data, len);
	return p+len;
}

static uchar*
options(uchar *p, int type, Lease *l)
{
	static uchar params[] = {Omask, Orouter, Odns, Ohostname, Odomain, Ontp, Olease, Orenew, Orebind};
	uchar t, id[7];

	t = type;
	p = option(p, Otype, &t, 1);
	id[0] = 1;
	memmove(id+1, mac, 6);
	p = option(p, Oclientid, id, sizeof id);
	p = option(p, Oparams, params, sizeof params);
	if(wantname != nil)
		p = option(p, Ohostname, wantname, strlen(wantname) < Maxname ? strlen(wantname) : Maxname);
	if(l != nil && type == Req && memcmp(l->server, IPnoaddr, IPaddrlen) != 0){
		p = option(p, Oaddr, l->ip+IPv4off, IPv4addrlen);
		p = option(p, Oserver, l->server+IPv4off, IPv4addrlen);
	}
	*p++ = Oend;
	return p;
}

/* a lease is kept from the address that we have, which its server is asked for, or whatever server there is */
static int
transmit(int fd, int type, Lease *l, int how)
{
	Msg m;
	uchar *p;

	memset(&m, 0, sizeof m);
	memmove(m.udp, how == Renew ? l->server : IPv4bcast, IPaddrlen);
	if(how != Get)
		memmove(m.udp+IPaddrlen, l->ip, IPaddrlen);
	hnputs(m.udp+48, Serverport);
	hnputs(m.udp+50, Clientport);
	m.b[Oop] = Request;
	m.b[Ohtype] = 1;
	m.b[Ohlen] = 6;
	hnputl(m.b+Oxid, xid);
	if(how != Get)
		memmove(m.b+Ociaddr, l->ip+IPv4off, IPv4addrlen);
	else
		hnputs(m.b+Oflags, Broadcast);
	memmove(m.b+Ochaddr, mac, 6);
	hnputl(m.b+Ocookie, Cookie);
	p = options(m.b+Ooptions, type, how == Get ? l : nil);
	m.n = p - m.b;
	if(m.n < Msgmin)
		m.n = Msgmin;
	return write(fd, m.udp, Udphdrsize+m.n) == Udphdrsize+m.n ? 0 : -1;
}

/* ---- receiving ---- */

/* the data of an option, and its length in *len; nil if it is not there, or shorter than min */
static uchar*
find(Msg *m, int code, int min, int *len)
{
	uchar *p, *e;

	e = m->b+m->n;
	for(p = m->b+Ooptions; p < e && *p != Oend;){
		if(*p == Opad){
			p++;
			continue;
		}
		if(p+2 > e || p+2+p[1] > e)
			break;
		if(*p == code){
			*len = p[1];
			return p[1] >= min ? p+2 : nil;
		}
		p += 2+p[1];
	}
	return nil;
}

/* an address that a host, or a router, can have */
static int
goodaddr(uchar *v4)
{
	return v4[0] != 0 && v4[0] != 127 && v4[0] < 224;
}

static int
addresses(Msg *m, int code, uchar to[][IPaddrlen], int max)
{
	uchar *p;
	int len, n;

	p = find(m, code, 4, &len);
	if(p == nil)
		return 0;
	for(n = 0; n < max && len >= 4; len -= 4, p += 4)
		if(goodaddr(p))
			v4tov6(to[n++], p);
	return n;
}

/* a name goes into a file of attributes: letters, digits, dots and dashes, or it is none */
static void
name(Msg *m, int code, char *to)
{
	uchar *p;
	int i, len;

	to[0] = '\0';
	p = find(m, code, 1, &len);
	if(p == nil || len >= Maxname)
		return;
	while(len > 0 && p[len-1] == '\0')
		len--;
	for(i = 0; i < len; i++)
		if(p[i] >= 0x80 || !(p[i] >= '0' && p[i] <= '9' || p[i] >= 'a' && p[i] <= 'z' || p[i] >= 'A' && p[i] <= 'Z' || p[i] == '-' || p[i] == '.'))
			return;
	memmove(to, p, len);
	to[len] = '\0';
}

static ulong
number(Msg *m, int code, ulong none)
{
	uchar *p;
	int len;

	p = find(m, code, 4, &len);
	return p != nil ? nhgetl(p) : none;
}

/* what an offer or acknowledgement says; -1 if that cannot be */
static int
take(Msg *m, Lease *l)
{
	uchar *p, one[1][IPaddrlen];
	ulong mask;
	int len;

	memset(l, 0, sizeof *l);
	if(!goodaddr(m->b+Oyiaddr))
		return -1;
	v4tov6(l->ip, m->b+Oyiaddr);
	p = find(m, Oserver, 4, &len);
	if(p == nil || !goodaddr(p))
		return -1;
	v4tov6(l->server, p);
	defmask(l->ip, l->mask);
	p = find(m, Omask, 4, &len);
	if(p != nil){
		mask = nhgetl(p);
		if(mask == 0 || (~mask & (~mask+1)) != 0)
			return -1;		/* ones, then zeros */
		memmove(l->mask, IPallbits, IPaddrlen);
		memmove(l->mask+IPv4off, p, 4);
	}
	if(addresses(m, Orouter, one, 1) == 1)
		memmove(l->gateway, one[0], IPaddrlen);
	l->ndns = addresses(m, Odns, l->dns, Maxservers);
	l->nntp = addresses(m, Ontp, l->ntp, Maxservers);
	name(m, Ohostname, l->host);
	name(m, Odomain, l->domain);
	l->seconds = number(m, Olease, 3600);
	if(l->seconds < Shortest)
		l->seconds = Shortest;
	l->renew = number(m, Orenew, l->seconds/2);
	l->rebind = number(m, Orebind, l->seconds - l->seconds/8);
	if(l->renew == 0 || l->renew > l->rebind || l->rebind > l->seconds){
		l->renew = l->seconds/2;
		l->rebind = l->seconds - l->seconds/8;
	}
	return 0;
}

/* has the interface lost its wire for good?  then the error string says why */
static int
nowire(void)
{
	char buf[1024], *file, *p, *e;
	int fd, n;

	file = smprint("%s/ifstats", device);
	fd = open(file, OREAD);
	free(file);
	n = fd < 0 ? -1 : readn(fd, buf, sizeof buf - 1);
	close(fd);
	if(n <= 0)
		return 0;
	buf[n] = '\0';
	p = strstr(buf, "dead: ");
	if(p == nil)
		return 0;
	p += strlen("dead: ");
	e = strchr(p, '\n');
	if(e != nil)
		*e = '\0';
	werrstr("%s", p);
	return 1;
}

/* the next answer to us within ms: its type, and the message; -1 if time is over, or there is no wire */
static int
receive(int fd, Msg *m, ulong ms)
{
	vlong end;
	uchar *p;
	int len, n;
	long left;

	end = nsec()/1000000 + ms;
	for(;;){
		left = end - nsec()/1000000;
		if(left <= 0)
			return -1;
		n = readfor(fd, m->udp, sizeof m->udp + sizeof m->b, left < Lookafter ? left : Lookafter);
		if(n < 0){
			if(nowire())
				return -1;
			continue;
		}
		m->n = n - Udphdrsize;
		if(m->n < Ooptions || m->b[Oop] != Reply || nhgetl(m->b+Oxid) != xid || memcmp(m->b+Ochaddr, mac, 6) != 0)
			continue;
		if(nhgetl(m->b+Ocookie) != Cookie)
			continue;
		p = find(m, Otype, 1, &len);
		if(p == nil)
			continue;
		if(debug)
			fprint(2, "ipconfig: dhcp: message %d from %I\n", *p, m->udp);
		return *p;
	}
}

/* ---- conversations ---- */

static int
opendhcp(void)
{
	char buf[128], *p;
	int ctl, fd, n;

	snprint(buf, sizeof buf, "%s/udp/clone", netroot);
	ctl = open(buf, ORDWR);
	if(ctl < 0)
		return -1;
	n = read(ctl, buf, sizeof buf - 1);
	if(n <= 0 || fprint(ctl, "announce %d", Clientport) < 0 || fprint(ctl, "headers") < 0){
		close(ctl);
		return -1;
	}
	buf[n] = '\0';
	n = atoi(buf);
	p = smprint("%s/udp/%d/data", netroot, n);
	fd = open(p, ORDWR);
	free(p);
	close(ctl);
	return fd;
}

/*
 * Send until there is an answer of a type that is wanted, and what it says, in lease;
 * or a refusal by the server that was asked.  -1 if there is none.  Answers that
 * cannot be are somebody's mistake, or worse, and another may be right.
 */
static int
exchange(int fd, int type, Lease *l, int how, Msg *m, int want, Lease *lease)
{
	ulong ms;
	uchar *p;
	int i, got, len;

	ms = Firstwait;
	for(i = 0; i < (how == Get ? Tries : Keeptries); i++){
		if(transmit(fd, type, l, how) < 0)
			return -1;
		while((got = receive(fd, m, ms)) >= 0){
			if(got == want && take(m, lease) == 0 && (l == nil || ipcmp(lease->ip, l->ip) == 0))
				return got;
			if(got == Nak && type == Req && (p = find(m, Oserver, 4, &len)) != nil
			&& (how == Rebind || memcmp(p, l->server+IPv4off, IPv4addrlen) == 0))
				return got;
		}
		if(nowire())
			return -1;
		ms *= 2;
	}
	werrstr("dhcp: no answer");
	return -1;
}

static int
begin(void)
{
	if(myetheraddr(mac, device) < 0)
		return -1;
	notelimits();
	xid = truerand();
	return opendhcp();
}

int
dhcplease(Lease *l)
{
	Lease offer;
	Msg *m;
	int fd, got;

	fd = begin();
	m = malloc(sizeof *m);
	if(fd < 0 || m == nil){
		free(m);
		return -1;
	}
	got = exchange(fd, Discover, nil, Get, m, Offer, &offer);
	if(got == Offer)
		got = exchange(fd, Req, &offer, Get, m, Ack, l);
	if(got == Nak)
		werrstr("dhcp: the server takes its offer back");
	close(fd);
	free(m);
	return got == Ack ? 0 : -1;
}

int
dhcprenew(Lease *l, int rebinding)
{
	Lease fresh;
	Msg *m;
	int fd, got;

	fd = begin();
	m = malloc(sizeof *m);
	if(fd < 0 || m == nil){
		free(m);
		return -1;
	}
	got = exchange(fd, Req, l, rebinding ? Rebind : Renew, m, Ack, &fresh);
	close(fd);
	free(m);
	if(got == Ack)
		*l = fresh;
	return got == Ack ? 0 : got == Nak ? 1 : -1;
}
