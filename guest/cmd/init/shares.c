/*
 * Directories that the host shares: each file of #h is one, and is mounted on /n under its
 * name, and posted in /srv for who builds a name space of its own.  One is the host's
 * network, which /lib/namespace mounts on /net.
 */
#include <u.h>
#include <libc.h>
#include "init.h"

static Dir	*dirs;
static int	ndir = -1;

/* how many there are; one whose name begins with a dot is not for /n */
int
nshares(void)
{
	int fd, i, n;

	if(ndir < 0){
		fd = open("#h", OREAD);
		ndir = fd < 0 ? 0 : dirreadall(fd, &dirs);
		close(fd);
	}
	for(i = n = 0; i < ndir; i++)
		n += dirs[i].name[0] != '.';
	return n;
}

static void
post(char *name, int fd)
{
	char file[80];
	int sfd;

	snprint(file, sizeof file, "#s/%s", name);
	if(access(file, AEXIST) == 0)
		return;			/* somebody's; /n has the share all the same */
	sfd = create(file, OWRITE, 0600);
	if(sfd < 0 || fprint(sfd, "%d", fd) < 0)
		fprint(2, "init: can't post %s: %r\n", file);
	close(sfd);
}

/* mount the share of this name on dir; 0, or -1 and a message was printed */
int
mountshare(char *name, char *dir)
{
	char file[80];
	int fd;

	snprint(file, sizeof file, "#h/%s", name);
	fd = open(file, ORDWR);
	if(fd >= 0)
		post(name, fd);
	if(fd < 0 || mount(fd, -1, dir, MREPL|MCREATE, "") < 0){
		fprint(2, "init: can't mount the host's directory %s: %r\n", name);
		close(fd);
		return -1;
	}
	return 0;
}

/* the host's network, if there is one, for /lib/namespace */
void
posthostnet(void)
{
	int fd;

	fd = open("#h/.net", ORDWR);
	if(fd < 0)
		return;
	post("hostnet", fd);
	post("net", fd);		/* as name spaces of distributions call another network */
	close(fd);
}

void
mountshares(void)
{
	char dir[80];
	int i;

	bind("#hn", "/n", MBEFORE);
	for(i = 0; i < ndir; i++)
		if(dirs[i].name[0] != '.'){
			snprint(dir, sizeof dir, "/n/%s", dirs[i].name);
			mountshare(dirs[i].name, dir);
		}
}
