/*
 * Opening disks: what a unit's ctl file says of its size and of where a
 * partition is, or what there is to say of a plain file.
 */
#include <u.h>
#include <libc.h>
#include <disk.h>

enum
{
	Maxctl	= 16*1024,
};

/* the ctl file in the directory of a disk's file; -1 if there is none or it is no unit's */
static int
openctl(char *name, char **text)
{
	char *dir, *p, *s;
	int fd, n;

	dir = smprint("./%s", name);
	s = malloc(Maxctl+1);
	if(dir == nil || s == nil)
		sysfatal("out of memory");
	p = strrchr(dir, '/');
	*p = 0;
	p = smprint("%s/ctl", name[0] == '/' || name[0] == '#' ? dir+2 : dir);
	free(dir);
	fd = open(p, ORDWR);
	if(fd < 0)
		fd = open(p, OREAD);
	free(p);
	n = fd < 0 ? -1 : readn(fd, s, Maxctl);
	if(n > 0){
		s[n] = 0;
		if(strncmp(s, "geometry ", 9) == 0 || strstr(s, "\ngeometry ") != nil){
			*text = s;
			return fd;
		}
	}
	if(fd >= 0)
		close(fd);
	free(s);
	return -1;
}

static void
parsectl(Disk *d, char *text)
{
	char *p, *e, *f[8], *base;
	vlong secs;
	int n, found;

	base = strrchr(d->name, '/');
	base = base != nil ? base+1 : d->name;
	found = 0;
	secs = 0;
	for(p = text; *p != 0; p = e){
		e = strchr(p, '\n');
		if(e != nil)
			*e++ = 0;
		else
			e = p+strlen(p);
		n = tokenize(p, f, nelem(f));
		if(n >= 3 && strcmp(f[0], "geometry") == 0){
			secs = atoll(f[1]);
			d->secsize = atoi(f[2]);
			if(n >= 6){
				d->heads = atoi(f[4]);
				d->sectors = atoi(f[5]);
			}
		}else if(n >= 4 && strcmp(f[0], "part") == 0 && strcmp(f[1], base) == 0){
			d->offset = atoll(f[2]);
			d->secs = atoll(f[3])-d->offset;
			found = 1;
		}
	}
	if(!found)
		d->secs = secs;
}

static int
sizeoffile(Disk *d)
{
	Dir *dir;

	dir = dirfstat(d->fd);
	if(dir == nil)
		return -1;
	if(dir->mode & DMDIR){
		free(dir);
		werrstr("file is a directory");
		return -1;
	}
	d->secs = dir->length/d->secsize;
	free(dir);
	return 0;
}

/*
 * Opens a disk for reading, and writing unless rdonly.  noctl takes it for a plain
 * file whatever is beside it.  nil: errstr says why.
 */
Disk*
opendisk(char *name, int rdonly, int noctl)
{
	Disk *d;
	char *text;

	d = mallocz(sizeof *d, 1);
	if(d == nil)
		return nil;
	d->rdonly = rdonly;
	d->secsize = 512;
	d->ctlfd = -1;
	d->name = strdup(name);
	d->fd = open(name, rdonly ? OREAD : ORDWR);
	if(d->fd < 0 || d->name == nil)
		goto Bad;
	text = nil;
	if(!noctl)
		d->ctlfd = openctl(name, &text);
	if(text != nil){
		parsectl(d, text);
		free(text);
	}else if(sizeoffile(d) < 0)
		goto Bad;
	if(d->heads <= 0 || d->heads > 255)
		d->heads = 255;
	if(d->sectors <= 0 || d->sectors > 63)
		d->sectors = 63;
	if(d->secsize < 512 || d->secsize > Maxsecsize || d->secsize & d->secsize-1){
		werrstr("sectors of %d bytes", d->secsize);
		goto Bad;
	}
	d->size = d->secs*d->secsize;
	return d;
Bad:
	if(d->fd >= 0)
		close(d->fd);
	free(d->name);
	free(d);
	return nil;
}

/* n whole sectors from sector sec; -1: errstr says why */
int
readsec(Disk *d, vlong sec, void *buf, long n)
{
	long got;

	if(sec < 0 || n < 0 || sec > d->secs || n > d->secs-sec){
		werrstr("sector %lld is outside of the disk", sec);
		return -1;
	}
	got = 0;
	n *= d->secsize;
	while(got < n){
		long m;

		m = pread(d->fd, (char*)buf+got, n-got, sec*d->secsize+got);
		if(m < 0)
			return -1;
		if(m == 0){
			werrstr("sector %lld: short read", sec+got/d->secsize);
			return -1;
		}
		got += m;
	}
	return 0;
}

int
writesec(Disk *d, vlong sec, void *buf, long n)
{
	if(sec < 0 || n < 0 || sec > d->secs || n > d->secs-sec){
		werrstr("sector %lld is outside of the disk", sec);
		return -1;
	}
	n *= d->secsize;
	if(pwrite(d->fd, buf, n, sec*d->secsize) != n)
		return -1;
	return 0;
}
