/*
 * Conversations: made by opening clone or by a call that is taken, kept alive by open files, driven by control messages.
 * A call that cannot be answered yet waits in a queue of its conversation; when ready.c hears of its sockets, the queues are
 * tried again.  A conversation is never freed, only used again, so that an event which comes late finds memory that is ours and
 * wakes nobody.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

#define MOST_WORDS	8
#define MOST_REQUEST	512

struct proto *const protos[PROTOS] = { &tcp_proto, &udp_proto, &icmp_proto, &icmp6_proto };

unsigned proto_index(const struct proto *p)
{
	unsigned i = 0;

	while (protos[i] != p)
		i++;
	return i;
}

struct conv *conv_find(unsigned proto, unsigned number)
{
	return proto < PROTOS && number < protos[proto]->nconvs ? protos[proto]->convs[number] : NULL;
}

static struct conv *conv_add(struct proto *p)
{
	struct conv *c = p->nconvs < MOST_CONVS ? calloc(1, sizeof *c) : NULL;

	if (!c)
		return NULL;
	c->proto = p;
	c->number = p->nconvs;
	for (unsigned i = 0; i < MOST_SOCKETS; i++) {
		c->socks[i].fd = -1;
		c->socks[i].conv = c;
	}
	p->convs[p->nconvs++] = c;
	return c;
}

struct conv *conv_new(struct proto *p)
{
	struct conv *c = NULL;

	for (unsigned i = 0; i < p->nconvs && !c; i++)
		if (p->convs[i]->refs == 0)
			c = p->convs[i];
	if (!c)
		c = conv_add(p);
	if (c)
		c->refs = 1;
	return c;
}

void conv_hold(struct conv *c)
{
	c->refs++;
}

static void fail_all(struct netfs_call **queue, const char *why)
{
	while (*queue)
		call_end(*queue, why);
}

/* A waiting open of `listen` ends; it held the conversation. */
static void listen_end(struct conv *c, struct netfs_call *call, const char *why)
{
	if (why)
		call->file->conv = NULL;
	call_end(call, why);
	conv_drop(c);
}

/* No socket, and all that waits fails.  Somebody else holds c if anything waits. */
static void shut(struct conv *c, const char *why, bool reset)
{
	if (c->state == CONNECTED && c->proto == &tcp_proto && !c->read_end && !reset) {
		ready_forget(&c->socks[0]);
		linger(c->socks[0].fd);
		c->socks[0].fd = -1;
		c->nsocks = 0;
	}
	conv_close_sockets(c);
	c->state = HUNGUP;
	c->why = why;
	while (c->listens)
		listen_end(c, c->listens, hungup);
	fail_all(&c->connects, hungup);
	fail_all(&c->writes, hungup);
	fail_all(&c->errs, NULL);
	fail_all(&c->reads, why);
}

void conv_hangup(struct conv *c, const char *why, bool reset)
{
	const struct linger at_once = { 1, 0 };

	conv_hold(c);
	if (reset && c->proto == &tcp_proto && c->state == CONNECTED)
		setsockopt(c->socks[0].fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	shut(c, why, reset);
	conv_drop(c);
}

void conv_drop(struct conv *c)
{
	if (--c->refs > 0)
		return;
	shut(c, NULL, false);
	c->state = IDLE;
	c->local = c->remote = (struct net_addr){ .port = 0 };
	c->headers = c->guarded = c->called = c->read_end = false;
	udp_forget(c);
	c->npeers = c->ncallers = 0;
}

static bool takes(const struct sock *s, const struct net_addr *a)
{
	struct sockaddr_storage name;
	socklen_t len = sizeof name;
	struct net_addr at;

	if (getsockname(s->fd, (struct sockaddr *)&name, &len) < 0)
		return false;
	net_addr_from_host(&name, &at);
	if (at.port != a->port)
		return false;
	/* a socket at :: is one at 0.0.0.0 as well (conv_bind), not the other way round */
	if (ip_is_any(&at.ip))
		return (ip_is_loopback(&a->ip) || ifaces_own(&a->ip)) && (!ip_is_v4(&at.ip) || ip_is_v4(&a->ip));
	return ip_equal(&at.ip, &a->ip);
}

bool conv_announced_at(const struct proto *p, const struct net_addr *a)
{
	for (unsigned i = 0; i < p->nconvs; i++) {
		const struct conv *c = p->convs[i];

		for (unsigned k = 0; c->state == ANNOUNCED && k < c->nsocks; k++)
			if (takes(&c->socks[k], a))
				return true;
	}
	return false;
}

/* ---- waiting ---- */

static void arm_all(struct conv *c)
{
	uint32_t events = 0;

	if (c->reads || c->listens)
		events |= EPOLLIN;
	if (c->writes || c->connects)
		events |= EPOLLOUT;
	for (unsigned i = 0; events && i < c->nsocks; i++)
		ready_arm(&c->socks[i], events);
}

void conv_forget(struct netfs_call *call)
{
	struct conv *c = call->file->conv;

	if (call->queue == &c->listens)
		listen_end(c, call, "interrupted");
	else if (call->queue == &c->connects)
		conv_hangup(c, "interrupted", false);
	else	/* a write that has moved something says so */
		call_end(call, call->done > 0 ? NULL : "interrupted");
}

/* ---- what waits is tried again ---- */

static void try_connect(struct conv *c)
{
	int error = 0;
	socklen_t len = sizeof error;
	const char *why;

	getsockopt(c->socks[0].fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error == 0) {
		struct sockaddr_storage peer;

		len = sizeof peer;
		if (getpeername(c->socks[0].fd, (struct sockaddr *)&peer, &len) < 0)
			return;		/* not yet */
		c->state = CONNECTED;
		sock_local(c, &c->local);
		call_end(c->connects, NULL);
		return;
	}
	why = net_error(error);
	conv_close_sockets(c);
	c->state = HUNGUP;
	c->why = why;
	fail_all(&c->connects, why);
}

/* The listen that has waited longest takes the next call, if there is one. */
static bool try_listen(struct conv *c)
{
	struct netfs_call *call = c->listens;
	struct conv *from = NULL;
	const char *why = NULL;

	if (!c->proto->accept(c, &from, &why))
		return false;
	if (!why) {
		call->file->path = PATH(F_CTL, proto_index(c->proto), from->number);
		call->file->conv = from;
	}
	listen_end(c, call, why);
	return true;
}

void conv_try(struct conv *c)
{
	conv_hold(c);			/* finished calls may lead to clunks */
	if (c->state == CONNECTING)
		try_connect(c);
	while (c->listens && try_listen(c))
		;
	while (c->reads && c->proto->read(c, c->reads))
		;
	while (c->writes && c->proto->write(c, c->writes))
		;
	arm_all(c);
	conv_drop(c);
}

/* ---- calls ---- */

void conv_read(struct conv *c, struct netfs_call *call)
{
	if (c->state == HUNGUP) {
		call_end(call, c->why);
		return;
	}
	if (c->state != CONNECTED && (c->state != ANNOUNCED || !c->headers)) {
		call_end(call, hungup);
		return;
	}
	if (!c->reads && c->proto->read(c, call))
		return;
	call_wait(call, &c->reads);
	arm_all(c);
}

void conv_write(struct conv *c, struct netfs_call *call)
{
	if (c->state != CONNECTED && (c->state != ANNOUNCED || !c->headers)) {
		call_end(call, c->state == HUNGUP && c->why ? c->why : hungup);
		return;
	}
	if (!c->writes && c->proto->write(c, call))
		return;
	call_wait(call, &c->writes);
	arm_all(c);
}

/* Nothing is told apart from what reads and writes say: it is there to be waited on. */
void conv_read_err(struct conv *c, struct netfs_call *call)
{
	if (c->state == HUNGUP)
		call_end(call, NULL);
	else
		call_wait(call, &c->errs);
}

/* The open holds the conversation while it waits. */
void conv_open_listen(struct conv *c, struct netfs_call *call)
{
	if (c->state != ANNOUNCED) {
		call_end(call, "no incoming calls: not announced");
		return;
	}
	call->file->conv = c;
	conv_hold(c);
	call_wait(call, &c->listens);
	conv_try(c);
}

/* ---- control messages ---- */

/* connect ADDR!PORT [[LADDR!]LPORT]; ends the call, or leaves it waiting. */
static void ctl_connect(struct conv *c, char **w, int n, struct netfs_call *call)
{
	const char *why;

	if (c->state != IDLE && c->state != BOUND) {
		call_end(call, "connection in use");
		return;
	}
	if (n != 2 && n != 3) {
		call_end(call, "wrong #args in control message");
		return;
	}
	why = net_addr_parse(w[1], &c->remote);
	if (!why && n == 3)
		why = net_addr_parse(w[2], &c->local);
	if (!why && ip_is_any(&c->remote.ip))	/* to oneself */
		c->remote.ip = ip_loopback(ip_is_v4(&c->remote.ip) || !net_has_v6());
	if (!why && !policy_may_call(c->proto, &c->remote))
		why = "permission denied: not in --allow";
	if (why) {
		call_end(call, why);
		return;
	}
	why = c->proto->connect(c);
	if (why) {
		conv_close_sockets(c);
		c->state = HUNGUP;
		c->why = why;
		call_end(call, why);
		return;
	}
	call->done = call->count;
	if (c->state == CONNECTED) {
		call_end(call, NULL);
		return;
	}
	call_wait(call, &c->connects);
	arm_all(c);
}

static const char *ctl_announce(struct conv *c, char **w, int n)
{
	const char *why;

	if (c->state != IDLE)
		return "connection in use";
	if (n != 2)
		return "wrong #args in control message";
	if (strcmp(w[1], "*") == 0)
		return "announcing all ports at once: not available on the host's network";
	why = net_addr_parse(w[1], &c->local);
	if (!why)
		why = c->proto->announce(c);
	if (why) {
		conv_close_sockets(c);
		return why;
	}
	c->state = ANNOUNCED;
	return NULL;
}

static const char *ctl_bind(struct conv *c, char **w, int n)
{
	const char *why;

	if (c->state != IDLE)
		return "connection in use";
	if (n != 2)
		return "wrong #args in control message";
	why = net_addr_parse(w[1], &c->local);
	if (!why)
		c->state = BOUND;
	return why;
}

static const char *ctl_number(struct conv *c, char **w, int n, int name4, int name6)
{
	bool v6 = c->nsocks > 0 && !ip_is_v4(&c->remote.ip) && !ip_is_v4(&c->local.ip);
	char *end;
	long v;

	if (n != 2)
		return "wrong #args in control message";
	v = strtol(w[1], &end, 0);
	if (*end || v < 0 || v > 255)
		return "bad number in control message";
	if (c->nsocks == 0)
		return hungup;
	return v6 ? sock_option(c, 41, name6, (int)v) : sock_option(c, 0, name4, (int)v);	/* IPPROTO_IPV6, IPPROTO_IP */
}

static const char *control(struct conv *c, char **w, int n)
{
	if (strcmp(w[0], "announce") == 0)
		return ctl_announce(c, w, n);
	if (strcmp(w[0], "bind") == 0)
		return ctl_bind(c, w, n);
	if (strcmp(w[0], "ttl") == 0)
		return ctl_number(c, w, n, 2, 16);	/* IP_TTL, IPV6_UNICAST_HOPS */
	if (strcmp(w[0], "tos") == 0)
		return ctl_number(c, w, n, 1, 67);	/* IP_TOS, IPV6_TCLASS */
	if (strcmp(w[0], "hangup") == 0) {
		conv_hangup(c, hungup, true);
		return NULL;
	}
	if (strcmp(w[0], "close") == 0) {
		conv_hangup(c, NULL, false);
		return NULL;
	}
	return c->proto->ctl(c, w, n);
}

void conv_ctl(struct conv *c, struct netfs_call *call)
{
	char text[MOST_REQUEST], *words[MOST_WORDS], *save = NULL;
	const char *why;
	int n = 0;

	if (call->count >= sizeof text) {
		call_end(call, "read or write too large");
		return;
	}
	call_copy_out(call, 0, text, call->count);
	text[call->count] = '\0';
	for (char *w = strtok_r(text, " \t\n", &save); w && n < MOST_WORDS; w = strtok_r(NULL, " \t\n", &save))
		words[n++] = w;
	if (n == 0) {
		call_end(call, unknown_request);
		return;
	}
	if (strcmp(words[0], "connect") == 0) {
		ctl_connect(c, words, n, call);
		return;
	}
	why = control(c, words, n);
	if (!why)
		call->done = call->count;
	call_end(call, why);
}
