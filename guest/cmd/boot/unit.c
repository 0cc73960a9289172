/*
 * The configuration of a file server lies on its own disk, and names partitions as they were called where it was
 * written: fossil's and cwfs's have /dev/sdC0/fscache and the like.  Such a disk is shown to its server by that name, too.
 */
#include <u.h>
#include <libc.h>
#include "boot.h"

enum
{
	Conflen	= 256*1024,	/* where it is: in cwfs's first block, 127 KiB into fossil's partition */
	Unitlen	= 4,		/* of sdC0 */
};

static char	units[] = "#//boot/units";

static int
isletter(int c)
{
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z';
}

/* Does buf, at p, name that partition of any unit? */
static int
names(char *p, char *end, char *part)
{
	int n;

	n = strlen(part);
	return end-p > Unitlen+1+n && strncmp(p, "sd", 2) == 0 && isletter(p[2]) && isletter(p[3]) && p[Unitlen] == '/'
		&& strncmp(p+Unitlen+1, part, n) == 0 && !isletter(p[Unitlen+1+n]);
}

/*
 * The unit by which the configuration on the partition calls its own disk, in the heap, if nothing has that name here; else nil.
 * There is then a directory of that name for showunit.
 */
char*
unitname(char *part)
{
	static char dev[] = "/dev/";
	char *buf, *p, *end, *last, *name, *file;
	int fd, n;

	buf = malloc(Conflen);
	fd = open(part, OREAD);
	n = fd < 0 || buf == nil ? 0 : readn(fd, buf, Conflen);
	close(fd);
	last = strrchr(part, '/')+1;
	name = nil;
	end = buf+n;
	for(p = buf; p != nil && name == nil && (p = memchr(p, '/', end-p)) != nil; p++)
		if(end-p > sizeof dev && strncmp(p, dev, sizeof dev-1) == 0 && names(p+sizeof dev-1, end, last))
			name = smprint("%.*s", Unitlen, p+sizeof dev-1);
	free(buf);
	if(name == nil)
		return nil;
	file = smprint("#S/%s", name);
	n = access(file, AEXIST);
	free(file);
	if(n == 0){
		free(name);
		return nil;
	}
	close(create(units, OREAD, DMDIR|0555));
	file = smprint("%s/%s", units, name);
	close(create(file, OREAD, DMDIR|0555));
	free(file);
	return name;
}

/* Show the disk of the partition in /dev by that name, too. */
void
showunit(char *part, char *name)
{
	char *unit, *old;

	unit = smprint("%.*s", (int)(strrchr(part, '/')-part), part);
	old = smprint("/dev/%s", name);
	if(bind(units, "/dev", MAFTER) < 0 || bind(unit, old, MREPL) < 0)
		fprint(2, "boot: can't show %s at %s: %r\n", unit, old);
}
