/*
 * Finding out what an image has: volume descriptors from sector 16 on, the first
 * and one with names in UCS-2 (Joliet), and whether records carry fields of Rock Ridge or of Plan 9.
 */
#include <u.h>
#include <libc.h>
#include <disk.h>
#include "iso.h"

enum
{
	Firstvol	= 16,
	Maxvol		= 64,
	Vprimary	= 1,
	Vsupplement	= 2,
	Vend		= 255,
	Vsystem		= 8,		/* offsets in a descriptor */
	Vescape		= 88,
	Vblock		= 128,
	Vroot		= 156,
};

static char	Enotiso[] = "no ISO 9660 file system";

/* the root's record of descriptor v becomes iso's root */
static char*
setroot(Iso *iso, uchar *v)
{
	Rec r;

	if((v[Vblock] | v[Vblock+1]<<8) != Sector)
		return "ISO 9660 with blocks of another size than 2048 bytes";
	if(v[Vroot] < 34)
		return "ISO 9660 without a root directory";
	memset(&r, 0, sizeof r);
	memmove(r.d, v+Vroot, 34);
	r.d[Rnamelen] = 1;
	r.d[Rname] = 0;
	r.d[Rflags] |= Fdir;
	if(iso->root == nil)
		iso->root = newnode(iso, nil);
	if(iso->root == nil)
		return Enomem;
	iso->root->nextent = 0;
	if(setnode(iso->root, &r) < 0)
		return readerr();
	iso->root->addr = 0;
	return nil;
}

static int
isjoliet(uchar *v)
{
	return v[Vescape] == '%' && v[Vescape+1] == '/'
		&& (v[Vescape+2] == '@' || v[Vescape+2] == 'C' || v[Vescape+2] == 'E');
}

static char*
openiso(Iso *iso, vlong size)
{
	uchar v[Sector], primary[Sector], joliet[Sector];
	char *err;
	int i, have;

	iso->cache = bcopen(iso->fd, Sector, size, 512);
	if(iso->cache == nil)
		return Enomem;
	have = 0;
	for(i = 0; i < Maxvol; i++){
		if(bcread(iso->cache, (vlong)(Firstvol+i)*Sector, v, sizeof v) < 0)
			return have ? readerr() : Enotiso;
		if(memcmp(v+1, "CD001", 5) != 0){
			if(i == 0)
				return Enotiso;
			break;
		}
		if(v[0] == Vend)
			break;
		if(v[0] == Vprimary && !(have & 1<<Plain)){
			memmove(primary, v, sizeof v);
			have |= 1<<Plain;
		}else if(v[0] == Vsupplement && isjoliet(v) && !(have & 1<<Joliet)){
			memmove(joliet, v, sizeof v);
			have |= 1<<Joliet;
		}
	}
	if(!(have & 1<<Plain))
		return "ISO 9660 without a primary volume";
	err = setroot(iso, primary);
	if(err != nil)
		return err;
	iso->kind = Plain;
	iso->skip = rockskip(iso, iso->root->extent[0].addr);
	if(allowed & 1<<Plan9 && memcmp(primary+Vsystem, "PLAN 9", 6) == 0)
		iso->kind = Plan9;
	else if(allowed & 1<<Rock && iso->skip >= 0)
		iso->kind = Rock;
	else if(allowed & have & 1<<Joliet){
		iso->kind = Joliet;
		return setroot(iso, joliet);
	}
	return nil;
}

static void
freeiso(Iso *iso)
{
	if(iso->root != nil)
		free(iso->root->name);
	free(iso->root);
	if(iso->cache != nil)
		bcclose(iso->cache);
	if(iso->fd >= 0)
		close(iso->fd);
	free(iso->name);
	free(iso);
}

/* the image in a file, with a reference; nil: *err says why */
Iso*
attachiso(char *name, char **err)
{
	Iso *iso;
	Disk *disk;
	Dir *d;

	d = dirstat(name);
	disk = d == nil ? nil : opendisk(name, 1, 0);
	if(disk == nil){
		*err = readerr();
		free(d);
		return nil;
	}
	if(disk->ctlfd >= 0)
		close(disk->ctlfd);
	iso = (Iso*)findmedium(d);
	if(iso != nil){
		close(disk->fd);
		free(disk->name);
		free(disk);
		free(d);
		return iso;
	}
	iso = mallocz(sizeof *iso, 1);
	if(iso == nil)
		sysfatal("out of memory");
	iso->fd = disk->fd;
	iso->name = disk->name;
	*err = openiso(iso, disk->size);
	if(*err == nil)
		addmedium(iso, d);
	else{
		freeiso(iso);
		iso = nil;
	}
	free(disk);
	free(d);
	return iso;
}

void
putiso(Iso *iso)
{
	if(putmedium(iso))
		freeiso(iso);
}
