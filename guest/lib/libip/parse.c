/*
 * Addresses as text: RFC 4291, 2.2 and RFC 5952, with Plan 9's short forms of IPv4
 * addresses, in which the last number fills what is left: 127.1.
 */
#include <u.h>
#include <libc.h>
#include <ip.h>

uchar IPnoaddr[IPaddrlen];
uchar v4prefix[IPaddrlen] = { [10] = 0xff, [11] = 0xff };
uchar IPv4bcast[IPaddrlen] = { [10] = 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
uchar IPallbits[IPaddrlen] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff
};

/* a.b.c.d, or fewer numbers; -1 if it is none of these */
static int
parsev4(uchar *to, char *s)
{
	ulong part[4], v;
	char *end;
	int i, n;

	for(n = 0; n < 4; n++){
		if(*s < '0' || *s > '9')
			return -1;
		part[n] = strtoul(s, &end, 10);
		if(end - s > 10)
			return -1;
		s = end;
		if(*s != '.')
			break;
		s++;
	}
	if(n == 4 || *s != '\0')
		return -1;
	for(i = 0; i < n; i++){
		if(part[i] > 255)
			return -1;
		to[i] = part[i];
	}
	v = part[n];
	if(n > 0 && v >= 1ul<<8*(4-n))
		return -1;
	for(i = 3; i >= n; i--){
		to[i] = v;
		v >>= 8;
	}
	return 0;
}

/* groups of hex digits, one run of zeros as ::, perhaps an IPv4 address at the end */
static int
parsev6(uchar *to, char *s)
{
	uchar a[IPaddrlen];
	char *end;
	ulong v;
	int i, gap;

	gap = -1;
	i = 0;
	if(s[0] == ':' && s[1] == ':'){
		gap = 0;
		s += 2;
	}
	while(*s != '\0'){
		if(i == IPaddrlen)
			return -1;
		v = strtoul(s, &end, 16);
		if(end == s || end - s > 4){
			if(i > IPaddrlen-4 || parsev4(a+i, s) < 0)
				return -1;
			i += 4;
			break;
		}
		if(*end == '.'){
			if(i > IPaddrlen-4 || parsev4(a+i, s) < 0)
				return -1;
			i += 4;
			break;
		}
		a[i++] = v>>8;
		a[i++] = v;
		s = end;
		if(*s == '\0')
			break;
		if(*s++ != ':')
			return -1;
		if(*s == ':'){
			if(gap >= 0)
				return -1;
			gap = i;
			s++;
		}else if(*s == '\0')
			return -1;
	}
	if(gap < 0 && i != IPaddrlen || gap >= 0 && i == IPaddrlen)
		return -1;
	memset(to, 0, IPaddrlen);
	if(gap < 0)
		gap = i;
	memmove(to, a, gap);
	memmove(to+IPaddrlen-(i-gap), a+gap, i-gap);
	return 0;
}

int
parseip(uchar *to, char *s)
{
	if(strchr(s, ':') != nil)
		return parsev6(to, s);
	memmove(to, v4prefix, IPaddrlen);
	return parsev4(to+IPv4off, s);
}

/* the first n bits of an address are ones */
static void
ones(uchar *mask, int n)
{
	int i;

	for(i = 0; i < IPaddrlen; i++, n -= 8)
		mask[i] = n >= 8 ? 0xff : n <= 0 ? 0 : 0xff<<(8-n);
}

/*
 * /n is a number of bits, of the 128; a dotted mask is of an IPv4 address.
 */
int
parseipmask(uchar *mask, char *s)
{
	char *end;
	int n;

	if(*s == '/'){
		n = strtol(s+1, &end, 10);
		if(end == s+1 || *end != '\0' || n < 0 || n > 128)
			return -1;
		ones(mask, n);
		return 0;
	}
	if(parseip(mask, s) < 0)
		return -1;
	if(isv4(mask))
		memset(mask, 0xff, IPv4off);
	return 0;
}

int
parseether(uchar *to, char *s)
{
	char pair[3], *end;
	int i;

	for(i = 0; i < 6; i++){
		if(i > 0 && *s == ':')
			s++;
		pair[0] = s[0];
		pair[1] = s[0] == '\0' ? '\0' : s[1];
		pair[2] = '\0';
		to[i] = strtoul(pair, &end, 16);
		if(end != pair+2)
			return -1;
		s += 2;
	}
	return *s == '\0' ? 0 : -1;
}
