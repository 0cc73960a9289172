/*
 * A frame in words: Ethernet, ARP, IPv4, IPv6, ICMP, UDP, TCP.  Every length in a
 * frame is a stranger's claim; what is not there is said to be short.
 */
#include <u.h>
#include <libc.h>
#include <ip.h>
#include "snoopy.h"

enum
{
	Ehdr	= 14,
	Arplen	= 28,
	V4hdr	= 20,
	V6hdr	= 40,
	Udphdr4	= 8,
	Tcphdr	= 20,
};

static char*
ports(char *p, char *e, uchar *b)
{
	return seprint(p, e, " %d > %d", nhgets(b), nhgets(b+2));
}

static char*
tcpline(char *p, char *e, uchar *b, int n)
{
	static char *names[] = {"fin", "syn", "rst", "psh", "ack", "urg"};
	int hdr, i;

	if(n < Tcphdr)
		return seprint(p, e, " tcp short");
	hdr = (b[12]>>4)*4;
	p = seprint(p, e, " tcp");
	p = ports(p, e, b);
	for(i = 0; i < nelem(names); i++)
		if(b[13] & 1<<i)
			p = seprint(p, e, " %s", names[i]);
	p = seprint(p, e, " seq %lud", nhgetl(b+4));
	if(b[13] & 0x10)
		p = seprint(p, e, " ack %lud", nhgetl(b+8));
	p = seprint(p, e, " win %d", nhgets(b+14));
	if(hdr < Tcphdr || hdr > n)
		return seprint(p, e, " bad header length %d", hdr);
	return seprint(p, e, " data %d", n-hdr);
}

static char*
udpline(char *p, char *e, uchar *b, int n)
{
	if(n < Udphdr4)
		return seprint(p, e, " udp short");
	p = seprint(p, e, " udp");
	p = ports(p, e, b);
	return seprint(p, e, " data %d", nhgets(b+4)-Udphdr4);
}

static char*
icmpline(char *p, char *e, uchar *b, int n, int v)
{
	static struct {
		uchar	v, type;
		char	*name;
	} types[] = {
		{ 4, 0, "echo reply" }, { 4, 3, "unreachable" }, { 4, 5, "redirect" }, { 4, 8, "echo" }, { 4, 11, "time exceeded" },
		{ 6, 1, "unreachable" }, { 6, 2, "too big" }, { 6, 3, "time exceeded" }, { 6, 4, "parameter problem" },
		{ 6, 128, "echo" }, { 6, 129, "echo reply" }, { 6, 133, "router solicitation" }, { 6, 134, "router advertisement" },
		{ 6, 135, "neighbour solicitation" }, { 6, 136, "neighbour advertisement" }, { 6, 143, "multicast report" },
	};
	int i;

	if(n < 4)
		return seprint(p, e, " icmp short");
	p = seprint(p, e, v == 4 ? " icmp" : " icmpv6");
	for(i = 0; i < nelem(types); i++)
		if(types[i].v == v && types[i].type == b[0])
			break;
	if(i < nelem(types))
		p = seprint(p, e, " %s", types[i].name);
	else
		p = seprint(p, e, " type %d", b[0]);
	if(b[1] != 0)
		p = seprint(p, e, " code %d", b[1]);
	if(n >= 24 && v == 6 && (b[0] == 135 || b[0] == 136))
		p = seprint(p, e, " %I", b+8);
	return p;
}

static char*
above(char *p, char *e, int proto, uchar *b, int n, int v)
{
	switch(proto){
	case 1:
		return icmpline(p, e, b, n, 4);
	case 6:
		return tcpline(p, e, b, n);
	case 17:
		return udpline(p, e, b, n);
	case 58:
		return icmpline(p, e, b, n, v);
	}
	return seprint(p, e, " protocol %d data %d", proto, n);
}

static char*
v4line(char *p, char *e, uchar *b, int n)
{
	int hdr, len, off;

	if(n < V4hdr)
		return seprint(p, e, " ip short");
	p = seprint(p, e, " ip %V > %V", b+12, b+16);
	hdr = (b[0] & 0xf)*4;
	len = nhgets(b+2);
	if(b[0]>>4 != 4 || hdr < V4hdr || len < hdr || len > n)
		return seprint(p, e, " bad header: version %d length %d of %d in %d", b[0]>>4, hdr, len, n);
	off = nhgets(b+6);
	if((off & 0x1fff) != 0)
		return seprint(p, e, " fragment at %d of %d data %d", (off & 0x1fff)*8, nhgets(b+4), len-hdr);
	if(off & 0x2000)
		p = seprint(p, e, " first fragment of %d", nhgets(b+4));
	return above(p, e, b[9], b+hdr, len-hdr, 4);
}

static char*
v6line(char *p, char *e, uchar *b, int n)
{
	int len, next, size;

	if(n < V6hdr)
		return seprint(p, e, " ip6 short");
	p = seprint(p, e, " ip6 %I > %I", b+8, b+24);
	len = nhgets(b+4);
	if(len > n-V6hdr)
		return seprint(p, e, " bad length %d in %d", len, n-V6hdr);
	next = b[6];
	b += V6hdr;
	/* hop by hop, routing and destination options: their own length comes second */
	while((next == 0 || next == 43 || next == 60) && len >= 8){
		size = (b[1]+1)*8;
		if(size > len)
			return seprint(p, e, " bad extension header");
		next = b[0];
		b += size;
		len -= size;
	}
	return above(p, e, next, b, len, 6);
}

static char*
arpline(char *p, char *e, uchar *b, int n)
{
	if(n < Arplen || nhgets(b) != 1 || nhgets(b+2) != 0x800 || b[4] != 6 || b[5] != 4)
		return seprint(p, e, " arp of another kind");
	switch(nhgets(b+6)){
	case 1:
		return seprint(p, e, " arp who has %V tell %V %E", b+24, b+14, b+8);
	case 2:
		return seprint(p, e, " arp %V is %E", b+14, b+8);
	}
	return seprint(p, e, " arp operation %d", nhgets(b+6));
}

char*
etherline(char *p, char *e, uchar *b, int n)
{
	int type;

	if(n < Ehdr)
		return seprint(p, e, "short frame of %d", n);
	type = nhgets(b+12);
	p = seprint(p, e, "%E > %E %d", b+6, b, n);
	switch(type){
	case 0x800:
		return v4line(p, e, b+Ehdr, n-Ehdr);
	case 0x806:
		return arpline(p, e, b+Ehdr, n-Ehdr);
	case 0x86dd:
		return v6line(p, e, b+Ehdr, n-Ehdr);
	}
	return seprint(p, e, " type %#x", type);
}
