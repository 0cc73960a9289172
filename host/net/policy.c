/*
 * Who may be called and who may call.  --allow names the hosts and ports that the guest may connect to; a name counts for the
 * addresses that it had when the guest asked for it, so it is by asking that the guest learns them and we do.  The guest
 * may always call itself, which means a socket of its own: another program can have the same port at another loopback
 * address.  -p names the ports that are open to others; whatever else the guest announces listens on the loopback addresses.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "private.h"

#define MOST_ALLOWED	64
#define MOST_LEARNED	1024

struct allowed {
	char host[256];			/* a name, or "" */
	struct ip ip;			/* without a name; any: every host */
	uint16_t port;			/* 0: every port */
};

static struct allowed allowed[MOST_ALLOWED];
static unsigned nallowed;
static bool limited;

/* Addresses that a name of the list was found to have; the oldest is forgotten first. */
static struct {
	struct ip ip;
	const struct allowed *rule;
} learned[MOST_LEARNED];
static unsigned nlearned, next_learned;

static const struct publish *publish;
static unsigned npublish;

/* One HOST:PORT. */
static int parse_allowed(char *item, struct allowed *a, struct error *err)
{
	static const char form[] = "say HOST:PORT,..., for example proxy:3128,[fd00::1]:443; * is every host, or port";
	char *colon = strrchr(item, ':'), *host = item;
	int port;

	memset(a, 0, sizeof *a);
	if (!colon || colon == item)
		return error_set(err, "--allow %s: %s", item, form);
	*colon = '\0';
	port = strcmp(colon + 1, "*") == 0 ? 0 : port_parse(colon + 1);
	if (port < 0 || (port == 0 && colon[1] != '*'))
		return error_set(err, "--allow %s:%s: not a port", item, colon + 1);
	a->port = (uint16_t)port;
	if (*host == '[' && colon[-1] == ']') {
		colon[-1] = '\0';
		host++;
	}
	if (ip_parse(host, &a->ip) == 0)
		return 0;
	if (strchr(host, ':') || strlen(host) >= sizeof a->host)
		return error_set(err, "--allow %s: %s", host, form);
	strcpy(a->host, host);
	return 0;
}

static int parse_allow(const char *text, struct error *err)
{
	char *copy = strdup(text), *save = NULL;
	int status = copy ? 0 : error_set(err, "out of memory");

	nallowed = 0;
	limited = true;
	for (char *item = copy ? strtok_r(copy, ",", &save) : NULL; item && status == 0; item = strtok_r(NULL, ",", &save)) {
		if (nallowed == MOST_ALLOWED)
			status = error_set(err, "--allow: more than %d entries", MOST_ALLOWED);
		else
			status = parse_allowed(item, &allowed[nallowed++], err);
	}
	free(copy);
	return status;
}

int netfs_allow_check(const char *text, struct error *err)
{
	return parse_allow(text, err);
}

int policy_start(const struct netfs_config *config, struct error *err)
{
	publish = config->publish;
	npublish = config->npublish;
	limited = false;
	return config->allow ? parse_allow(config->allow, err) : 0;
}

bool policy_may_call(const struct proto *p, const struct net_addr *a)
{
	if (!limited || conv_announced_at(p, a))
		return true;
	for (unsigned i = 0; i < nallowed; i++) {
		const struct allowed *r = &allowed[i];

		if (!r->host[0] && (!r->port || r->port == a->port) && (ip_is_any(&r->ip) || ip_equal(&r->ip, &a->ip)))
			return true;
	}
	for (unsigned i = 0; i < nlearned; i++)
		if (ip_equal(&learned[i].ip, &a->ip) && (!learned[i].rule->port || learned[i].rule->port == a->port))
			return true;
	return false;
}

void policy_learn(const char *host, const struct ip *ip)
{
	for (unsigned i = 0; i < nallowed; i++) {
		unsigned k = 0;

		if (strcasecmp(allowed[i].host, host) != 0)
			continue;
		while (k < nlearned && !(learned[k].rule == &allowed[i] && ip_equal(&learned[k].ip, ip)))
			k++;
		if (k < nlearned)
			continue;
		learned[next_learned].ip = *ip;
		learned[next_learned].rule = &allowed[i];
		next_learned = (next_learned + 1) % MOST_LEARNED;
		if (nlearned < MOST_LEARNED)
			nlearned++;
	}
}

const struct publish *policy_published(uint16_t port, bool udp, unsigned *next)
{
	while (*next < npublish) {
		const struct publish *p = &publish[(*next)++];

		if (p->guest_port == port && p->udp == udp)
			return p;
	}
	return NULL;
}
