/*
 * Addresses: kinds, masks, and what they look like as text.  Everybody uses
 * this.  All addresses are 16 bytes; an IPv4 one lies in ::ffff:0:0/96 and so
 * its mask begins with 96 ones.  Text: ip(3), RFC 4291, 2.2, and RFC 5952.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "ip.h"

Ipaddr	noaddr;
Ipaddr	v4any = {{ 0,0,0,0, 0,0,0,0, 0,0,0xFF,0xFF, 0,0,0,0 }};
Ipaddr	v4bcast = {{ 0,0,0,0, 0,0,0,0, 0,0,0xFF,0xFF, 0xFF,0xFF,0xFF,0xFF }};
Ipaddr	v4loop = {{ 0,0,0,0, 0,0,0,0, 0,0,0xFF,0xFF, 127,0,0,1 }};
Ipaddr	v6loop = {{ 0,0,0,0, 0,0,0,0, 0,0,0,0, 0,0,0,1 }};
Ipaddr	allnodes = {{ 0xFF,2,0,0, 0,0,0,0, 0,0,0,0, 0,0,0,1 }};
Ipaddr	allrouters = {{ 0xFF,2,0,0, 0,0,0,0, 0,0,0,0, 0,0,0,2 }};

int
isv4(Ipaddr *a)
{
	return a->w[0] == 0 && a->w[1] == 0 && a->w[2] == v4any.w[2];
}

int
isany(Ipaddr *a)
{
	return a->w[3] == 0 && a->w[0] == 0 && a->w[1] == 0 && (a->w[2] == 0 || a->w[2] == v4any.w[2]);
}

int
ismcast(Ipaddr *a)
{
	if(isv4(a))
		return a->b[V4off] >= 224 && a->b[V4off] < 240;
	return a->b[0] == 0xFF;
}

int
islinklocal(Ipaddr *a)
{
	return a->b[0] == 0xFE && (a->b[1] & 0xC0) == 0x80;
}

int
isloop(Ipaddr *a)
{
	return isv4(a) && a->b[V4off] == 127 || ipeq(a, &v6loop);
}

/* *a is the IPv4 address of four bytes at p */
void
v4to(Ipaddr *a, uchar *p)
{
	*a = v4any;
	memmove(a->b+V4off, p, 4);
}

int
masklen(Ipaddr *m)
{
	int i, n;

	for(n = 0; n < 128 && (m->b[n/8] & 0x80>>n%8); n++)
		;
	for(i = n; i < 128; i++)
		if(m->b[i/8] & 0x80>>i%8)
			return -1;
	return n;
}

void
maskof(Ipaddr *m, int n)
{
	int i;

	for(i = 0; i < 16; i++, n -= 8)
		m->b[i] = n >= 8? 0xFF: n <= 0? 0: 0xFF<<(8-n);
}

void
maskip(Ipaddr *to, Ipaddr *a, Ipaddr *m)
{
	int i;

	for(i = 0; i < 4; i++)
		to->w[i] = a->w[i] & m->w[i];
}

/* IPv4 by class, as the interface's owner did not say; IPv6 as RFC 4291, 2.5.4 has them */
void
classmask(Ipaddr *a, Ipaddr *m)
{
	int c;

	if(!isv4(a)){
		maskof(m, ipeq(a, &v6loop) || isany(a)? 128: 64);
		return;
	}
	c = a->b[V4off];
	maskof(m, 96 + (c == 0? 0: c < 128? 8: c < 192? 16: c < 224? 24: 32));
}

static int
hexval(int c)
{
	if(c >= '0' && c <= '9')
		return c - '0';
	if(c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if(c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Dotted decimal into p: the last number fills what the others leave, as in 127.1. */
static int
parsev4(char *s, uchar *p)
{
	ulong v[4], max;
	int i, n;

	for(n = 0; n < 4; n++){
		if(*s < '0' || *s > '9')
			return -1;
		for(v[n] = 0; *s >= '0' && *s <= '9'; s++){
			if(v[n] > 429496729)
				return -1;
			v[n] = v[n]*10 + *s-'0';
		}
		if(*s != '.')
			break;
		s++;
	}
	if(*s != '\0' || n == 4)
		return -1;
	for(i = 0; i < n; i++){
		if(v[i] > 255)
			return -1;
		p[i] = v[i];
	}
	max = n == 0? 0xFFFFFFFF: (1ul<<8*(4-n)) - 1;
	if(v[n] > max)
		return -1;
	for(i = 3; i >= n; i--){
		p[i] = v[n];
		v[n] >>= 8;
	}
	return 0;
}

static int
parsev6(char *s, Ipaddr *a)
{
	int i, n, gap, digits, v;
	char *word;

	memset(a, 0, sizeof *a);
	gap = -1;
	n = 0;
	if(s[0] == ':'){
		if(s[1] != ':')
			return -1;
		s += 2;
		gap = 0;
	}
	while(*s != '\0'){
		if(n > 14)
			return -1;
		word = s;
		v = 0;
		for(digits = 0; hexval(*s) >= 0; digits++)
			v = v<<4 | hexval(*s++);
		if(*s == '.'){
			if(n > 12 || parsev4(word, a->b+n) < 0)
				return -1;
			n += 4;
			break;
		}
		if(digits == 0 || digits > 4)
			return -1;
		put2(a->b+n, v);
		n += 2;
		if(*s == '\0')
			break;
		if(*s++ != ':')
			return -1;
		if(*s == ':'){
			if(gap >= 0)
				return -1;
			gap = n;
			s++;
		}else if(*s == '\0')
			return -1;
	}
	if(gap < 0)
		return n == 16? 0: -1;
	if(n == 16)
		return -1;
	for(i = 1; i <= n-gap; i++){
		a->b[16-i] = a->b[n-i];
		a->b[n-i] = 0;
	}
	return 0;
}

int
parseip(char *s, Ipaddr *a)
{
	uchar v4[4];

	if(strlen(s) > 64)
		return -1;
	if(strchr(s, ':') != nil)
		return parsev6(s, a);
	if(parsev4(s, v4) < 0)
		return -1;
	v4to(a, v4);
	return 0;
}

/* /bits, counted from the start of the version's own address (more than 32 from that of all 128); or as an address */
int
parsemask(char *s, Ipaddr *m, int version)
{
	uchar v4[4];
	char *e;
	long n;

	if(*s == '/'){
		n = strtol(s+1, &e, 10);
		if(e == s+1 || *e != '\0' || n < 0 || n > 128)
			return -1;
		if(version == 4){
			if(n <= 32)
				n += 96;
			else if(n < 96)
				return -1;
		}
		maskof(m, n);
		return 0;
	}
	if(strchr(s, ':') != nil)
		return parsev6(s, m);
	if(parsev4(s, v4) < 0)
		return -1;
	maskof(m, 96);
	memmove(m->b+V4off, v4, 4);
	return 0;
}

/* Twelve hexadecimal digits, with or without colons. */
int
parsemac(char *s, uchar *mac, int n)
{
	int i;

	for(i = 0; i < n; i++){
		if(i > 0 && *s == ':')
			s++;
		if(hexval(s[0]) < 0 || hexval(s[1]) < 0)
			return -1;
		mac[i] = hexval(s[0])<<4 | hexval(s[1]);
		s += 2;
	}
	return *s == '\0'? 0: -1;
}

/* The shortest form: the longest run of two or more zero words is left out (RFC 5952, 4.2). */
char*
ipseprint(char *s, char *e, Ipaddr *a)
{
	int i, j, best, len;

	if(isv4(a))
		return seprint(s, e, "%d.%d.%d.%d", a->b[12], a->b[13], a->b[14], a->b[15]);
	best = -1;
	len = 1;
	for(i = 0; i < 8; i++){
		for(j = i; j < 8 && a->b[2*j] == 0 && a->b[2*j+1] == 0; j++)
			;
		if(j-i > len){
			best = i;
			len = j-i;
		}
		if(j > i)
			i = j;
	}
	for(i = 0; i < 8; i++){
		if(i == best){
			s = seprint(s, e, "::");
			i += len-1;
			continue;
		}
		s = seprint(s, e, i > 0 && i != best+len? ":%x": "%x", get2(a->b+2*i));
	}
	return s;
}

static int
fmtip(Fmt *f)
{
	char buf[64];

	ipseprint(buf, buf+sizeof buf, va_arg(f->args, Ipaddr*));
	return fmtstrcpy(f, buf);
}

static int
fmtmask(Fmt *f)
{
	char buf[64];
	Ipaddr *m;
	int n;

	m = va_arg(f->args, Ipaddr*);
	n = masklen(m);
	if(n >= 0)
		snprint(buf, sizeof buf, "/%d", n);
	else
		ipseprint(buf, buf+sizeof buf, m);
	return fmtstrcpy(f, buf);
}

void
ipfmtinstall(void)
{
	fmtinstall('I', fmtip);
	fmtinstall('M', fmtmask);
}
