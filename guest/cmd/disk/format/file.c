/*
 * The files that format puts into a new file system's root: one after the other,
 * each in one run of clusters, as boot loaders like it.
 */
#include <u.h>
#include <libc.h>
#include <disk.h>
#include "format.h"

enum
{
	Aarchive	= 0x20,
	Avolume		= 0x08,
};

/* FAT entry n becomes v */
void
setentry(Fat *f, ulong n, ulong v)
{
	uchar *p;

	switch(f->bits){
	case 12:
		p = f->table+n*3/2;
		if(n & 1){
			p[0] = p[0]&0x0F | v<<4;
			p[1] = v>>4;
		}else{
			p[0] = v;
			p[1] = p[1]&0xF0 | v>>8&0x0F;
		}
		break;
	case 16:
		put2(f->table+n*2, v);
		break;
	case 32:
		put4(f->table+n*4, v & 0x0FFFFFFF);
		break;
	}
}

static void
settime(uchar *d, long t)
{
	Tm *tm;
	uint date;

	tm = localtime(t);
	if(tm->year < 80)
		return;
	date = tm->year-80<<9 | tm->mon+1<<5 | tm->mday;
	put2(d+22, tm->hour<<11 | tm->min<<5 | tm->sec/2);
	put2(d+24, date);
	put2(d+18, date);
}

static uchar*
newentry(Fat *f, char *name, int attr, long t)
{
	uchar *d;

	if((f->nroot+1)*32 > f->rootbytes)
		return nil;
	d = f->root+32*f->nroot++;
	memset(d, 0, 32);
	memmove(d, name, 11);
	d[11] = attr;
	settime(d, t);
	return d;
}

void
setlabel(Fat *f)
{
	if(f->label[0] != 0)
		newentry(f, f->label, Avolume, time(nil));
}

/* the last element of path as 11 bytes, blank filled; 0 if it is no such name */
static int
shortname(char *path, char *name)
{
	char *s, *p;
	int i, c;

	s = strrchr(path, '/');
	s = s != nil ? s+1 : path;
	memset(name, ' ', 11);
	i = 0;
	for(p = s; *p != 0; p++){
		c = *p;
		if(c == '.' && i <= 8 && p != s && strchr(p+1, '.') == nil){
			i = 8;
			continue;
		}
		if(c >= 'a' && c <= 'z')
			c += 'A'-'a';
		if((uchar)c <= ' ' || (uchar)c > '~' || strchr("\"*+,./:;<=>?[\\]|", c) != nil)
			return 0;
		if(i == 11 || i == 8 && strchr(s, '.') == nil || i == 8 && p[-1] != '.')
			return 0;
		name[i++] = c;
	}
	return name[0] != ' ';
}

static char*
copy(Fat *f, int fd, vlong len)
{
	static char err[ERRMAX];
	uchar *buf;
	long n, cbytes;
	vlong sec;

	cbytes = f->csecs*f->disk->secsize;
	buf = malloc(cbytes);
	if(buf == nil)
		return "out of memory";
	while(len > 0){
		n = readn(fd, buf, len < cbytes ? len : cbytes);
		if(n <= 0 || n < cbytes && n < len){
			free(buf);
			return n < 0 ? "read error" : "the file became shorter while it was copied";
		}
		memset(buf+n, 0, cbytes-n);
		sec = f->data+(vlong)(f->next-2)*f->csecs;
		if(writesec(f->disk, sec, buf, f->csecs) < 0){
			free(buf);
			snprint(err, sizeof err, "can't write sector %lld: %r", sec);
			return err;
		}
		len -= n;
		setentry(f, f->next, len > 0 ? f->next+1 : 0x0FFFFFFF);
		f->next++;
	}
	free(buf);
	return nil;
}

/* copies a file into the root */
char*
addfile(Fat *f, char *path)
{
	char name[11], *err;
	ulong first;
	uchar *d;
	Dir *dir;
	int fd, i;

	if(!shortname(path, name))
		return "not a name of 8 and 3 characters; dossrv can copy it";
	for(i = 0; i < f->nroot; i++)
		if(memcmp(f->root+32*i, name, 11) == 0)
			return "there is a file of that name";
	fd = open(path, OREAD);
	dir = fd < 0 ? nil : dirfstat(fd);
	if(dir == nil){
		close(fd);
		return "can't open it";
	}
	err = nil;
	if(dir->mode & DMDIR)
		err = "is a directory";
	else if(dir->length > (f->nclust-(f->next-2))*f->csecs*f->disk->secsize || dir->length > 0xFFFFFFFFLL)
		err = "no room for it";
	first = f->next;
	if(err == nil)
		err = copy(f, fd, dir->length);
	if(err == nil && (d = newentry(f, name, Aarchive, dir->mtime)) == nil)
		err = "the root directory is full";
	else if(err == nil && dir->length > 0){
		put2(d+20, f->bits == 32 ? first>>16 : 0);
		put2(d+26, first);
		put4(d+28, dir->length);
	}
	free(dir);
	close(fd);
	return err;
}
