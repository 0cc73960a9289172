/*
 * Random work on the files of a directory, with a model of them in memory: written
 * at any place, cut, made longer, renamed, removed, made again; each is read back now and then, and
 * all of them at the end, when sums of them are printed for the host.
 * usage: treemodel dir steps seed
 */
#include <u.h>
#include <libc.h>
#include <libsec.h>
#include "../guest/tap.h"

enum
{
	Nfile	= 40,
	Maxlen	= 150*1000,
	Ndir	= 4,
};

typedef struct F F;
struct F
{
	char	name[120];
	uchar	*data;
	long	len;
	int	exists;
};

static F	files[Nfile];
static uchar	buf[Maxlen];
static ulong	seed;
static int	bad;
static long	ops[8];

static ulong
rnd(ulong n)
{
	seed = seed*1664525+1013904223;
	return (seed>>8)%n;
}

static void
complain(F *f, char *what)
{
	if(bad++ < 10)
		diag("%s: %s: %r", f->name, what);
}

static void
newname(F *f, int i)
{
	static char *forms[] = {"F%d", "f%d.txt", "MixedCase%d.Ext", "a longer name with blanks %d.some.text", "%d.tar.gz",
		"Dé%d", "x%d+y=z[]", "file number %d has a name that goes on and on, for more than one slot or two.end"};
	char name[100];

	snprint(name, sizeof name, forms[rnd(nelem(forms))], i);
	snprint(f->name, sizeof f->name, "d%ld/%s", rnd(Ndir), name);
}

static void
writesome(F *f)
{
	long off, n, i;
	int fd;

	fd = f->exists ? open(f->name, OWRITE) : create(f->name, OWRITE, 0666);
	if(fd < 0){
		complain(f, "create");
		return;
	}
	f->exists = 1;
	off = rnd(3) == 0 ? f->len : rnd(Maxlen);
	n = rnd(4) == 0 ? rnd(Maxlen) : rnd(3000);
	if(off+n > Maxlen)
		n = Maxlen-off;
	for(i = 0; i < n; i++)
		buf[i] = rnd(256);
	if(n > 0){
		if(pwrite(fd, buf, n, off) != n)
			complain(f, "write");
		if(off > f->len)
			memset(f->data+f->len, 0, off-f->len);
		memmove(f->data+off, buf, n);
		if(off+n > f->len)
			f->len = off+n;
	}
	close(fd);
}

static void
setlen(F *f)
{
	Dir d;
	long n;

	n = rnd(Maxlen);
	nulldir(&d);
	d.length = n;
	if(dirwstat(f->name, &d) < 0){
		complain(f, "length");
		return;
	}
	if(n > f->len)
		memset(f->data+f->len, 0, n-f->len);
	f->len = n;
}

static void
rename(F *f, int i)
{
	char old[120], *s;
	Dir d;

	strcpy(old, f->name);
	do
		newname(f, i+Nfile*rnd(3));
	while(strncmp(old, f->name, 3) != 0);
	s = strchr(f->name, '/')+1;
	nulldir(&d);
	d.name = s;
	if(dirwstat(old, &d) < 0){
		complain(f, "rename");
		strcpy(f->name, old);
	}
}

static void
check(F *f)
{
	long n, m;
	int fd;

	fd = open(f->name, OREAD);
	if(fd < 0){
		complain(f, "open");
		return;
	}
	for(n = 0; (m = read(fd, buf+n, Maxlen-n)) > 0; n += m)
		;
	close(fd);
	if(n != f->len || memcmp(buf, f->data, n) != 0){
		werrstr("length %ld, not %ld, or other bytes", n, f->len);
		complain(f, "read");
	}
}

static void
step(void)
{
	F *f;
	int i, fd;

	i = rnd(Nfile);
	f = &files[i];
	if(!f->exists){
		newname(f, i+Nfile*rnd(3));
		f->len = 0;
		writesome(f);
		ops[0]++;
		return;
	}
	switch(rnd(8)){
	case 0:
		if(remove(f->name) < 0)
			complain(f, "remove");
		f->exists = 0;
		ops[1]++;
		break;
	case 1:
		setlen(f);
		ops[2]++;
		break;
	case 2:
		rename(f, i);
		ops[3]++;
		break;
	case 3:
		fd = open(f->name, OWRITE|OTRUNC);
		if(fd < 0)
			complain(f, "truncate");
		close(fd);
		f->len = 0;
		ops[4]++;
		break;
	case 4:
		check(f);
		ops[5]++;
		break;
	default:
		writesome(f);
		ops[6]++;
		break;
	}
}

void
main(int argc, char **argv)
{
	uchar sum[SHA1dlen];
	char hex[2*SHA1dlen+1];
	int i, fd, n;
	long steps;

	if(argc != 4 || chdir(argv[1]) < 0)
		sysfatal("usage: treemodel dir steps seed: %r");
	steps = atol(argv[2]);
	seed = strtoul(argv[3], nil, 0);
	for(i = 0; i < Ndir; i++){
		snprint(hex, sizeof hex, "d%d", i);
		fd = create(hex, OREAD, DMDIR|0777);
		if(fd < 0)
			sysfatal("mkdir: %r");
		close(fd);
	}
	for(i = 0; i < Nfile; i++)
		files[i].data = malloc(Maxlen);
	while(steps-- > 0)
		step();
	n = 0;
	for(i = 0; i < Nfile; i++)
		if(files[i].exists){
			check(&files[i]);
			n++;
		}
	diag("%ld made, %ld removed, %ld cut, %ld renamed, %ld emptied, %ld read, %ld written; %d are left",
		ops[0], ops[1], ops[2], ops[3], ops[4], ops[5], ops[6], n);
	ok(bad == 0, "files are what was written into them");
	ok(n > 5, "there is something left");
	for(i = 0; i < Nfile; i++)
		if(files[i].exists){
			sha1(files[i].data, files[i].len, sum, nil);
			enc16(hex, sizeof hex, sum, sizeof sum);
			for(n = 0; hex[n] != 0; n++)
				hex[n] = tolower(hex[n]);
			fprint(2, "%s  ./%s\n", hex, files[i].name);
		}
	done();
}
