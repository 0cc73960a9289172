/* addr.c: Plan 9's written addresses, and what the command line says of ports and peers. */
#ifndef HOST_NET_ADDR_H
#define HOST_NET_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "../error.h"

#define IP_TEXT		48		/* an address written out, with its NUL */

/* An IPv6 address, or an IPv4 one as ::ffff:a.b.c.d; all zero is "any". */
struct ip {
	uint8_t b[16];
};

struct net_addr {
	struct ip ip;
	uint16_t port;
};

bool ip_is_any(const struct ip *ip);
bool ip_is_v4(const struct ip *ip);
bool ip_is_loopback(const struct ip *ip);
bool ip_is_multicast(const struct ip *ip);
bool ip_equal(const struct ip *a, const struct ip *b);
/* 127.0.0.1 or ::1 */
struct ip ip_loopback(bool v4);
/* Dotted, or IPv6 notation; "*" is any.  -1: neither. */
int ip_parse(const char *text, struct ip *ip);
void ip_format(const struct ip *ip, char text[IP_TEXT]);
/* Bits of a mask as Plan 9 writes them: IPv4's count from 96. */
unsigned ip_prefix(const struct ip *mask);

/* [ADDR!]PORT, as in a ctl message; NULL or what is wrong with it. */
const char *net_addr_parse(const char *text, struct net_addr *a);
/* 0 to 65535, decimal and nothing else.  -1: it is not. */
int port_parse(const char *text);
/* To the host's form.  v6: as an IPv6 socket wants it, also an IPv4 address. */
socklen_t net_addr_to_host(const struct net_addr *a, bool v6, struct sockaddr_storage *s);
void net_addr_from_host(const struct sockaddr_storage *s, struct net_addr *a);

/* -p [ADDR:]PORT:GUESTPORT[/udp] */
struct publish {
	struct net_addr host;
	uint16_t guest_port;
	bool udp;
};
int publish_parse(const char *text, struct publish *p, struct error *err);

#endif
