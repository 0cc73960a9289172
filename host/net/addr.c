/*
 * Addresses as Plan 9 writes them (ADDR!PORT, IPv4 inside IPv6) and as sockets have them, and the syntax of -p.  Both the
 * host's stack as files and the emulated networks use it.  Nothing here has state or does system calls.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"

static const uint8_t v4_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

bool ip_is_v4(const struct ip *ip)
{
	return memcmp(ip->b, v4_prefix, sizeof v4_prefix) == 0;
}

bool ip_is_any(const struct ip *ip)
{
	static const uint8_t zero[16];

	return memcmp(ip->b + (ip_is_v4(ip) ? 12 : 0), zero, ip_is_v4(ip) ? 4 : 16) == 0;
}

bool ip_equal(const struct ip *a, const struct ip *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

struct ip ip_loopback(bool v4)
{
	struct ip ip = { { 0 } };

	if (v4) {
		memcpy(ip.b, v4_prefix, sizeof v4_prefix);
		ip.b[12] = 127;
	}
	ip.b[15] = 1;
	return ip;
}

bool ip_is_loopback(const struct ip *ip)
{
	struct ip v6 = ip_loopback(false);

	return ip_is_v4(ip) ? ip->b[12] == 127 : ip_equal(ip, &v6);
}

bool ip_is_multicast(const struct ip *ip)
{
	return ip_is_v4(ip) ? (ip->b[12] & 0xf0) == 0xe0 : ip->b[0] == 0xff;
}

static void from_v4(struct ip *ip, const void *v4)
{
	memcpy(ip->b, v4_prefix, sizeof v4_prefix);
	memcpy(ip->b + 12, v4, 4);
}

int ip_parse(const char *text, struct ip *ip)
{
	struct in_addr v4;

	memset(ip, 0, sizeof *ip);
	if (strcmp(text, "*") == 0 || inet_pton(AF_INET6, text, ip->b) == 1)
		return 0;
	/* inet_aton also takes the short forms, 127.1, but trailing text behind a blank as well */
	if (text[0] < '0' || text[0] > '9' || text[strspn(text, "0123456789.")] || !inet_aton(text, &v4))
		return -1;
	from_v4(ip, &v4);
	return 0;
}

void ip_format(const struct ip *ip, char text[IP_TEXT])
{
	if (ip_is_v4(ip))
		inet_ntop(AF_INET, ip->b + 12, text, IP_TEXT);
	else
		inet_ntop(AF_INET6, ip->b, text, IP_TEXT);
}

unsigned ip_prefix(const struct ip *mask)
{
	unsigned n = 0;

	while (n < 128 && mask->b[n / 8] & 0x80 >> n % 8)
		n++;
	return n;
}

int port_parse(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	long n;

	if (digits == 0 || digits > 5 || text[digits])
		return -1;
	n = strtol(text, NULL, 10);
	return n > 65535 ? -1 : (int)n;
}

const char *net_addr_parse(const char *text, struct net_addr *a)
{
	char host[IP_TEXT];
	const char *port = strchr(text, '!');
	int n;

	memset(a, 0, sizeof *a);
	if (port) {
		size_t len = (size_t)(port - text);

		if (len >= sizeof host)
			return "bad ip address syntax";
		memcpy(host, text, len);
		host[len] = '\0';
		if (ip_parse(host, &a->ip) < 0)
			return "bad ip address syntax";
		port++;
	} else {
		port = text;
	}
	n = port_parse(port);
	if (n < 0)
		return "bad port number";
	a->port = (uint16_t)n;
	return NULL;
}

socklen_t net_addr_to_host(const struct net_addr *a, bool v6, struct sockaddr_storage *s)
{
	struct sockaddr_in *in = (struct sockaddr_in *)s;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)s;

	memset(s, 0, sizeof *s);
	if (!v6) {
		in->sin_family = AF_INET;
		in->sin_port = htons(a->port);
		memcpy(&in->sin_addr, a->ip.b + 12, 4);
		return sizeof *in;
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(a->port);
	memcpy(&in6->sin6_addr, a->ip.b, 16);
	return sizeof *in6;
}

void net_addr_from_host(const struct sockaddr_storage *s, struct net_addr *a)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)s;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)s;

	memset(a, 0, sizeof *a);
	if (s->ss_family == AF_INET) {
		from_v4(&a->ip, &in->sin_addr);
		a->port = ntohs(in->sin_port);
	} else if (s->ss_family == AF_INET6) {
		memcpy(a->ip.b, &in6->sin6_addr, 16);
		a->port = ntohs(in6->sin6_port);
	}
}

/* The address before the first colon, or in brackets; *rest is what follows. */
static int publish_host(char *text, struct ip *ip, char **rest)
{
	char *end;

	if (*text == '[') {
		end = strchr(text, ']');
		if (!end || end[1] != ':')
			return -1;
		text++;
		*end = '\0';
		*rest = end + 2;
	} else {
		end = strchr(text, ':');
		*end = '\0';
		*rest = end + 1;
	}
	return ip_parse(text, ip);
}

int publish_parse(const char *text, struct publish *p, struct error *err)
{
	static const char form[] = "say [ADDR:]PORT:GUESTPORT or [ADDR:]PORT:GUESTPORT/udp, for example 8080:80";
	char copy[96], *s = copy, *slash, *colon;
	int host, guest;

	memset(p, 0, sizeof *p);
	if (strlen(text) >= sizeof copy)
		return error_set(err, "-p %.40s...: %s", text, form);
	strcpy(copy, text);
	slash = strchr(copy, '/');
	if (slash) {
		*slash = '\0';
		p->udp = strcmp(slash + 1, "udp") == 0;
		if (!p->udp && strcmp(slash + 1, "tcp") != 0)
			return error_set(err, "-p %s: %s: neither tcp nor udp", text, slash + 1);
	}
	colon = strchr(copy, ':');
	if (!colon)
		return error_set(err, "-p %s: %s", text, form);
	if (*copy == '[' || strchr(colon + 1, ':')) {
		if (publish_host(copy, &p->host.ip, &s) < 0)
			return error_set(err, "-p %s: not an address; an IPv6 address goes in brackets", text);
		colon = strchr(s, ':');
		if (!colon)
			return error_set(err, "-p %s: %s", text, form);
	}
	*colon = '\0';
	host = port_parse(s);
	guest = port_parse(colon + 1);
	if (host <= 0 || guest <= 0)
		return error_set(err, "-p %s: ports are 1 to 65535", text);
	p->host.port = (uint16_t)host;
	p->guest_port = (uint16_t)guest;
	return 0;
}
