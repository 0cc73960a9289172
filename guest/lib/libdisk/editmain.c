/*
 * What fdisk and prep do around their tables: the options that both
 * have, opening the disk, and printing, writing or editing as the options say.
 */
#include <u.h>
#include <libc.h>
#include <disk.h>

void
editusage(Edit *e)
{
	fprint(2, "usage: %s\n", e->usage);
	exits("usage");
}

/* takes an option of both.  -s has a value, which the program puts into e->secsize */
void
editflag(Edit *e, int c)
{
	switch(c){
	case 'b':
		e->blank = 1;
		break;
	case 'f':
		e->force = 1;
		break;
	case 'g':
		e->overgpt = 1;
		break;
	case 'p':
		e->print = 1;
		break;
	case 'r':
		e->rdonly = 1;
		break;
	case 'w':
		e->now = 1;
		break;
	default:
		editusage(e);
	}
}

/* opens the disk as the options say; partitions may be anywhere on it */
static void
editopen(Edit *e, char *name)
{
	e->disk = opendisk(name, e->rdonly || e->print, e->force);
	if(e->disk == nil)
		sysfatal("%s: %r", name);
	if(e->secsize != 0){
		if(e->secsize < 512 || e->secsize > Maxsecsize || e->secsize & e->secsize-1)
			sysfatal("-s %d: a sector has 512, 1024, ... bytes", e->secsize);
		e->disk->secsize = e->secsize;
		e->disk->secs = e->disk->size/e->secsize;
	}
	e->lo = 0;
	e->hi = e->disk->secs;
	e->align = 1;
}

char	gptmagic[] = "EFI PART";

/* is there the header of a GUID partition table? */
int
hasgpt(Disk *d)
{
	static uchar s[Maxsecsize];

	return d->offset == 0 && d->secs > 2 && readsec(d, 1, s, 1) == 0 && memcmp(s, gptmagic, 8) == 0;
}

/*
 * Before a table is written that a disk with a GUID table would lose that by: only if the options say so, and then its
 * two headers go, so that nobody finds both.
 */
char*
editgpt(Edit *e)
{
	static uchar s[Maxsecsize];
	static char err[ERRMAX];
	vlong sec[2];
	int i;

	if(e->disk->offset != 0 || e->disk->secs <= 2)
		return nil;
	sec[0] = e->disk->secs-1;
	sec[1] = 1;
	for(i = 0; i < nelem(sec); i++){
		if(readsec(e->disk, sec[i], s, 1) < 0 || memcmp(s, gptmagic, 8) != 0)
			continue;
		if(!e->overgpt)
			return "the disk has a GUID partition table (GPT), which is not written over but with -g";
		memset(s, 0, e->disk->secsize);
		if(writesec(e->disk, sec[i], s, 1) < 0){
			snprint(err, sizeof err, "can't remove the GUID partition table: %r");
			return err;
		}
	}
	return nil;
}

/* about the table as it is read, which then is not to be written; but one that -b forgets is nobody's concern */
void
editwarn(Edit *e, char *fmt, ...)
{
	char buf[256];
	va_list arg;

	if(e->blank)
		return;
	va_start(arg, fmt);
	vseprint(buf, buf+sizeof buf, fmt, arg);
	va_end(arg);
	fprint(2, "%s: %s\n", argv0, buf);
	e->damaged = 1;
}

/*
 * The rest of main, behind the options: reads the table, unless it is to be forgotten; makes partitions if
 * e->autoparts is set; and does what the options say, or what commands do.  Does not return.
 */
void
editmain(Edit *e, int argc, char **argv, char *name)
{
	char *err;

	if(argc != 1)
		editusage(e);
	argv0 = name;
	editopen(e, argv[0]);
	e->read(e);
	if(e->blank)
		e->parts = nil;
	e->changed = e->blank;
	if(e->autoparts != nil)
		e->autoparts(e);
	if(e->print){
		printctl(e, 1);
		exits(nil);
	}
	if(e->now){
		err = writeparts(e);
		if(err != nil)
			sysfatal("%s: %s", e->disk->name, err);
		exits(nil);
	}
	printparts(e);
	editloop(e);
}
