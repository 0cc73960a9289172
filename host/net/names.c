/*
 * cs and dns: a question is written, answers are read, one a read.  Each open file has its own.  Numbers are answered
 * here; names go to the resolver (resolve.c), and the write waits for its answer, since it is the write that says
 * whether a name is known.  Formats: plan9-abi, ndb(8) and dial(2).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

#define MOST_QUESTION	512

struct query {
	struct resolve ask;		/* first: found from it */
	struct query *next;		/* of those that ask */
	struct netfs_call *call;	/* the write that waits */
	bool dns;
	char proto[8], host[256];	/* of cs's question */
	char lines[RESOLVE_TEXT + 1024];	/* answers, each ended by \n */
	size_t at;			/* the next to read */
};

static struct query *asking;
struct query *query_new(bool dns)
{
	struct query *q = calloc(1, sizeof *q);

	if (q)
		q->dns = dns;
	return q;
}

static void stop_asking(struct query *q)
{
	for (struct query **l = &asking; *l; l = &(*l)->next)
		if (*l == q) {
			*l = q->next;
			break;
		}
	q->call = NULL;
}

void query_free(struct query *q)
{
	if (q->call) {
		resolve_cancel(&q->ask);
		stop_asking(q);
	}
	free(q);
}

bool query_forget(struct netfs_call *call)
{
	for (struct query *q = asking; q; q = q->next)
		if (q->call == call) {
			resolve_cancel(&q->ask);
			stop_asking(q);
			return true;
		}
	return false;
}

void query_read(struct query *q, struct netfs_call *call)
{
	size_t len, n;

	if (call->offset == 0)
		q->at = 0;
	len = strcspn(q->lines + q->at, "\n");
	n = len < call->count ? len : call->count;
	netfs_copy_in(call, 0, q->lines + q->at, (uint32_t)n);
	q->at += len + (q->lines[q->at + len] == '\n');
	call->done = (uint32_t)n;
	call_end(call, NULL);
}

static void add_line(struct query *q, const char *proto, const char *host, const char *port)
{
	size_t len = strlen(q->lines);

	if (len + strlen(host) + 48 < sizeof q->lines)
		snprintf(q->lines + len, sizeof q->lines - len, "/net/%s/clone %s!%s\n", proto, host, port);
}

/* The resolver's lines become ours. */
static void take_answer(struct query *q, char *answer)
{
	char *save = NULL;

	q->lines[0] = '\0';
	if (q->dns) {
		snprintf(q->lines, sizeof q->lines, "%s", answer);
		for (char *l = strtok_r(answer, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
			char *tab = strrchr(l, '\t'), *host = strtok(l, "\t");
			struct ip ip;

			if (tab && host && ip_parse(tab + 1, &ip) == 0)
				policy_learn(host, &ip);
		}
		return;
	}
	if (!q->proto[0]) {
		snprintf(q->lines, sizeof q->lines, "protocol=%s ipv4proto=%.16s", q->host, answer);
		return;
	}
	for (char *l = strtok_r(answer, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		char *port = strchr(l, ' ');
		struct ip ip;

		if (!port)
			continue;
		*port++ = '\0';
		if (strcmp(l, "*") != 0 && ip_parse(l, &ip) == 0)
			policy_learn(q->host, &ip);
		add_line(q, q->proto, l, port);
	}
}

static void answered(struct resolve *r, bool ok, char *answer)
{
	struct query *q = (struct query *)r;
	struct netfs_call *call = q->call;
	char error[NETFS_ERROR];

	stop_asking(q);
	if (ok) {
		take_answer(q, answer);
		call->done = call->count;
		call_end(call, NULL);
		return;
	}
	/* the end of the text says what kind of error it is */
	if (!q->dns && q->proto[0])
		snprintf(error, sizeof error, "cs: %.100s", answer);
	else
		snprintf(error, sizeof error, "%s%.100s", q->dns && strncmp(answer, "dns", 3) ? "dns: " : "", answer);
	call_end(call, error);
}

static void ask(struct query *q, struct netfs_call *call, const char *question)
{
	const char *why;

	q->ask.done = answered;
	if (resolve_ask(&q->ask, question, &why) < 0) {
		call_end(call, why);
		return;
	}
	q->call = call;
	q->next = asking;
	asking = q;
}

static void ask_dns(struct query *q, struct netfs_call *call, char *text)
{
	char question[MOST_QUESTION + 8];

	/* "!" before a question asks for answers in another form, which nobody else needs */
	if (*text == '!') {
		call_end(call, "dns: bad request");
		return;
	}
	snprintf(question, sizeof question, "dns %s", text);
	ask(q, call, question);
}

static void ask_protocol(struct query *q, struct netfs_call *call, char *text)
{
	char question[MOST_QUESTION + 16];

	if (strncmp(text, "!protocol=", 10) != 0) {
		call_end(call, "cs: no database here: only !protocol=NAME is known");
		return;
	}
	q->proto[0] = '\0';
	text[10 + strcspn(text + 10, " ")] = '\0';
	snprintf(q->host, sizeof q->host, "%.200s", text + 10);
	snprintf(question, sizeof question, "protocol %.300s", text + 10);
	ask(q, call, question);
}

static void ask_cs(struct query *q, struct netfs_call *call, char *text)
{
	char question[MOST_QUESTION + 32], *host, *service;
	unsigned known = 0;
	struct ip ip;

	host = strchr(text, '!');
	service = host ? strchr(host + 1, '!') : NULL;
	if (!host || !service) {
		call_end(call, "cs: can't translate address: want net!host!service");
		return;
	}
	*host++ = '\0';
	*service++ = '\0';
	while (known < PROTOS && strcmp(text, protos[known]->name) != 0)
		known++;
	if (strcmp(text, "net") != 0 && known == PROTOS) {
		call_end(call, "cs: can't translate address: unknown network");
		return;
	}
	if (strlen(host) >= sizeof q->host || strpbrk(host, " \t\n") || strpbrk(service, " \t\n!")) {
		call_end(call, "cs: can't translate address: bad name: dns failure");
		return;
	}
	snprintf(q->proto, sizeof q->proto, "%s", known < PROTOS ? protos[known]->name : "tcp");
	strcpy(q->host, *host ? host : "*");
	if (ip_parse(q->host, &ip) == 0 && port_parse(service) >= 0) {
		q->lines[0] = '\0';
		add_line(q, q->proto, q->host, service);
		call->done = call->count;
		call_end(call, NULL);
		return;
	}
	snprintf(question, sizeof question, "addr %s %s %s", strcmp(q->proto, "udp") == 0 ? "udp" : "tcp", q->host, *service ? service : "?");
	ask(q, call, question);
}

void query_write(struct query *q, struct netfs_call *call)
{
	char text[MOST_QUESTION];
	uint32_t n = call->count;

	if (q->call) {
		call_end(call, "device or object already in use");
		return;
	}
	if (n >= sizeof text) {
		call_end(call, "read or write too large");
		return;
	}
	call_copy_out(call, 0, text, n);
	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\0'))
		n--;
	text[n] = '\0';
	q->lines[0] = '\0';
	q->at = 0;
	if (strlen(text) != n) {
		call_end(call, "bad character in request");
		return;
	}
	if (q->dns)
		ask_dns(q, call, text);
	else if (text[0] == '!')
		ask_protocol(q, call, text);
	else
		ask_cs(q, call, text);
}
