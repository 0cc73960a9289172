/*
 * Prints sums of all files below the current directory, as the host's sha1sum does, and
 * the time of last modification of each with -t.
 */
#include <u.h>
#include <libc.h>
#include <libsec.h>

static int	showtime;

static void
sumfile(char *path, Dir *d)
{
	static uchar buf[64*1024];
	uchar sum[SHA1dlen];
	DigestState *s;
	int fd, i;
	long n;

	fd = open(path, OREAD);
	if(fd < 0){
		print("%s: %r\n", path);
		return;
	}
	s = sha1(nil, 0, nil, nil);
	while((n = read(fd, buf, sizeof buf)) > 0)
		sha1(buf, n, nil, s);
	if(n < 0)
		print("%s: %r\n", path);
	close(fd);
	sha1(nil, 0, sum, s);
	for(i = 0; i < sizeof sum; i++)
		print("%.2x", sum[i]);
	if(showtime)
		print(" %lud", d->mtime);
	print("  %s\n", path);
}

static void
tree(char *path)
{
	char *sub;
	Dir *d;
	long i, n;
	int fd;

	fd = open(path, OREAD);
	if(fd < 0 || (n = dirreadall(fd, &d)) < 0){
		print("%s: %r\n", path);
		return;
	}
	close(fd);
	for(i = 0; i < n; i++){
		sub = smprint("%s/%s", path, d[i].name);
		if(d[i].mode & DMDIR)
			tree(sub);
		else
			sumfile(sub, &d[i]);
		free(sub);
	}
	free(d);
}

void
main(int argc, char **argv)
{
	ARGBEGIN{
	case 't':
		showtime = 1;
		break;
	}ARGEND
	USED(argc, argv);
	tree(".");
	exits(nil);
}
