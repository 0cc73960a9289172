/* Names to addresses and back, by the connection server: ip.h. */
#include <u.h>
#include <libc.h>
#include <ip.h>

/* ask what; *answer has the first answer, and -1 and the error string if there is none */
static int
ask(int fd, char *what, char *answer, int size)
{
	int n;

	seek(fd, 0, 0);
	if(write(fd, what, strlen(what)) < 0)
		return -1;
	seek(fd, 0, 0);
	n = read(fd, answer, size-1);
	if(n <= 0)
		return -1;
	answer[n] = '\0';
	return 0;
}

int
hostaddr(char *net, char *host, int version, uchar *ip)
{
	char buf[256], *p, *e;
	int fd, n;

	if(parseip(ip, host) == 0){
		if(version == 0 || isv4(ip) == (version == 4))
			return 0;
		werrstr("not an IPv%d address", version);
		return -1;
	}
	snprint(buf, sizeof buf, "%s/cs", net);
	fd = open(buf, ORDWR);
	if(fd < 0)
		return -1;
	if(fprint(fd, "tcp!%s!1", host) < 0){
		close(fd);
		return -1;
	}
	seek(fd, 0, 0);
	/* each read gives an address: clone-file address!1 */
	while((n = read(fd, buf, sizeof buf - 1)) > 0){
		buf[n] = '\0';
		p = strchr(buf, ' ');
		e = p != nil ? strchr(p, '!') : nil;
		if(e == nil)
			continue;
		*e = '\0';
		if(parseip(ip, p+1) == 0 && (version == 0 || isv4(ip) == (version == 4))){
			close(fd);
			return 0;
		}
	}
	close(fd);
	werrstr("no address");
	return -1;
}

/* the name under which DNS keeps the address's: RFC 1035, 3.5; RFC 3596, 2.5 */
static void
reversed(char *buf, int size, uchar *ip)
{
	char *p, *e;
	int i;

	p = buf;
	e = buf+size;
	if(isv4(ip)){
		seprint(p, e, "%d.%d.%d.%d.in-addr.arpa", ip[15], ip[14], ip[13], ip[12]);
		return;
	}
	for(i = IPaddrlen-1; i >= 0; i--)
		p = seprint(p, e, "%x.%x.", ip[i]&15, ip[i]>>4);
	seprint(p, e, "ip6.arpa");
}

int
hostname(char *net, uchar *ip, char *name, int size)
{
	char buf[256], what[128], rev[80], *f[8];
	int fd, n, found;

	found = -1;
	snprint(buf, sizeof buf, "%s/cs", net);
	fd = open(buf, ORDWR);
	if(fd >= 0){
		snprint(what, sizeof what, "!ip=%I dom", ip);
		if(ask(fd, what, buf, sizeof buf) == 0 && strncmp(buf, "dom=", 4) == 0){
			strecpy(name, name+size, buf+4);
			found = 0;
		}
		close(fd);
	}
	if(found == 0)
		return 0;
	snprint(buf, sizeof buf, "%s/dns", net);
	fd = open(buf, ORDWR);
	if(fd < 0)
		return -1;
	reversed(rev, sizeof rev, ip);
	snprint(what, sizeof what, "%s ptr", rev);
	if(ask(fd, what, buf, sizeof buf) == 0){
		n = tokenize(buf, f, nelem(f));
		if(n >= 3){
			strecpy(name, name+size, f[n-1]);
			found = 0;
		}
	}
	close(fd);
	return found;
}
