/*
 * Where the program of a distribution's file server is: in the root archive; in a directory that the host shares and that is
 * such a distribution's tree; in a kernel on the same disk, since that has to begin somewhere, too; or on a CD-ROM.
 */
#include <u.h>
#include <libc.h>
#include "boot.h"

enum
{
	Maxdepth	= 6,
	Minkernel	= 64*1024,	/* bytes: below, a file carries no file system to boot from */
};

static char	*foreign;		/* what the program was that we found, if it is not for our kind of machine */

static int
isprogram(char *file)
{
	char *what;

	if(access(file, AEXEC) < 0)
		return 0;
	what = stranger(file);
	if(what != nil)
		foreign = what;
	return what == nil;
}

/* the program's file below dir, nil if it is not there */
static char*
programin(char *dir, Server *s)
{
	char *file;
	int i;

	for(i = 0; i < nelem(s->files) && s->files[i] != nil; i++){
		file = smprint("%s%s", dir, s->files[i]);
		if(isprogram(file))
			return file;
		free(file);
	}
	return nil;
}

/* The program of that name somewhere below dir; nil if there is none. */
static char*
search(char *dir, char *name, int depth)
{
	char *file, *found;
	Dir *d;
	int i, n;

	n = entries(dir, &d);
	found = nil;
	for(i = 0; i < n && found == nil; i++){
		file = smprint("%s/%s", dir, d[i].name);
		if(d[i].mode & DMDIR)
			found = depth > 0 ? search(file, name, depth-1) : nil;
		else if(strcmp(d[i].name, name) == 0 && isprogram(file)){
			found = file;
			break;
		}
		free(file);
	}
	free(d);
	return found;
}

/*
 * the program's file in the tree on a connection, which is then mounted on /mnt: where it usually is, or, in a small
 * tree, wherever; nil if it is not there
 */
static char*
programon(int fd, Server *s, int small)
{
	char *file;

	if(fd < 0)
		return nil;
	if(mount(fd, -1, "/mnt", MREPL, "") < 0){
		close(fd);
		return nil;
	}
	file = programin("/mnt", s);
	if(file == nil && small)
		file = search("/mnt", lastname(s->files[0]), Maxdepth);
	if(file == nil)
		unmount(nil, "/mnt");
	return file;
}

/* in a directory that the host shares */
static char*
shared(Server *s)
{
	char *file, *name;
	Dir *d;
	int i, n;

	n = entries("#h", &d);
	file = nil;
	for(i = 0; i < n && file == nil; i++)
		if(d[i].name[0] != '.'){
			name = smprint("#h/%s", d[i].name);
			file = programon(open(name, ORDWR), s, 0);
			free(name);
		}
	free(d);
	return file;
}

/* on a CD-ROM, which may be what the disk was installed from */
static char*
oncd(Server *s)
{
	char *part[Maxpart], *file;
	Server *cd;
	int i, n;

	file = nil;
	n = partitions(part, nelem(part));
	for(i = 0; i < n; i++){
		cd = file == nil ? findserver(part[i]) : nil;
		if(cd != nil && strcmp(lastname(cd->files[0]), "9660srv") == 0)
			file = programon(serve(part[i], cd), s, 0);
		free(part[i]);
	}
	return file;
}

/* in the boot file system, or among the programs, that a kernel carries */
static char*
carried(char *kernel, Server *s)
{
	char *argv[] = {"paqfs", "-qi", kernel, nil}, *file;

	file = programon(start("/386/bin/paqfs", argv, Piped, nil, nil), s, 1);
	if(file == nil && s->sign != nil)
		file = carve(kernel, lastname(s->files[0]), s->sign);
	return file;
}

/* in a kernel, or in a boot file system that lies beside it, in 9fat of the same disk */
static char*
inkernel(char *part, Server *s)
{
	char *kernel, *file;
	Dir *d;
	int i, n;

	if(!mount9fat(part, "/n"))
		return nil;
	n = entries("/n", &d);
	file = nil;
	for(i = 0; i < n && file == nil; i++)
		if(!(d[i].mode & DMDIR) && d[i].length >= Minkernel){
			kernel = smprint("/n/%s", d[i].name);
			file = carried(kernel, s);
			free(kernel);
		}
	free(d);
	unmount(nil, "/n");
	return file;
}

/* the program's file: in the root archive, or in a tree that is then mounted on /mnt until leaveprog */
char*
findprog(char *part, Server *s)
{
	char *file;

	file = programin("", s);
	if(file != nil || isours(s))
		return file;
	file = shared(s);
	if(file == nil)
		file = inkernel(part, s);
	if(file == nil)
		file = oncd(s);
	return file;
}

/* There is no such program: the end, with what the user can do. */
void
noprog(char *part, Server *s)
{
	char *name;

	name = lastname(s->files[0]);
	if(foreign != nil)
		fail(smprint("%s: needs %s; the disk's is %s, and not for 386: -s DIR, where DIR is a 386's tree", part, name, foreign));
	fail(smprint("%s: needs %s, which is a distribution's: -s DIR, where DIR is its tree, or its CD-ROM by -d", part, name));
}

void
leaveprog(char *file)
{
	if(strncmp(file, "/mnt/", 5) == 0)
		unmount(nil, "/mnt");
}
