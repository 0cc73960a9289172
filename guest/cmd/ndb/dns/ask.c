/*
 * Asking the name servers of /net/ndb: each in turn, by udp, from a port and with a
 * number that others cannot guess; by tcp when the answer does not fit.
 */
#include <u.h>
#include <libc.h>
#include <ip.h>
#include <giveup.h>
#include <ndb.h>
#include "dns.h"

enum
{
	Maxservers	= 8,
	Rounds		= 3,
	Wait		= 2000,		/* ms for an answer, in the first round */
	Udpmsg		= 4096,
};

/* the servers' addresses: how many; if 0 then the error string is why, as init knows */
static int
servers(char server[][64])
{
	static char none[] = "# no network: ";
	char file[128], *text, *p;
	Ndbtuple *e, *t;
	int fd, n, ns;

	werrstr("no name server is known");
	snprint(file, sizeof file, "%s/ndb", netroot);
	fd = open(file, OREAD);
	if(fd < 0)
		return 0;
	text = malloc(1024+1);
	n = text == nil ? -1 : readn(fd, text, 1024);
	close(fd);
	ns = 0;
	if(n > 0){
		text[n] = '\0';
		if(strncmp(text, none, strlen(none)) == 0)
			werrstr("%.*s", (int)strcspn(text+2, "\n"), text+2);
		p = text;
		e = ndbparse(&p);
		for(t = e; t != nil; t = t->entry)
			if(strcmp(t->attr, "dns") == 0 && ns < Maxservers)
				strecpy(server[ns], server[ns]+64, t->val), ns++;
		ndbfree(e);
	}
	free(text);
	return ns;
}

static int
call(char *net, char *server)
{
	char addr[128];

	snprint(addr, sizeof addr, "%s/%s!%s!53", netroot, net, server);
	return dial(addr, nil, nil, nil);
}

static int
byudp(char *server, uchar *q, int nq, ushort id, char *name, int type, ulong ms, Answer *a)
{
	uchar *buf;
	vlong end;
	long left;
	int fd, n, got;

	fd = call("udp", server);
	if(fd < 0)
		return -1;
	buf = malloc(Udpmsg);
	got = -1;
	end = nsec()/1000000 + ms;
	if(buf != nil && write(fd, q, nq) == nq)
		while(got < 0 && (left = end - nsec()/1000000) > 0){
			n = readfor(fd, buf, Udpmsg, left);
			if(n < 0){
				rerrstr((char*)buf, ERRMAX);
				if(strcmp((char*)buf, "interrupted") != 0)
					break;
				continue;
			}
			got = unpackanswer(buf, n, id, name, type, a);
		}
	free(buf);
	close(fd);
	return got;
}

static int
bytcp(char *server, uchar *q, int nq, ushort id, char *name, int type, ulong ms, Answer *a)
{
	uchar *buf, len[2];
	int fd, n, got;

	limit(ms*2);
	got = -1;
	buf = malloc(Maxmsg);
	fd = buf == nil ? -1 : call("tcp", server);
	if(fd >= 0){
		hnputs(len, nq);
		if(write(fd, len, 2) == 2 && write(fd, q, nq) == nq && readn(fd, len, 2) == 2){
			n = nhgets(len);
			if(readn(fd, buf, n) == n)
				got = unpackanswer(buf, n, id, name, type, a);
		}
		close(fd);
	}
	nolimit();
	free(buf);
	return got;
}

/* why there is no answer, of those that servers give: RFC 1035, 4.1.1 */
static char *refusals[] =
{
[Rformat]	"format error",
[Rserver]	"server failure",
[Rnotimpl]	"not implemented",
[Rrefused]	"refused",
};

/* one server, by udp and, if the answer is too long for that, by tcp: its response code, or -1 */
static int
askserver(char *server, uchar *q, int nq, ushort id, char *name, int type, ulong ms, Answer *a)
{
	if(byudp(server, q, nq, id, name, type, ms, a) < 0)
		return -1;
	if(debug)
		fprint(2, "dns: %s: %s: code %d, %d records\n", server, name, a->rcode, a->nline);
	if(a->truncated){
		freeanswer(a);
		if(bytcp(server, q, nq, id, name, type, ms, a) < 0)
			return -1;
	}
	return a->rcode;
}

/* no server has the answer: the error string is the first refusal, if there is one */
static void
noanswer(char server[][64], int *said, int ns)
{
	char *e;
	int i;

	for(i = 0; i < ns; i++){
		if(said[i] < 0)
			continue;
		e = said[i] < nelem(refusals) ? refusals[said[i]] : nil;
		if(e != nil)
			werrstr("%s says: %s", server[i], e);
		else
			werrstr("%s says: response code %d", server[i], said[i]);
		return;
	}
	werrstr("no answer from %s", server[0]);
}

int
ask(char *name, int type, Answer *a)
{
	char server[Maxservers][64];
	int said[Maxservers];		/* a refusal, or -1 */
	uchar q[600];
	ushort id;
	int i, n, ns, nq;
	ulong ms;

	notelimits();
	ns = servers(server);
	if(ns == 0)
		return -1;
	id = truerand();
	nq = packquestion(q, sizeof q, id, name, type);
	if(nq < 0){
		werrstr("bad name");
		return -1;
	}
	for(i = 0; i < ns; i++)
		said[i] = -1;
	ms = Wait;
	for(n = 0; n < Rounds; n++, ms *= 2)
		for(i = 0; i < ns; i++){
			if(said[i] >= 0 && said[i] != Rserver)
				continue;	/* it would say so again */
			said[i] = askserver(server[i], q, nq, id, name, type, ms, a);
			if(said[i] == Rok || said[i] == Rname)
				return 0;
			if(said[i] >= 0)
				freeanswer(a);
		}
	noanswer(server, said, ns);
	return -1;
}
