/*
 * Work on a file system that will be killed: in DIR/safe files whose text follows from their number, and in
 * DIR/work others that are made, grown, cut, renamed and removed meanwhile.  After some files there is a null wstat, and
 * when that has succeeded "safe N" is written: files 1 to N are to be whole from then on, whatever comes.
 * usage: fatsteady dir files
 */
#include <u.h>
#include <libc.h>

enum
{
	Every	= 7,		/* files between null wstats */
	Nwork	= 13,
};

static ulong	seed = 1;
static char	text[64*1024];

static ulong
rnd(ulong n)
{
	seed = seed*1664525+1013904223;
	return (seed>>8)%n;
}

/* the numbers from n on, as many as follow from n: what `seq N M` prints */
static long
textof(int n)
{
	char *p;
	int i;

	p = text;
	for(i = n; i <= n+n*37%2000; i++)
		p = seprint(p, text+sizeof text, "%d\n", i);
	return p-text;
}

static int
make(char *name, long len)
{
	int fd;

	fd = create(name, OWRITE, 0666);
	if(fd < 0 || write(fd, text, len) != len)
		sysfatal("%s: %r", name);
	return fd;
}

static void
work(char *dir)
{
	static char *forms[] = {"%s/work/W%lud", "%s/work/a name that needs more room %lud"};
	char name[128], to[128], *s;
	ulong k;
	Dir d;

	k = rnd(Nwork);
	snprint(name, sizeof name, forms[k%2], dir, k);
	switch(rnd(4)){
	case 0:
		remove(name);
		break;
	case 1:
		snprint(to, sizeof to, forms[(k+1)%2], dir, k+Nwork);
		remove(to);
		s = strrchr(to, '/')+1;
		nulldir(&d);
		d.name = s;
		dirwstat(name, &d);
		break;
	case 2:
		nulldir(&d);
		d.length = rnd(40000);
		dirwstat(name, &d);
		break;
	default:
		close(make(name, textof(rnd(1000))));
		break;
	}
}

void
main(int argc, char **argv)
{
	char name[128];
	int i, fd;
	Dir d;

	if(argc != 3)
		sysfatal("usage: fatsteady dir files");
	for(i = 1; i <= atoi(argv[2]); i++){
		snprint(name, sizeof name, "%s/safe/file%d", argv[1], i);
		fd = make(name, textof(i));
		if(i%Every == 0){
			nulldir(&d);
			if(dirfwstat(fd, &d) < 0)
				sysfatal("flush: %r");
			print("safe %d\n", i);
		}
		close(fd);
		work(argv[1]);
	}
	print("done\n");
	exits(nil);
}
