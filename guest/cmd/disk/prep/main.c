/*
 * prep: reads and edits Plan 9's own table, which divides a Plan 9 partition or a
 * whole disk.  It is text in sector 1: lines "part name start end", sectors
 * counted from the partition's start, zeros behind.  Disks of old have it in one
 * of their last two sectors, after a line "plan9 partitions" and without the
 * word part; that form is read, and replaced when the table is written.
 */
#include <u.h>
#include <libc.h>
#include <disk.h>

typedef struct Auto Auto;

enum
{
	Tabbytes	= 512,
	Tabsec		= 1,
};

/* how -a shares what is free: at least min, at most max MB, by weight between them */
struct Auto
{
	char	*name;
	vlong	min;			/* bytes */
	vlong	max;			/* 0: no bound */
	int	weight;
	int	taken;			/* -a names it */
	vlong	size;
};

#define MB	(1024*1024LL)

static char	magic[] = "plan9 partitions\n";
static uchar	sec[Maxsecsize];

/* in the order in which they come on the disk */
static Auto autos[] = {
	{"9fat",	10*MB,	100*MB,	10},
	{"nvram",	512,	512,	0},
	{"fscfg",	1*MB,	1*MB,	0},
	{"fossil",	20*MB,	0,	10},
	{"fs",		20*MB,	0,	10},
	{"other",	20*MB,	0,	10},
	{"isect",	2*MB,	0,	5},
	{"bloom",	1*MB,	512*MB,	1},
	{"arenas",	20*MB,	0,	50},
	{"cache",	5*MB,	0,	5},
	{"swap",	10*MB,	512*MB,	10},
};

/* a decimal number that is all of s; -1 if it is not */
static vlong
number(char *s)
{
	vlong n;

	if(*s == 0)
		return -1;
	for(n = 0; *s >= '0' && *s <= '9'; s++){
		if(n > 1LL<<56)
			return -1;
		n = n*10 + *s-'0';
	}
	return *s == 0 ? n : -1;
}

/* one line of the table, without the word part; 0 if the table ends here */
static int
addline(Edit *e, char *line)
{
	char *f[4], *err;
	vlong start, end;
	Part *p;
	int n;

	n = tokenize(line, f, nelem(f));
	if(n == 0)
		return 0;
	start = n == 3 ? number(f[1]) : -1;
	end = n == 3 ? number(f[2]) : -1;
	if(start < 0 || end < 0 || strlen(f[0]) >= Partname){
		editwarn(e, "bad line in the table: %.40s", f[0]);
		return 0;
	}
	p = newpart(f[0], start, end);
	err = addpart(e, p);
	if(err != nil){
		editwarn(e, "%s (%lld to %lld): %s", f[0], start, end, err);
		free(p);
	}
	return 1;
}

static void
addlines(Edit *e, char *text, char *prefix)
{
	char *p, *next;

	for(p = text; *p != 0; p = next){
		next = strchr(p, '\n');
		if(next == nil){
			editwarn(e, "the table's last line has no end");
			return;
		}
		*next++ = 0;
		if(strncmp(p, prefix, strlen(prefix)) != 0)
			break;
		if(!addline(e, p+strlen(prefix)))
			break;
	}
}

/* the parts of e from its disk; a disk without a table has none */
static void
readtable(Edit *e)
{
	vlong i;

	if(e->disk->secs <= Tabsec)
		sysfatal("%s: too small for a table", e->disk->name);
	if(hasgpt(e->disk)){
		if(!e->print)
			editwarn(e, "the disk has a GUID partition table (GPT); its partitions are what prep divides");
		return;
	}
	if(readsec(e->disk, Tabsec, sec, 1) < 0)
		sysfatal("%s: %r", e->disk->name);
	sec[Tabbytes < e->disk->secsize ? Tabbytes : e->disk->secsize-1] = 0;
	if(strncmp((char*)sec, "part ", 5) == 0)
		addlines(e, (char*)sec, "part ");
	else
		for(i = e->disk->secs-1; i >= e->disk->secs-2 && i > Tabsec; i--){
			if(readsec(e->disk, i, sec, 1) < 0)
				break;
			sec[e->disk->secsize-1] = 0;
			if(strncmp((char*)sec, magic, sizeof magic-1) == 0){
				addlines(e, (char*)sec+sizeof magic-1, "");
				break;
			}
		}
}

/*
 * A partition may begin at sector 0, as 9fat does, whose file system leaves the
 * table's sector alone; any other must not hold it.
 */
static char*
check(Edit *e, Part *p)
{
	static char err[ERRMAX];
	Part *q;

	for(q = e->parts; q != nil; q = q->next)
		if(p->start < q->end && q->start < p->end){
			snprint(err, sizeof err, "overlaps %s (%lld to %lld)", q->name, q->start, q->end);
			return err;
		}
	if(p->start == Tabsec || p->start == 0 && p->end <= Tabsec+1)
		return "sector 1 is the table's";
	return nil;
}

static char*
writetable(Edit *e)
{
	static char err[ERRMAX], buf[Maxsecsize+1];
	char *s;
	vlong i;
	Part *p;

	if(e->damaged)
		return "the table on the disk is damaged (see above); start anew with -b";
	if((s = editgpt(e)) != nil)
		return s;
	memset(buf, 0, sizeof buf);
	s = buf;
	for(p = e->parts; p != nil; p = p->next)
		s = seprint(s, buf+sizeof buf, "part %s %lld %lld\n", p->name, p->start, p->end);
	if(s-buf > Tabbytes)
		return "the table does not fit into 512 bytes; use fewer partitions or shorter names";
	if(writesec(e->disk, Tabsec, buf, 1) < 0){
		snprint(err, sizeof err, "can't write the table: %r");
		return err;
	}
	/* an old table would be found again should this one become empty */
	for(i = e->disk->secs-1; i >= e->disk->secs-2 && i > Tabsec; i--)
		if(readsec(e->disk, i, sec, 1) == 0 && memcmp(sec, magic, sizeof magic-1) == 0){
			memset(sec, 0, sizeof magic);
			if(writesec(e->disk, i, sec, 1) < 0){
				snprint(err, sizeof err, "can't remove the old table: %r");
				return err;
			}
		}
	return nil;
}

static void
describe(Edit*, Part *p, char *buf, int nbuf)
{
	buf[0] = 0;
	if(p->start == 0)
		snprint(buf, nbuf, "(holds the table)");
}

static Auto*
findauto(char *name)
{
	int i;

	for(i = 0; i < nelem(autos); i++)
		if(strcmp(autos[i].name, name) == 0)
			return &autos[i];
	return nil;
}

/*
 * Gives every wanted name its minimum, then shares what is left by weight; who
 * reaches its maximum leaves the rest to the others.
 */
static void
sizes(vlong room)
{
	vlong left, share;
	int i, weight, full;

	left = room;
	for(i = 0; i < nelem(autos); i++)
		if(autos[i].taken){
			autos[i].size = autos[i].min;
			left -= autos[i].min;
		}
	if(left < 0)
		sysfatal("not enough room: %lld MB are missing", (-left+MB-1)/MB);
	do{
		full = weight = 0;
		for(i = 0; i < nelem(autos); i++)
			if(autos[i].taken && (autos[i].max == 0 || autos[i].size < autos[i].max))
				weight += autos[i].weight;
		room = left;
		for(i = 0; i < nelem(autos) && weight > 0; i++){
			if(!autos[i].taken || autos[i].weight == 0 || autos[i].max != 0 && autos[i].size >= autos[i].max)
				continue;
			share = room/weight*autos[i].weight;
			if(autos[i].max != 0 && autos[i].size+share >= autos[i].max){
				share = autos[i].max-autos[i].size;
				full = 1;
			}
			autos[i].size += share;
			left -= share;
		}
	}while(full && left >= MB);
}

/* -a: the named partitions in the largest free range */
static void
autoparts(Edit *e)
{
	vlong start, end, n;
	char *err;
	Part *p;
	int i;

	if(e->parts != nil){
		fprint(2, "%s: there are partitions already; -a leaves them alone\n", argv0);
		return;
	}
	largestgap(e, "", &start, &end);
	if(!findauto("9fat")->taken)
		start = Tabsec+1;	/* after the table */
	sizes((end-start-nelem(autos))*e->disk->secsize);
	for(i = 0; i < nelem(autos); i++){
		if(!autos[i].taken)
			continue;
		n = (autos[i].size+e->disk->secsize-1)/e->disk->secsize;
		p = newpart(autos[i].name, start, start+n);
		err = addpart(e, p);
		if(err != nil)
			sysfatal("%s: %s", autos[i].name, err);
		start += n;
	}
}

static Edit edit = {
	.usage = "disk/prep [-bfgprw] [-a name]... [-s sectorsize] plan9partition",
	.check = check,
	.describe = describe,
	.read = readtable,
	.write = writetable,
};

void
main(int argc, char **argv)
{
	char *name;
	Auto *a;

	ARGBEGIN{
	case 'a':
		name = EARGF(editusage(&edit));
		a = findauto(name);
		if(a == nil)
			sysfatal("-a %s: no size is known for that name; use the command a", name);
		a->taken = 1;
		edit.autoparts = autoparts;
		break;
	case 's':
		edit.secsize = atoi(EARGF(editusage(&edit)));
		break;
	default:
		editflag(&edit, ARGC());
	}ARGEND
	editmain(&edit, argc, argv, "prep");
}
