/*
 * The host's interfaces, as they were when the guest started: asking later would take system calls that the filter has
 * not, and programs want these files to see which address families there are and what the host's addresses are.
 * Formats: plan9-abi 4.13.
 */
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "private.h"

#define MOST_IFACES	16
#define MOST_ADDRS	8		/* of one interface */
#define FOREVER		4294967295u

struct iface {
	char name[IF_NAMESIZE];
	bool loopback, has_mac;
	uint8_t mac[6];
	int mtu;
	unsigned index, naddrs;
	struct {
		struct ip ip, mask;
	} addrs[MOST_ADDRS];
};

static struct iface ifaces[MOST_IFACES];
static unsigned nifaces;

static struct iface *get(const char *name, bool loopback)
{
	for (unsigned i = 0; i < nifaces; i++)
		if (strcmp(ifaces[i].name, name) == 0)
			return &ifaces[i];
	if (nifaces == MOST_IFACES || strlen(name) >= IF_NAMESIZE)
		return NULL;
	ifaces[nifaces] = (struct iface){ .loopback = loopback, .mtu = 1500, .index = if_nametoindex(name) };
	strcpy(ifaces[nifaces].name, name);
	return &ifaces[nifaces++];
}

static void take_address(const struct ifaddrs *a)
{
	bool v6 = a->ifa_addr->sa_family == AF_INET6;
	struct iface *i = get(a->ifa_name, a->ifa_flags & IFF_LOOPBACK);
	struct sockaddr_storage s = { 0 };
	struct net_addr addr;

	if (!i || i->naddrs == MOST_ADDRS || !a->ifa_netmask)
		return;
	memcpy(&s, a->ifa_addr, v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
	net_addr_from_host(&s, &addr);
	i->addrs[i->naddrs].ip = addr.ip;
	memcpy(&s, a->ifa_netmask, v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
	s.ss_family = a->ifa_addr->sa_family;
	net_addr_from_host(&s, &addr);
	if (!v6)
		memset(addr.ip.b, 0xff, 12);
	i->addrs[i->naddrs++].mask = addr.ip;
}

static void take_mac(const struct ifaddrs *a)
{
	const struct sockaddr_ll *ll = (const struct sockaddr_ll *)(const void *)a->ifa_addr;

	for (unsigned i = 0; i < nifaces; i++)
		if (strcmp(ifaces[i].name, a->ifa_name) == 0 && ll->sll_halen == 6 && !ifaces[i].loopback) {
			memcpy(ifaces[i].mac, ll->sll_addr, 6);
			ifaces[i].has_mac = true;
		}
}

static void take_mtus(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	for (unsigned i = 0; fd >= 0 && i < nifaces; i++) {
		struct ifreq r = { .ifr_mtu = 0 };

		strcpy(r.ifr_name, ifaces[i].name);
		if (ioctl(fd, SIOCGIFMTU, &r) == 0)
			ifaces[i].mtu = r.ifr_mtu;
	}
	if (fd >= 0)
		close(fd);
}

int ifaces_start(struct error *err)
{
	struct ifaddrs *list;

	if (getifaddrs(&list) < 0)
		return error_set(err, "-n host: the host's interfaces: %s", strerror(errno));
	for (struct ifaddrs *a = list; a; a = a->ifa_next)
		if (a->ifa_addr && a->ifa_flags & IFF_UP &&
		    (a->ifa_addr->sa_family == AF_INET || a->ifa_addr->sa_family == AF_INET6))
			take_address(a);
	for (struct ifaddrs *a = list; a; a = a->ifa_next)
		if (a->ifa_addr && a->ifa_addr->sa_family == AF_PACKET)
			take_mac(a);
	freeifaddrs(list);
	take_mtus();
	return 0;
}

unsigned ifaces_count(void)
{
	return nifaces;
}

bool ifaces_own(const struct ip *ip)
{
	for (unsigned i = 0; i < nifaces; i++)
		for (unsigned k = 0; k < ifaces[i].naddrs; k++)
			if (ip_equal(&ifaces[i].addrs[k].ip, ip))
				return true;
	return false;
}

unsigned ifaces_index(const struct ip *ip)
{
	for (unsigned i = 0; i < nifaces; i++)
		for (unsigned k = 0; k < ifaces[i].naddrs; k++)
			if (ip_equal(&ifaces[i].addrs[k].ip, ip))
				return ifaces[i].index;
	return 0;
}

struct text {
	char *p;
	size_t size;
	int len;
};

static void add(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->p + t->len, t->size - (size_t)t->len, fmt, ap);
	va_end(ap);
	if (n > 0 && (size_t)(t->len + n) < t->size)
		t->len += n;
}

/* The address, its mask as /N, and the network. */
static void written(const struct iface *i, unsigned k, char ip[IP_TEXT], char mask[8], char net[IP_TEXT])
{
	struct ip n;

	for (int b = 0; b < 16; b++)
		n.b[b] = i->addrs[k].ip.b[b] & i->addrs[k].mask.b[b];
	ip_format(&i->addrs[k].ip, ip);
	ip_format(&n, net);
	snprintf(mask, 8, "/%u", ip_prefix(&i->addrs[k].mask));
}

int ifaces_status(unsigned n, char *text, size_t size)
{
	const struct iface *i = &ifaces[n];
	struct text t = { text, size, 0 };
	char device[24], ip[IP_TEXT], net[IP_TEXT], mask[8];

	snprintf(device, sizeof device, i->has_mac ? "/net/ether%u" : "/dev/null", n);
	add(&t, "device %s maxtu %d sendra 0 recvra 0 mflag 0 oflag 0 maxraint 0 minraint 0 linkmtu %d reachtime 0 rxmitra 0 "
	    "ttl 0 routerlt 0 pktin 0 pktout 0 errin 0 errout 0\n", device, i->mtu, i->mtu);
	for (unsigned k = 0; k < i->naddrs; k++) {
		written(i, k, ip, mask, net);
		add(&t, "\t%-40s %-10s %-40s %-12u %-12u\n", ip, mask, net, FOREVER, FOREVER);
	}
	return t.len;
}

int ifaces_ether(unsigned n, char *text, size_t size)
{
	const uint8_t *m;

	if (n >= nifaces || !ifaces[n].has_mac)
		return -1;
	m = ifaces[n].mac;
	return snprintf(text, size, "%02x%02x%02x%02x%02x%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
}

int ifaces_routes(char *text, size_t size)
{
	struct text t = { text, size, 0 };
	char ip[IP_TEXT], net[IP_TEXT], mask[8];

	for (unsigned n = 0; n < nifaces; n++)
		for (unsigned k = 0; k < ifaces[n].naddrs; k++) {
			char v = ip_is_v4(&ifaces[n].addrs[k].ip) ? '4' : '6';

			written(&ifaces[n], k, ip, mask, net);
			add(&t, "%-15s %-4s %-15s %ci   %4s %3u\n", net, mask, ip, v, "none", n);
			add(&t, "%-15s %-4s %-15s %cu   %4s %3u\n", ip, "/128", ip, v, "none", n);
		}
	return t.len;
}

int ifaces_self(char *text, size_t size)
{
	struct text t = { text, size, 0 };
	char ip[IP_TEXT], net[IP_TEXT], mask[8];

	for (unsigned n = 0; n < nifaces; n++)
		for (unsigned k = 0; k < ifaces[n].naddrs; k++) {
			written(&ifaces[n], k, ip, mask, net);
			add(&t, "%-44.44s %2d %cu  \n", ip, 1, ip_is_v4(&ifaces[n].addrs[k].ip) ? '4' : '6');
		}
	return t.len;
}
