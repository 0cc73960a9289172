/*
 * What the name service helper does with a question: getaddrinfo and its kin, so that the guest sees what the host's
 * own programs see (/etc/hosts, /etc/services, DNS, whatever nsswitch.conf says), and the DNS itself for records that
 * those do not know.  Questions come from the guest: names are checked before any library sees them, and what a name
 * server says is checked before it is believed.
 */
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "lookup.h"

#define MOST_WORDS	5

static const char not_found[] = "can't translate address: dns failure";
static const char no_service[] = "can't translate service";

struct text {
	char *p;
	size_t size, len;
};

/* A line that does not fit is left out, all of it. */
static void line(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void line(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->p + t->len, t->size - t->len, fmt, ap);
	va_end(ap);
	if (n > 0 && (size_t)n + 1 < t->size - t->len) {
		t->len += (size_t)n;
		t->p[t->len++] = '\n';
	}
	t->p[t->len] = '\0';
}

static bool fail(struct text *t, const char *why)
{
	snprintf(t->p, t->size, "%s", why);
	return false;
}

/* Letters, digits and the few others that names of hosts and services have. */
static bool good_name(const char *s)
{
	size_t len = strlen(s);

	return len > 0 && len < 255 && s[0] != '-' &&
		s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:%")] == '\0';
}

bool lookup_prepare(void)
{
	FILE *f = fopen("/etc/nsswitch.conf", "re");
	char text[512], file[80], *save, *word;
	bool plugins = false;

	while (f && fgets(text, sizeof text, f)) {
		if (strncmp(text, "hosts:", 6) != 0)
			continue;
		for (word = strtok_r(text + 6, " \t\n", &save); word; word = strtok_r(NULL, " \t\n", &save)) {
			if (!good_name(word) || strcmp(word, "files") == 0 || strcmp(word, "dns") == 0)
				continue;	/* or what to do next, in brackets */
			snprintf(file, sizeof file, "libnss_%.60s.so.2", word);
			if (dlopen(file, RTLD_NOW))
				plugins = true;
		}
	}
	if (f)
		fclose(f);
	return plugins;
}

static const char *gai_text(int status)
{
	switch (status) {
	case EAI_SERVICE:
		return no_service;
	case EAI_AGAIN:
		return "temporary problem: the host's name servers do not answer";
	default:
		return not_found;
	}
}

static int service_port(const char *proto, const char *service)
{
	int port = port_parse(service);
	struct servent entry, *found = NULL;
	char buf[1024];

	if (port >= 0 || !good_name(service))
		return port;
	if (getservbyname_r(service, proto, &entry, buf, sizeof buf, &found) != 0 || !found)
		return -1;
	return ntohs((uint16_t)found->s_port);
}

static bool ask_addr(struct text *t, char **w, int n)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list;
	int port, status;

	if (n != 4)
		return fail(t, "bad question");
	port = service_port(w[1], w[3]);
	if (port < 0)
		return fail(t, no_service);
	if (strcmp(w[2], "*") == 0) {
		line(t, "* %d", port);
		return true;
	}
	if (!good_name(w[2]))
		return fail(t, not_found);
	status = getaddrinfo(w[2], NULL, &hints, &list);
	if (status)
		return fail(t, gai_text(status));
	for (struct addrinfo *a = list; a; a = a->ai_next) {
		struct sockaddr_storage s = { 0 };
		struct net_addr addr;
		char ip[IP_TEXT];

		if (a->ai_addrlen > sizeof s)
			continue;
		memcpy(&s, a->ai_addr, a->ai_addrlen);
		net_addr_from_host(&s, &addr);
		ip_format(&addr.ip, ip);
		line(t, "%s %d", ip, port);
	}
	freeaddrinfo(list);
	return t->len > 0 ? true : fail(t, not_found);
}

static bool ask_protocol(struct text *t, char **w, int n)
{
	struct protoent entry, *found = NULL;
	char buf[1024];

	if (n != 2 || !good_name(w[1]) || getprotobyname_r(w[1], &entry, buf, sizeof buf, &found) != 0 || !found)
		return fail(t, "no match");
	line(t, "%d", found->p_proto);
	return true;
}

/* ip and ipv6. */
static bool dns_addresses(struct text *t, const char *name, const char *type)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_family = strcmp(type, "ip") == 0 ? AF_INET : AF_INET6 }, *list;
	int status = getaddrinfo(name, NULL, &hints, &list);

	if (status)
		return fail(t, status == EAI_AGAIN ? gai_text(status) : "dns: resource does not exist; negrcode 0");
	for (struct addrinfo *a = list; a; a = a->ai_next) {
		char ip[NI_MAXHOST];

		if (getnameinfo(a->ai_addr, a->ai_addrlen, ip, sizeof ip, NULL, 0, NI_NUMERICHOST) == 0)
			line(t, "%s\t%s\t%s", name, type, ip);
	}
	freeaddrinfo(list);
	return true;
}

/* 4.3.2.1.in-addr.arpa, or 32 hex digits and .ip6.arpa, last first; or the address itself. */
static bool reverse_name(const char *name, struct ip *ip)
{
	const char *end;
	unsigned a, b, c, d;
	int used = 0;

	if (ip_parse(name, ip) == 0)
		return true;
	if (sscanf(name, "%3u.%3u.%3u.%3u.in-addr.arpa%n", &a, &b, &c, &d, &used) == 4 && used > 0 &&
	    (a | b | c | d) < 256) {
		char text[16];

		snprintf(text, sizeof text, "%u.%u.%u.%u", d, c, b, a);
		return ip_parse(text, ip) == 0;
	}
	end = strstr(name, ".ip6.arpa");
	if (!end || end - name != 63)
		return false;
	for (int i = 0; i < 32; i++) {
		char digit[2] = { name[2 * i], '\0' }, *stop;
		unsigned long v = strtoul(digit, &stop, 16);

		if (*stop || (i < 31 && name[2 * i + 1] != '.'))
			return false;
		ip->b[15 - i / 2] |= (uint8_t)(i % 2 ? v << 4 : v);
	}
	return true;
}

static bool dns_ptr(struct text *t, const char *name)
{
	struct net_addr a = { .port = 0 };
	struct sockaddr_storage s;
	char host[NI_MAXHOST];
	socklen_t len;
	int status;

	if (!reverse_name(name, &a.ip))
		return fail(t, not_found);
	len = net_addr_to_host(&a, !ip_is_v4(&a.ip), &s);
	status = getnameinfo((struct sockaddr *)&s, len, host, sizeof host, NULL, 0, NI_NAMEREQD);
	if (status)
		return fail(t, status == EAI_AGAIN ? gai_text(status) : "dns: resource does not exist; negrcode 0");
	line(t, "%s\tptr\t%s", name, host);
	return true;
}

static const struct record {
	const char *type;
	int number;
} records[] = { { "mx", ns_t_mx }, { "ns", ns_t_ns }, { "txt", ns_t_txt }, { "srv", ns_t_srv }, { "cname", ns_t_cname } };
#define RECORDS	(sizeof records / sizeof records[0])

struct packet {
	const unsigned char *start, *p, *end;
};

static unsigned get16(struct packet *m)
{
	unsigned v = 0;

	if (m->end - m->p >= 2)
		v = m->p[0] << 8 | m->p[1];
	m->p += 2;
	return v;
}

static bool get_name(struct packet *m, char name[NS_MAXDNAME])
{
	int n = m->p < m->end ? dn_expand(m->start, m->end, m->p, name, NS_MAXDNAME) : -1;

	if (n < 0)
		return false;
	m->p += n;
	return true;
}

/* The strings of a TXT record as one word: what would end a line or a word becomes an underline. */
static void get_text(struct packet *m, unsigned len, char *text, size_t size)
{
	const unsigned char *p = m->p, *end = m->p + len;
	size_t n = 0;

	while (p < end) {
		const unsigned char *stop = p + 1 + *p > end ? end : p + 1 + *p;

		for (p++; p < stop; p++)
			if (n + 1 < size)
				text[n++] = *p < ' ' ? '_' : (char)*p;
	}
	text[n] = '\0';
}

/* One record's data, at m->p, len bytes that are there. */
static void record_line(struct text *t, struct packet m, const struct record *r, const char *name, unsigned len)
{
	char target[NS_MAXDNAME], text[1024];
	unsigned a = 0, b = 0, c = 0;

	if (r->number == ns_t_txt) {
		get_text(&m, len, text, sizeof text);
		line(t, "%s\ttxt\t%s", name, text);
		return;
	}
	if (r->number == ns_t_mx || r->number == ns_t_srv)
		a = get16(&m);
	if (r->number == ns_t_srv) {
		b = get16(&m);
		c = get16(&m);
	}
	if (!get_name(&m, target))
		return;
	if (r->number == ns_t_mx)
		line(t, "%s\tmx\t%u %s", name, a, target);
	else if (r->number == ns_t_srv)
		line(t, "%s\tsrv\t%u %u %u %s", name, b, a, c, target);	/* weight, priority, port */
	else
		line(t, "%s\t%s\t%s", name, r->type, target);
}

static bool dns_record(struct text *t, const char *name, const struct record *r)
{
	unsigned char buf[8192];
	struct packet m;
	char owner[NS_MAXDNAME];
	unsigned questions, answers;
	int len = res_query(name, ns_c_in, r->number, buf, sizeof buf);

	if (len < 0)
		return fail(t, h_errno == TRY_AGAIN ? gai_text(EAI_AGAIN) :
			    h_errno == NO_DATA ? "dns: resource does not exist; negrcode 0" : "dns failure");
	if (len > (int)sizeof buf)
		len = sizeof buf;
	m = (struct packet){ buf, buf + 4, buf + len };
	questions = get16(&m);
	answers = get16(&m);
	m.p += 4;
	while (questions-- > 0 && get_name(&m, owner))
		m.p += 4;
	while (answers-- > 0 && get_name(&m, owner)) {
		unsigned type = get16(&m), class = get16(&m), size;

		m.p += 4;
		size = get16(&m);
		if (m.p > m.end || size > (unsigned)(m.end - m.p))
			break;
		if (class == ns_c_in && type == (unsigned)r->number)
			record_line(t, m, r, owner, size);
		m.p += size;
	}
	return t->len > 0 ? true : fail(t, "dns: resource does not exist; negrcode 0");
}

static bool ask_dns(struct text *t, char **w, int n)
{
	const char *type = n == 3 ? w[2] : "ip";

	if ((n != 2 && n != 3) || !good_name(w[1]))
		return fail(t, "dns: bad name");
	if (strcmp(type, "ip") == 0 || strcmp(type, "ipv6") == 0)
		return dns_addresses(t, w[1], type);
	if (strcmp(type, "ptr") == 0)
		return dns_ptr(t, w[1]);
	for (size_t i = 0; i < RECORDS; i++)
		if (strcmp(type, records[i].type) == 0)
			return dns_record(t, w[1], &records[i]);
	return fail(t, "dns: unknown type");
}

bool lookup(char *question, char *answer, size_t size)
{
	struct text t = { answer, size, 0 };
	char *words[MOST_WORDS], *save = NULL;
	int n = 0;

	for (char *w = strtok_r(question, " ", &save); w && n < MOST_WORDS; w = strtok_r(NULL, " ", &save))
		words[n++] = w;
	if (n > 0 && strcmp(words[0], "addr") == 0)
		return ask_addr(&t, words, n);
	if (n > 0 && strcmp(words[0], "dns") == 0)
		return ask_dns(&t, words, n);
	if (n > 0 && strcmp(words[0], "protocol") == 0)
		return ask_protocol(&t, words, n);
	return fail(&t, "bad question");
}
