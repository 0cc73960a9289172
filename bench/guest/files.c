/*
 * What files of a host directory cost inside 9guest: prints "name nanoseconds", or "name bytes/s" for the
 * bandwidths.  usage: files DIR TREE: DIR holds small, a file; big, one of many MiB; many, a directory of 10,000
 * files.  bench/linux/files.c does the same on Linux.
 */
#include <u.h>
#include <libc.h>

enum {
	ROUNDS	= 9,
	BLOCK	= 64*1024,
	MANY	= 10000,
};

static char block[BLOCK], small[256], big[256], many[256], out[256], *tree;

static int
cmpvlong(void *a, void *b)
{
	vlong x, y;

	x = *(vlong*)a;
	y = *(vlong*)b;
	return x < y ? -1 : x > y;
}

static vlong
median(vlong (*op)(void))
{
	vlong ns[ROUNDS];
	int i;

	op();
	for(i = 0; i < ROUNDS; i++)
		ns[i] = op();
	qsort(ns, ROUNDS, sizeof ns[0], cmpvlong);
	return ns[ROUNDS/2];
}

static void
need(int ok, char *what)
{
	if(!ok)
		sysfatal("%s: %r", what);
}

/* ns of one */
static vlong
openclose(void)
{
	vlong t;
	int i, fd;

	t = nsec();
	for(i = 0; i < 2000; i++){
		fd = open(small, OREAD);
		need(fd >= 0, small);
		close(fd);
	}
	return (nsec() - t)/2000;
}

/* bytes/s */
static vlong
reads(void)
{
	vlong t, n;
	long k;
	int fd;

	fd = open(big, OREAD);
	need(fd >= 0, big);
	n = 0;
	t = nsec();
	while((k = read(fd, block, BLOCK)) > 0)
		n += k;
	t = nsec() - t;
	close(fd);
	return n*1000/(t/1000000);
}

static vlong
writes(void)
{
	vlong t;
	int i, fd;

	fd = create(out, OWRITE, 0666);
	need(fd >= 0, out);
	t = nsec();
	for(i = 0; i < 512; i++)
		need(write(fd, block, BLOCK) == BLOCK, out);
	t = nsec() - t;
	close(fd);
	return 512LL*BLOCK*1000/(t/1000000);
}

/* ns of all: ls -l */
static vlong
list(void)
{
	vlong t;
	Dir *d;
	long n;
	int fd;

	t = nsec();
	fd = open(many, OREAD);
	need(fd >= 0, many);
	n = dirreadall(fd, &d);
	need(n == MANY, many);
	close(fd);
	free(d);
	return nsec() - t;
}

static vlong
du(char *dir)
{
	char *name;
	vlong sum;
	Dir *d;
	long i, n;
	int fd;

	fd = open(dir, OREAD);
	need(fd >= 0, dir);
	n = dirreadall(fd, &d);
	close(fd);
	sum = 0;
	for(i = 0; i < n; i++){
		sum += d[i].length;
		if(d[i].mode & DMDIR){
			name = smprint("%s/%s", dir, d[i].name);
			sum += du(name);
			free(name);
		}
	}
	if(n > 0)
		free(d);
	return sum;
}

static vlong
dutree(void)
{
	vlong t;

	t = nsec();
	du(tree);
	return nsec() - t;
}

void
main(int argc, char **argv)
{
	if(argc != 3)
		sysfatal("usage: files dir tree");
	snprint(small, sizeof small, "%s/small", argv[1]);
	snprint(big, sizeof big, "%s/big", argv[1]);
	snprint(many, sizeof many, "%s/many", argv[1]);
	snprint(out, sizeof out, "%s/out", argv[1]);
	tree = argv[2];
	print("file-open-close %lld\n", median(openclose));
	print("file-read-64k %lld\n", median(reads));
	print("file-write-64k %lld\n", median(writes));
	print("list-10000 %lld\n", median(list));
	print("du-tree %lld\n", median(dutree));
	exits(nil);
}
