/*
 * Arithmetic on addresses, and how they are printed.
 */
#include <u.h>
#include <libc.h>
#include <ip.h>

int
isv4(uchar *ip)
{
	return memcmp(ip, v4prefix, IPv4off) == 0;
}

void
v4tov6(uchar *to, uchar *v4)
{
	uchar a[IPv4addrlen];

	memmove(a, v4, IPv4addrlen);
	memmove(to, v4prefix, IPv4off);
	memmove(to+IPv4off, a, IPv4addrlen);
}

int
v6tov4(uchar *v4, uchar *ip)
{
	if(!isv4(ip)){
		memset(v4, 0, IPv4addrlen);
		return memcmp(ip, IPnoaddr, IPaddrlen) == 0 ? 0 : -1;
	}
	memmove(v4, ip+IPv4off, IPv4addrlen);
	return 0;
}

int
ipcmp(uchar *a, uchar *b)
{
	return memcmp(a, b, IPaddrlen);
}

void
maskip(uchar *ip, uchar *mask, uchar *to)
{
	int i;

	for(i = 0; i < IPaddrlen; i++)
		to[i] = ip[i] & mask[i];
}

/* classes A, B and C; half of an IPv6 address */
void
defmask(uchar *ip, uchar *mask)
{
	int n;

	if(!isv4(ip))
		n = 64;
	else if(ip[IPv4off] < 128)
		n = 96+8;
	else if(ip[IPv4off] < 192)
		n = 96+16;
	else
		n = 96+24;
	memset(mask, 0, IPaddrlen);
	memset(mask, 0xff, n/8);
}

ulong
nhgetl(uchar *p)
{
	return (ulong)p[0]<<24 | p[1]<<16 | p[2]<<8 | p[3];
}

ushort
nhgets(uchar *p)
{
	return p[0]<<8 | p[1];
}

void
hnputl(uchar *p, ulong v)
{
	p[0] = v>>24;
	p[1] = v>>16;
	p[2] = v>>8;
	p[3] = v;
}

void
hnputs(uchar *p, ushort v)
{
	p[0] = v>>8;
	p[1] = v;
}

/* RFC 5952: the longest run of zero groups, if of two or more, becomes :: */
static void
v6text(char *buf, char *end, uchar *ip)
{
	int i, n, best, len;

	best = -1;
	len = 1;
	for(i = 0; i < 8; i += n > 0 ? n : 1){
		for(n = 0; i+n < 8 && ip[2*(i+n)] == 0 && ip[2*(i+n)+1] == 0; n++)
			;
		if(n > len){
			best = i;
			len = n;
		}
	}
	for(i = 0; i < 8; i++){
		if(i == best){
			buf = seprint(buf, end, "::");
			i += len-1;
			continue;
		}
		buf = seprint(buf, end, "%s%ux", i > 0 && i != best+len ? ":" : "", nhgets(ip+2*i));
	}
}

static int
masklen(uchar *m)
{
	int i, n;

	for(n = 0; n < 128 && m[n/8] & 0x80>>n%8; n++)
		;
	for(i = n; i < 128; i++)
		if(m[i/8] & 0x80>>i%8)
			return -1;
	return n;
}

/*
 * %I an address, %V four bytes of one, %M a mask, %E a MAC address
 */
int
eipfmt(Fmt *f)
{
	char buf[64];
	uchar *p;

	p = va_arg(f->args, uchar*);
	switch(f->r){
	case 'E':
		snprint(buf, sizeof buf, "%2.2ux%2.2ux%2.2ux%2.2ux%2.2ux%2.2ux", p[0], p[1], p[2], p[3], p[4], p[5]);
		break;
	case 'M':
		if(masklen(p) >= 0){
			snprint(buf, sizeof buf, "/%d", masklen(p));
			break;
		}
		/* fall through */
	case 'I':
		if(!isv4(p)){
			v6text(buf, buf+sizeof buf, p);
			break;
		}
		p += IPv4off;
		/* fall through */
	case 'V':
		snprint(buf, sizeof buf, "%d.%d.%d.%d", p[0], p[1], p[2], p[3]);
		break;
	default:
		strcpy(buf, "(eipfmt)");
	}
	return fmtstrcpy(f, buf);
}
