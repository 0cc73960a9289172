/*
 * What configures the network when somebody first wants it:
 * a process that waits for that (ip(3): ondemand), and costs next to nothing until then.
 * A kernel without #I goes without.
 */
#include <u.h>
#include <libc.h>
#include "init.h"

/* what has become of a try to configure it is in /net/ndb, where what the network said would be */
static void
note(void)
{
	char why[ERRMAX];
	int fd;

	rerrstr(why, sizeof why);
	fd = open("#I0/ndb", OWRITE|OTRUNC);
	if(fd >= 0)
		fprint(fd, "# no network: %s\n", why);
	close(fd);
}

static void
dhcp(void)
{
	if(server("ip/ipconfig", nil) < 0)
		note();
	server("ndb/dns", "-r", nil);	/* a distribution's would ask the whole world itself */
}

/* the rest of the life of a process of its own */
static void
configurator(int fd, int withdhcp)
{
	char buf[16];

	if(read(fd, buf, sizeof buf) <= 0)
		exits(nil);
	close(2);
	open("/dev/null", OWRITE);	/* who waits for us hears of an error, /net/ndb says more */
	server("ndb/cs", nil);
	if(withdhcp)
		dhcp();
	fprint(fd, "serve cs /net/cs");
	if(withdhcp)
		fprint(fd, "serve dns /net/dns");
	fprint(fd, "done");
	close(fd);
	if(withdhcp)			/* IPv6 takes a second, which nobody waits for; and there may be none */
		execl("/bin/ip/ipconfig", "ipconfig", "-6", nil);
	exits(nil);
}

/*
 * Who dials asks the connection server; the host's network brings its own.  $dhcp says
 * that somebody on the wire tells us our address: "now" if it is wanted before anybody here asks for it, because
 * others call us.
 */
void
network(void)
{
	char *how;
	int fd, withdhcp;

	if(access("/net/tcp", AEXIST) < 0 || access("/net/cs", AEXIST) == 0)
		return;
	fd = open("#I0/ondemand", ORDWR|OCEXEC);
	if(fd < 0)
		return;
	how = getvar("dhcp");
	withdhcp = how != nil && access("/net/ether0", AEXIST) == 0;
	if(fprint(fd, "offer cs%s", withdhcp ? " dns" : "") < 0)
		fprint(2, "init: #I0/ondemand: %r\n");
	else if(withdhcp && strcmp(how, "now") == 0)
		fprint(fd, "now");
	if(rfork(RFPROC|RFFDG|RFREND|RFNOTEG|RFNAMEG|RFNOWAIT) == 0)
		configurator(fd, withdhcp);
	close(fd);
	free(how);
}
