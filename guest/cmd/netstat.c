/*
 * netstat: conversations of the network, or with -i its interfaces.
 */
#include <u.h>
#include <libc.h>
#include <bio.h>
#include <ip.h>

static char	*netroot = "/net";
static int	interfaces;
static int	onlyopen = 1;
static Biobuf	out;

static void
usage(void)
{
	fprint(2, "usage: netstat [-ai] [-p protocol] [netroot]\n");
	exits("usage");
}

/* the first line of a conversation's file; a word of it ends at a blank if `word` */
static char*
get(char *proto, char *conv, char *name, char *buf, int size, int word)
{
	char file[128];
	int fd, n;

	snprint(file, sizeof file, "%s/%s/%s/%s", netroot, proto, conv, name);
	fd = open(file, OREAD);
	n = fd < 0 ? -1 : read(fd, buf, size-1);
	close(fd);
	if(n < 0)
		n = 0;
	buf[n] = '\0';
	buf[strcspn(buf, word ? " \n" : "\n")] = '\0';
	return buf;
}

static int
bynumber(void *a, void *b)
{
	return atoi(((Dir*)a)->name) - atoi(((Dir*)b)->name);
}

static void
protocol(char *proto)
{
	char file[128], status[256], local[128], remote[128];
	Dir *d;
	int fd, i, n;

	snprint(file, sizeof file, "%s/%s", netroot, proto);
	fd = open(file, OREAD);
	if(fd < 0)
		return;
	n = dirreadall(fd, &d);
	close(fd);
	if(n <= 0)
		return;
	qsort(d, n, sizeof *d, bynumber);
	for(i = 0; i < n; i++){
		if((d[i].qid.type & QTDIR) == 0)
			continue;
		get(proto, d[i].name, "status", status, sizeof status, 1);
		if(onlyopen && (strcmp(status, "Closed") == 0 || status[0] == '\0'))
			continue;
		get(proto, d[i].name, "local", local, sizeof local, 0);
		get(proto, d[i].name, "remote", remote, sizeof remote, 0);
		Bprint(&out, "%-6s %4s %-10s %-12s %-24s %s\n", proto, d[i].name, d[i].uid, status, local, remote);
	}
	free(d);
}

static void
ifcs(void)
{
	Ipifc *ifc;
	Iplifc *l;

	fmtinstall('I', eipfmt);
	fmtinstall('M', eipfmt);
	Bprint(&out, "%-16s %6s %-32s %-6s %s\n", "device", "mtu", "address", "mask", "network");
	for(ifc = readipifc(netroot, nil, -1); ifc != nil; ifc = ifc->next)
		for(l = ifc->lifc; l != nil; l = l->next)
			Bprint(&out, "%-16s %6d %-32I %-6M %I\n", ifc->dev, ifc->mtu, l->ip, l->mask, l->net);
}

void
main(int argc, char **argv)
{
	static char *protos[] = {"tcp", "udp", "icmp", "icmpv6", "rudp"};
	char *only;
	int i;

	only = nil;
	ARGBEGIN{
	case 'a':
		onlyopen = 0;
		break;
	case 'i':
		interfaces = 1;
		break;
	case 'n':		/* numbers are all there is */
		break;
	case 'p':
		only = EARGF(usage());
		break;
	default:
		usage();
	}ARGEND
	if(argc > 1)
		usage();
	if(argc == 1)
		netroot = argv[0];
	Binit(&out, 1, OWRITE);
	if(interfaces)
		ifcs();
	else if(only != nil)
		protocol(only);
	else
		for(i = 0; i < nelem(protos); i++)
			protocol(protos[i]);
	Bterm(&out);
	exits(nil);
}
