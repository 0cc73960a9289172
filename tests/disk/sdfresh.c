/*
 * Readers in order, which are read ahead for, beside writers at random, all over the same blocks, by several
 * files that overlap: what was acknowledged before a read began is what the read sees, or something newer, and nobody
 * sees time go back.  Each sector says which version it is; each block has one writer.
 * usage: sdfresh dir seconds
 */
#include <u.h>
#include <libc.h>
#include "../guest/tap.h"

enum
{
	Block	= 4096,
	Sector	= 512,
	Nblock	= 384,
	Nwriter	= 3,
	Nreader	= 6,
	Own	= Nblock/Nwriter,
	Skew	= 24,			/* sectors: where the partition begins */
	Maxrun	= 12,			/* blocks of one write */
	Maxread	= 40*1024,
};

static ulong	begun[Nblock], acked[Nblock];	/* shared, as all memory is */
static long	reads[Nreader], writes[Nwriter];
static char	bad[Nreader+Nwriter][200];
static char	*dir;
static vlong	end;

static int
openit(char *name)
{
	char file[64];
	int fd;

	snprint(file, sizeof file, "%s/%s", dir, name);
	fd = open(file, ORDWR);
	if(fd < 0)
		sysfatal("%s: %r", file);
	return fd;
}

static void
stamp(uchar *p, ulong block, ulong version)
{
	ulong *w;
	int i;

	w = (ulong*)p;
	for(i = 0; i < Block/sizeof(ulong); i += 2){
		w[i] = version;
		w[i+1] = block;
	}
}

static ulong
rnd(ulong *seed, ulong n)
{
	*seed = *seed*1664525+1013904223;
	return (*seed>>8)%n;
}

/* by SCSI: WRITE(10) */
static long
rawwrite(int fd, uchar *buf, long n, ulong sector)
{
	uchar cdb[10] = {0x2A, 0, 0, 0, sector>>8, sector, 0, 0, n/Sector, 0};
	char status[13];

	if(write(fd, cdb, sizeof cdb) != sizeof cdb || write(fd, buf, n) != n || read(fd, status, 12) != 12 || atoi(status) != 0)
		return -1;
	return n;
}

static void
writer(int me)
{
	ulong seed, b, i, n;
	uchar *buf;
	int data, skew, raw;
	long k;

	buf = malloc(Maxrun*Block);
	seed = me*77777+5;
	data = openit("data");
	skew = openit("skew");
	raw = me == 0? openit("raw"): -1;
	while(nsec() < end){
		n = 1+rnd(&seed, Maxrun);
		b = me*Own + rnd(&seed, Own-n);
		for(i = 0; i < n; i++){
			begun[b+i] = acked[b+i]+1;
			stamp(buf+i*Block, b+i, begun[b+i]);
		}
		if(raw >= 0)
			k = rawwrite(raw, buf, n*Block, b*Block/Sector);
		else if(b*Block >= Skew*Sector && rnd(&seed, 2))
			k = pwrite(skew, buf, n*Block, b*Block-Skew*Sector);
		else
			k = pwrite(data, buf, n*Block, b*Block);
		if(k != n*Block){
			snprint(bad[me], sizeof bad[me], "write of block %lud: %r", b);
			return;
		}
		for(i = 0; i < n; i++)
			acked[b+i] = begun[b+i];
		writes[me]++;
		sleep(0);
	}
}

/* The host may be writing the sector while it is read: each word is for itself, none older than what was there before. */
static int
judge(char *buf, ulong *w, ulong sector, ulong *before, ulong *seen)
{
	ulong b, i, least;

	b = sector/(Block/Sector);
	least = w[0];
	for(i = 0; i < Sector/sizeof(ulong); i += 2){
		if(w[i+1] != b){
			snprint(buf, 200, "sector %lud holds block %lud", sector, w[i+1]);
			return 0;
		}
		if(w[i] < least)
			least = w[i];
		if(w[i] < before[b] || w[i] > begun[b] || w[i] < seen[sector]){
			snprint(buf, 200, "sector %lud: version %lud; %lud was acknowledged before, %lud begun, %lud seen before", sector,
				w[i], before[b], begun[b], seen[sector]);
			return 0;
		}
	}
	seen[sector] = least;
	return 1;
}

static void
reader(int me)
{
	static long sizes[Nreader] = {Sector, 1000, Block, 8192, 20000, Maxread};
	ulong *before, *seen, sector[Sector/sizeof(ulong)], first, last, s;
	long n, at;
	uchar *buf;
	int fd, odd;

	before = malloc(sizeof acked);
	seen = mallocz(Nblock*Block/Sector*sizeof *seen, 1);
	buf = malloc(Maxread);
	odd = me&1;
	fd = openit(odd? "skew": "data");
	while(nsec() < end)
		for(at = odd? Skew*Sector: 0; at < Nblock*Block && nsec() < end; at += n){
			memmove(before, acked, sizeof acked);
			n = pread(fd, buf, sizes[me], odd? at-Skew*Sector: at);
			if(n <= 0){
				snprint(bad[Nwriter+me], sizeof bad[0], "read at %ld: %ld %r", at, n);
				return;
			}
			first = (at+Sector-1)/Sector;
			last = (at+n)/Sector;
			if(last > Nblock*Block/Sector)
				last = Nblock*Block/Sector;
			for(s = first; s < last; s++){
				memmove(sector, buf+(s*Sector-at), Sector);
				if(!judge(bad[Nwriter+me], sector, s, before, seen))
					return;
			}
			reads[me]++;
		}
}

void
main(int argc, char **argv)
{
	static uchar buf[Block];
	long nread, nwrite;
	int i, fd, nbad;

	if(argc != 3)
		sysfatal("usage: sdfresh dir seconds");
	dir = argv[1];
	fd = openit("ctl");
	if(fprint(fd, "part skew %d %d", Skew, Nblock*Block/Sector) < 0)
		sysfatal("part: %r");
	close(fd);
	fd = openit("data");
	for(i = 0; i < Nblock; i++){
		stamp(buf, i, 0);
		if(pwrite(fd, buf, Block, (vlong)i*Block) != Block)
			sysfatal("write: %r");
	}
	end = nsec()+atoi(argv[2])*1000000000LL;
	for(i = 0; i < Nwriter+Nreader; i++)
		switch(rfork(RFPROC|RFMEM)){
		case -1:
			sysfatal("rfork: %r");
		case 0:
			if(i < Nwriter)
				writer(i);
			else
				reader(i-Nwriter);
			_exits(nil);
		}
	while(waitpid() > 0)
		;
	nread = nwrite = nbad = 0;
	for(i = 0; i < Nreader; i++)
		nread += reads[i];
	for(i = 0; i < Nwriter; i++)
		nwrite += writes[i];
	for(i = 0; i < nelem(bad); i++)
		if(bad[i][0] != 0){
			diag("%s", bad[i]);
			nbad++;
		}
	diag("%ld reads, %ld writes", nread, nwrite);
	ok(nbad == 0, "who reads in order sees what was acknowledged, by whatever file it was written");
	ok(nread > 200 && nwrite > 20, "there was something to see");
	done();
}
