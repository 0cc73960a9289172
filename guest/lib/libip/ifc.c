/*
 * What the kernel says of its interfaces, in /net/ipifc/N/status.
 */
#include <u.h>
#include <libc.h>
#include <ip.h>

enum
{
	Maxstatus	= 8192,
};

int
myetheraddr(uchar *to, char *dev)
{
	char buf[64];
	int fd, n;

	if(*dev == '/')
		snprint(buf, sizeof buf, "%s/addr", dev);
	else
		snprint(buf, sizeof buf, "/net/%s/addr", dev);
	fd = open(buf, OREAD);
	if(fd < 0)
		return -1;
	n = read(fd, buf, sizeof buf - 1);
	close(fd);
	if(n < 12)
		return -1;
	buf[12] = '\0';
	return parseether(to, buf);
}

static void
freeifcs(Ipifc *ifc)
{
	Ipifc *next;
	Iplifc *l;

	for(; ifc != nil; ifc = next){
		next = ifc->next;
		while((l = ifc->lifc) != nil){
			ifc->lifc = l->next;
			free(l);
		}
		free(ifc);
	}
}

/* a line of an address */
static void
addlifc(Ipifc *ifc, char *line)
{
	Iplifc *l, **at;
	char *f[8];
	int n;

	n = tokenize(line, f, nelem(f));
	if(n < 3)
		return;
	l = mallocz(sizeof *l, 1);
	if(l == nil)
		return;
	if(parseip(l->ip, f[0]) < 0 || parseipmask(l->mask, f[1]) < 0 || parseip(l->net, f[2]) < 0){
		free(l);
		return;
	}
	if(n >= 5){
		l->validlt = strtoul(f[3], nil, 10);
		l->preflt = strtoul(f[4], nil, 10);
	}
	for(at = &ifc->lifc; *at != nil; at = &(*at)->next)
		;
	*at = l;
}

static Ipifc*
readone(char *net, int index)
{
	char file[128], *text, *p, *e, *f[64];
	Ipifc *ifc;
	int fd, i, n;

	snprint(file, sizeof file, "%s/ipifc/%d/status", net, index);
	fd = open(file, OREAD);
	if(fd < 0)
		return nil;
	text = malloc(Maxstatus+1);
	ifc = mallocz(sizeof *ifc, 1);
	n = text == nil || ifc == nil ? -1 : readn(fd, text, Maxstatus);
	close(fd);
	if(n <= 0){
		free(text);
		free(ifc);
		return nil;
	}
	text[n] = '\0';
	ifc->index = index;
	for(p = text; p != nil && *p != '\0'; p = e){
		e = strchr(p, '\n');
		if(e != nil)
			*e++ = '\0';
		if(p != text){
			addlifc(ifc, p);
			continue;
		}
		/* a name may be empty, and then is missing among the words */
		n = tokenize(p, f, nelem(f));
		for(i = n&1; i+1 < n; i += 2)
			if(strcmp(f[i], "device") == 0)
				strecpy(ifc->dev, ifc->dev+sizeof ifc->dev, f[i+1]);
			else if(strcmp(f[i], "maxtu") == 0)
				ifc->mtu = atoi(f[i+1]);
	}
	free(text);
	return ifc;
}

Ipifc*
readipifc(char *net, Ipifc *old, int index)
{
	char dir[128];
	Ipifc *first, **at;
	Dir *d;
	int fd, i, n;

	freeifcs(old);
	if(net == nil)
		net = "/net";
	if(index >= 0)
		return readone(net, index);
	snprint(dir, sizeof dir, "%s/ipifc", net);
	fd = open(dir, OREAD);
	if(fd < 0)
		return nil;
	n = dirreadall(fd, &d);
	close(fd);
	first = nil;
	at = &first;
	for(i = 0; i < n; i++){
		if(d[i].name[0] < '0' || d[i].name[0] > '9')
			continue;
		*at = readone(net, atoi(d[i].name));
		if(*at != nil)
			at = &(*at)->next;
	}
	if(n > 0)
		free(d);
	return first;
}
