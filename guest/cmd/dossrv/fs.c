/*
 * A file system's shape: what its first sector says, believed only as far as
 * the disk's size and itself bear it out; and those that are open.
 */
#include <u.h>
#include <libc.h>
#include <disk.h>
#include "dos.h"

enum
{
	Cacheblock	= 4096,
	Cacheblocks	= 2048,
	Maxclust12	= 4085,		/* fewer clusters: 12 bits */
	Maxclust16	= 65525,
};

static char	Enotfat[] = "no FAT file system";

static char*
badfat(char *why)
{
	static char err[ERRMAX];

	snprint(err, sizeof err, "%s: %s", Enotfat, why);
	return err;
}

/* the numbers of the first sector into fs; an error or nil */
static char*
shape(Dosfs *fs, uchar *b, vlong size)
{
	vlong secs, fatsecs, n, most;
	int nresrv, rootents;

	fs->secsize = get2(b+11);
	if(b[510] != 0x55 || b[511] != 0xAA)
		return badfat("no signature");
	if(fs->secsize != 512 && fs->secsize != 1024 && fs->secsize != 2048 && fs->secsize != 4096)
		return badfat("bad sector size");
	if(b[13] == 0 || b[13] & b[13]-1)
		return badfat("bad cluster size");
	fs->cbytes = b[13]*fs->secsize;
	nresrv = get2(b+14);
	fs->nfats = b[16];
	rootents = get2(b+17);
	secs = get2(b+19) != 0 ? get2(b+19) : get4(b+32);
	fatsecs = get2(b+22) != 0 ? get2(b+22) : get4(b+36);
	if(nresrv == 0 || fs->nfats == 0 || fatsecs == 0)
		return badfat("bad number of sectors before the data");
	fs->fat = nresrv*fs->secsize;
	fs->fatbytes = fatsecs*fs->secsize;
	fs->root = fs->fat+fs->nfats*fs->fatbytes;
	fs->rootbytes = (rootents*Dirsize+fs->secsize-1)/fs->secsize*fs->secsize;
	fs->data = fs->root+fs->rootbytes;
	if(secs*fs->secsize < fs->data)
		return badfat("smaller than its tables");
	if(fs->data > size)
		return badfat("its tables are beyond the end of the disk");
	n = (secs*fs->secsize-fs->data)/fs->cbytes;
	fs->bits = n < Maxclust12 ? 12 : n < Maxclust16 ? 16 : 32;
	if(get2(b+22) == 0 && get2(b+17) == 0)
		fs->bits = 32;
	most = fs->fatbytes*8/fs->bits-2;
	if(n > most)
		n = most;
	if(n <= 0 || fs->bits == 32 && rootents != 0)
		return badfat("no clusters");
	fs->nclust = n;
	fs->onefat = -1;
	fs->nfree = -1;
	fs->hint = 2;
	if(fs->bits != 32)
		return nil;
	fs->rootclust = get4(b+44);
	if(!goodclust(fs, fs->rootclust))
		return badfat("its root is no cluster");
	if(get2(b+40) & 0x80)
		fs->onefat = (get2(b+40) & 0xF)%fs->nfats;
	n = get2(b+48);
	if(n > 0 && n < nresrv)
		fs->info = n*fs->secsize;
	return nil;
}

/* FAT32's count of free clusters and where to look for one, if they make sense */
static void
readinfo(Dosfs *fs)
{
	uchar b[512];
	ulong n;

	if(fs->info == 0)
		return;
	if(bcread(fs->cache, fs->info, b, sizeof b) < 0 || get4(b) != 0x41615252 || get4(b+484) != 0x61417272){
		fs->info = 0;
		return;
	}
	n = get4(b+488);
	if(n <= fs->nclust)
		fs->nfree = n;
	n = get4(b+492);
	if(goodclust(fs, n))
		fs->hint = n;
}

static void
freefs(Dosfs *fs)
{
	if(fs->cache != nil)
		bcclose(fs->cache);
	if(fs->fd >= 0)
		close(fs->fd);
	free(fs->rootfile);
	free(fs->name);
	free(fs);
}

/* Where the disk says that it is being written, and whether somebody stopped while it did. */
static void
readflag(Dosfs *fs, uchar *boot)
{
	long v;
	int at;

	at = fs->bits == 32 ? 65 : 37;
	if(boot[at+1] == 0x28 || boot[at+1] == 0x29){
		fs->flagat = at;
		fs->flag = boot[at];
	}
	v = fs->bits == 12 ? -1 : fatget(fs, 1);
	fs->wasdirty = fs->flag & Fdirty || v >= 0 && !(v & (fs->bits == 16 ? 0x8000 : 0x08000000));
	if(fs->wasdirty)
		fprint(2, "dossrv: %s: was stopped while it was being written; fsck.vfat may find room to reclaim\n", fs->name);
}

static char*
openfs(Dosfs *fs)
{
	uchar boot[512];
	vlong size;
	char *err;
	Disk *d;

	d = opendisk(fs->name, 0, 0);
	if(d == nil){
		d = opendisk(fs->name, 1, 0);
		fs->rdonly = 1;
	}
	if(d == nil)
		return oserror();
	fs->fd = d->fd;
	fs->unit = d->ctlfd >= 0;
	size = d->size;
	if(d->ctlfd >= 0)
		close(d->ctlfd);
	free(d->name);
	free(d);
	if(mpread(fs->fd, boot, sizeof boot, 0) != sizeof boot)
		return badfat("no first sector");
	err = shape(fs, boot, size);
	if(err != nil)
		return err;
	fs->cache = bcopen(fs->fd, Cacheblock, size, Cacheblocks);
	fs->rootfile = mallocz(sizeof(Dosfile), 1);
	if(fs->cache == nil || fs->rootfile == nil)
		return "out of memory";
	fs->cache->tables = fs->data;
	fs->cache->groups = fs->unit && !fs->rdonly && cangroup(fs->fd);
	readinfo(fs);
	readflag(fs, boot);
	fs->rootfile->fs = fs;
	fs->rootfile->ref = 1;
	fs->rootfile->attr = Adir;
	fs->rootfile->start = fs->rootclust;
	fs->rootfile->name = "/";
	return nil;
}

/* the file system on a file, with a reference; nil: *err says why */
Dosfs*
attachfs(char *name, char **err)
{
	Dosfs *fs;
	Dir *d;

	d = dirstat(name);
	if(d == nil){
		*err = oserror();
		return nil;
	}
	fs = (Dosfs*)findmedium(d);
	if(fs != nil){
		free(d);
		return fs;
	}
	fs = mallocz(sizeof *fs, 1);
	if(fs == nil){
		free(d);
		*err = "out of memory";
		return nil;
	}
	fs->fd = -1;
	fs->name = strdup(name);
	*err = fs->name == nil ? "out of memory" : openfs(fs);
	if(*err == nil)
		addmedium(fs, d);
	else{
		freefs(fs);
		fs = nil;
	}
	free(d);
	return fs;
}

void
putfs(Dosfs *fs)
{
	if(!putmedium(fs))
		return;
	if(syncfs(fs) < 0)
		fprint(2, "dossrv: %s: %r\n", fs->name);
	dropindex(fs, 0, 1);
	freefs(fs);
}
