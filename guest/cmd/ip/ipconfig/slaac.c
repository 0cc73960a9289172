/*
 * IPv6 by what routers advertise: RFC 4861 and RFC 4862, name servers by RFC 8106.
 * The kernel makes the addresses (add6), tries them and lets them expire; here
 * routers are asked and their answers read.  Only answers from link-local
 * addresses count, and the kernel passes on only those that crossed no router.
 */
#include <u.h>
#include <libc.h>
#include <ip.h>
#include <giveup.h>
#include "ipconfig.h"

enum
{
	Solicit		= 133,
	Advert		= 134,
	Adverthdr	= 16,

	Oprefix		= 3,
	Omtu		= 5,
	Ordnss		= 25,

	Onlink		= 0x80,		/* of a prefix */
	Auto		= 0x40,

	Tries		= 6,
	Wait		= 1000,		/* ms for the first answer, each time */
	Maxmsg		= 2048,
	Ndbsize		= 1023,
};

static uchar	linkprefix[IPaddrlen] = { 0xfe, 0x80 };
static uchar	allrouters[IPaddrlen] = { 0xff, 2, [15] = 2 };
static uchar	router[IPaddrlen];	/* of our default route */

static int
openicmp(void)
{
	char buf[128], *p;
	int ctl, fd, n;

	snprint(buf, sizeof buf, "%s/icmpv6/clone", netroot);
	ctl = open(buf, ORDWR);
	if(ctl < 0)
		return -1;
	n = read(ctl, buf, sizeof buf - 1);
	if(n <= 0 || fprint(ctl, "headers") < 0 || fprint(ctl, "announce 0") < 0 || fprint(ctl, "ttl 255") < 0){
		close(ctl);
		return -1;
	}
	buf[n] = '\0';
	p = smprint("%s/icmpv6/%d/data", netroot, atoi(buf));
	fd = open(p, ORDWR);
	free(p);
	close(ctl);
	return fd;
}

static int
solicit(int fd)
{
	uchar msg[Udphdrsize+8];

	memset(msg, 0, sizeof msg);
	memmove(msg, allrouters, IPaddrlen);
	msg[Udphdrsize] = Solicit;
	return write(fd, msg, sizeof msg) == sizeof msg ? 0 : -1;
}

/* add name servers to what /net/ndb says already */
static void
addservers(uchar *p, int n)
{
	char *file, *text, *e, one[64];
	int fd, len;

	file = smprint("%s/ndb", netroot);
	text = mallocz(Ndbsize+1, 1);
	fd = open(file, OREAD);
	if(file == nil || text == nil || fd < 0)
		return;
	len = readn(fd, text, Ndbsize);
	close(fd);
	if(len < 0)
		len = 0;
	text[len] = '\0';
	e = text+len;
	if(len == 0)
		e = seprint(e, text+Ndbsize, "sys=%s\n", sysname());
	for(; n > 0; n--, p += IPaddrlen){
		snprint(one, sizeof one, "\tdns=%I\n", p);
		if(strstr(text, one) == nil && e+strlen(one) < text+Ndbsize)
			e = seprint(e, text+Ndbsize, "%s", one);
	}
	if(e != text+len){
		fd = open(file, OWRITE|OTRUNC);
		if(fd < 0 || write(fd, text, e-text) != e-text)
			fprint(2, "ipconfig: %s: %r\n", file);
		close(fd);
		refresh("dns");
	}
	free(text);
	free(file);
}

/* RFC 4862, 5.5.3: a prefix of which we make an address, or which is on the wire */
static void
prefix(uchar *o)
{
	int flags;

	flags = o[3];
	if(o[2] != 64 || (flags & (Auto|Onlink)) == 0 || o[16] == 0xff || o[16] == 0xfe && (o[17] & 0xc0) == 0x80)
		return;
	if(nhgetl(o+8) > nhgetl(o+4))		/* preferred for longer than valid */
		return;
	if((flags & Auto) == 0)
		return;
	if(interface("add6 %I 64 %d %d %lud %lud", o+16, (flags & Onlink) != 0, 1, nhgetl(o+4), nhgetl(o+8)) < 0)
		fprint(2, "ipconfig: add6 %I: %r\n", o+16);
}

/* what a router says; 0 if it counts */
static int
advert(uchar *from, uchar *p, int n)
{
	uchar *e, *o;

	if(n < Adverthdr || p[0] != Advert || p[1] != 0 || from[0] != 0xfe || (from[1] & 0xc0) != 0x80)
		return -1;
	e = p+n;
	for(o = p+Adverthdr; o < e; o += 8*o[1])	/* all or nothing */
		if(e-o < 8 || o[1] == 0 || e-o < 8*o[1])
			return -1;
	if(debug)
		fprint(2, "ipconfig: router %I\n", from);
	if(nhgets(p+6) != 0 && memcmp(router, IPnoaddr, IPaddrlen) == 0){
		memmove(router, from, IPaddrlen);
		route("add", router);
	}else if(nhgets(p+6) == 0 && memcmp(router, from, IPaddrlen) == 0){
		route("remove", router);
		memset(router, 0, sizeof router);
	}
	for(o = p+Adverthdr; o < e; o += 8*o[1])
		switch(o[0]){
		case Oprefix:
			if(o[1] == 4)
				prefix(o);
			break;
		case Ordnss:
			if(o[1] >= 3 && nhgetl(o+4) != 0)
				addservers(o+8, (8*o[1]-8)/IPaddrlen);
			break;
		}
	return 0;
}

/* one that counts, within ms (0: however long it takes) */
static int
receive(int fd, ulong ms)
{
	static uchar msg[Udphdrsize+Maxmsg];
	vlong end;
	long left;
	int n;

	end = nsec()/1000000 + ms;
	for(;;){
		left = end - nsec()/1000000;
		if(ms != 0 && left <= 0)
			return -1;
		n = ms != 0 ? readfor(fd, msg, sizeof msg, left) : read(fd, msg, sizeof msg);
		if(n > Udphdrsize && advert(msg, msg+Udphdrsize, n-Udphdrsize) == 0)
			return 0;
		if(n == 0)
			return -1;
	}
}

/* Returns when there was an answer, and goes on in the background. */
void
slaac(void)
{
	int fd, i;

	if(interface("add6 %I 64 1 1 %lud %lud", linkprefix, ~0UL, ~0UL) < 0)
		sysfatal("add6 %I: %r", linkprefix);
	fd = openicmp();
	if(fd < 0)
		sysfatal("icmpv6: %r");
	notelimits();
	for(i = 0; i < Tries; i++){
		/* while the link-local address is being tried, there is none to send from */
		if(solicit(fd) < 0)
			sleep(Wait/2);
		else if(receive(fd, Wait) == 0)
			break;
	}
	if(i == Tries)
		sysfatal("no router answers");
	if(norenew)
		return;
	switch(rfork(RFPROC|RFFDG|RFNOTEG|RFNOWAIT|RFENVG)){
	case -1:
		fprint(2, "ipconfig: routers will not be listened to: %r\n");
		break;
	case 0:
		while(receive(fd, 0) == 0)
			;
	}
}
