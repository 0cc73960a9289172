/*
 * The file log: what the stack has to tell about itself, for those who asked
 * (set tcp ..., clear ..., only ADDR).  A ring of text; with no reader nothing is
 * kept.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "ip.h"

static struct {
	char	*name;
	int	mask;
} words[] = {
	{ "ppp",	0 },
	{ "ip",		Logip },
	{ "fs",		Logfs },
	{ "tcp",	Logtcp },
	{ "icmp",	Logicmp },
	{ "udp",	Logudp },
	{ "compress",	0 },
	{ "gre",	0 },
	{ "tcpwin",	Logtcp },
	{ "tcprxmt",	Logtcp },
	{ "udpmsg",	Logudp },
	{ "ipmsg",	Logip },
	{ "esp",	0 },
	{ "arp",	Logarp },
};

/* Text of a kind (0: always) about a peer (nil: nobody's). */
void
iplog(Ip *f, int kind, Ipaddr *peer, char *fmt, ...)
{
	char buf[256];
	va_list arg;
	int i, n;

	if(f->logopens == 0 || kind != 0 && (f->logmask & kind) == 0)
		return;
	if(f->logfiltered && peer != nil && !ipeq(peer, &f->logonly))
		return;
	va_start(arg, fmt);
	vsnprint(buf, sizeof buf, fmt, arg);
	va_end(arg);
	n = strlen(buf);
	for(i = 0; i < n; i++)
		f->log[(f->logr + f->logn + i) % sizeof f->log] = buf[i];
	f->logn += n;
	if(f->logn > sizeof f->log){		/* the oldest is overwritten */
		f->logr = (f->logr + f->logn) % sizeof f->log;
		f->logn = sizeof f->log;
	}
	iplogwake(f);
}

/* What is written to log. */
char*
iplogctl(Ip *f, char **w, int n)
{
	int i, j, mask;

	if(n < 2)
		return Ecmdargs;
	if(strcmp(w[0], "only") == 0){
		if(parseip(w[1], &f->logonly) < 0)
			return Ebadip;
		f->logfiltered = !isany(&f->logonly);
		return nil;
	}
	if(strcmp(w[0], "set") != 0 && strcmp(w[0], "clear") != 0)
		return "unknown control request";
	mask = 0;
	for(i = 1; i < n; i++){
		for(j = 0; j < nelem(words) && strcmp(words[j].name, w[i]) != 0; j++)
			;
		if(j == nelem(words))
			return "unknown control request";
		mask |= words[j].mask;
	}
	if(w[0][0] == 's')
		f->logmask |= mask;
	else
		f->logmask &= ~mask;
	return nil;
}
