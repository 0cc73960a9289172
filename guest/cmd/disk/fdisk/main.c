/*
 * fdisk: reads and edits the partition table that PCs share, the MBR, and reads GUID tables.  prep edits
 * what is inside of a partition of Plan 9's.
 */
#include <u.h>
#include <libc.h>
#include <disk.h>
#include "fdisk.h"

static char help[] =
	"Names are p1 to p4, and s1 on in the extended partition.  Commands of fdisk alone:\n"
	"A name			make it the active one, that old boot code starts\n"
	"t name type		set its type, by name or number\n"
	"t			print the types\n";

/* the place in the table that a name means: 0 for logical ones; -1 for none */
static int
slotof(char *name)
{
	char *s;

	if(name[0] == 'p' && name[1] >= '1' && name[1] <= '4' && name[2] == 0)
		return name[1]-'0';
	if(name[0] != 's' || name[1] < '1' || name[1] > '9')
		return -1;
	for(s = name+1; *s != 0; s++)
		if(*s < '0' || *s > '9')
			return -1;
	return 0;
}

/* logical ones are in the extended partition, each behind a table of its own */
static void
bounds(Edit *e, char *name, vlong *lo, vlong *hi)
{
	Part *x;

	x = extended(e);
	if(slotof(name) != 0 || x == nil)
		return;
	*lo = x->start+1;
	*hi = x->end;
}

static char*
check(Edit *e, Part *p)
{
	static char err[ERRMAX];
	Part *q, *x;

	p->slot = slotof(p->name);
	if(p->slot < 0)
		return "names are p1 to p4, and s1 on in the extended partition";
	if(p->end-p->start > 0xFFFFFFFFLL || p->start > 0xFFFFFFFFLL)
		return "the table has no room for numbers of more than 32 bits";
	p->type = Tplan9;
	x = extended(e);
	if(p->slot == 0){
		if(x == nil)
			return "there is no extended partition for it; t makes one";
		if(p->start <= x->start || p->end > x->end){
			snprint(err, sizeof err, "outside of the extended partition (%lld to %lld)", x->start, x->end);
			return err;
		}
	}
	for(q = e->parts; q != nil; q = q->next)
		if(p->start < q->end && q->start < p->end && !(p->slot == 0 && q == x)){
			snprint(err, sizeof err, "overlaps %s (%lld to %lld)", q->name, q->start, q->end);
			return err;
		}
	if(p->slot == 0){
		for(q = e->parts; q != nil; q = q->next)
			if(q->slot == 0 && q->ebr >= p->start && q->ebr < p->end){
				snprint(err, sizeof err, "overlaps the table of %s in sector %lld", q->name, q->ebr);
				return err;
			}
		return placetable(e, p);
	}
	return nil;
}

static char*
candelete(Edit *e, Part *p)
{
	Part *q;

	if(isextended(p->type))
		for(q = e->parts; q != nil; q = q->next)
			if(q->slot == 0)
				return "there are partitions in it";
	return nil;
}

static char*
settype(Edit *e, Part *p, char *s)
{
	int code;

	code = typecode(s);
	if(code <= 0)
		return "unknown type; t alone prints those with names";
	if(code == Tgpt)
		return "fdisk makes no GUID partition tables";
	if(isextended(code) && !isextended(p->type)){
		if(p->slot == 0)
			return "a logical partition cannot be the extended one";
		if(extended(e) != nil)
			return "there is an extended partition already";
	}
	if(isextended(p->type) && !isextended(code) && candelete(e, p) != nil)
		return "there are partitions in it";
	p->type = code;
	e->changed = 1;
	return nil;
}

static char*
activate(Edit *e, Part *p)
{
	Part *q;

	if(p->slot == 0)
		return "only a primary partition can be active";
	for(q = e->parts; q != nil; q = q->next)
		q->active = q == p;
	e->changed = 1;
	return nil;
}

static int	gpt;		/* the table is one of those */

static char*
command(Edit *e, int n, char **f)
{
	Part *p;

	if(strcmp(f[0], "t") == 0 && n == 1){
		printtypes();
		return nil;
	}
	if(strcmp(f[0], "t") != 0 && strcmp(f[0], "A") != 0)
		return "unknown command; h lists them";
	if(n != (f[0][0] == 't' ? 3 : 2))
		return f[0][0] == 't' ? "usage: t name type" : "usage: A name";
	p = findpart(e, f[1]);
	if(p == nil)
		return "no such partition";
	if(gpt)
		return refusegpt(e, p);
	return f[0][0] == 't' ? settype(e, p, f[2]) : activate(e, p);
}

/* the first of a kind has the kind's name, the next has .1 behind it */
static char*
ctlname(Edit *e, Part *p, char *buf)
{
	Type *t, *u;
	Part *q;
	int n;

	if(isextended(p->type) || p->type == Tgpt)
		return nil;
	t = p->type != Tempty ? findtype(p->type) : nil;
	if(t == nil || t->name == nil)
		return p->name;
	n = 0;
	for(q = e->parts; q != p; q = q->next){
		u = findtype(q->type);
		if(u != nil && u->name != nil && strcmp(u->name, t->name) == 0)
			n++;
	}
	if(n == 0)
		return t->name;
	snprint(buf, Partname, "%s.%d", t->name, n);
	return buf;
}

static void
describe(Edit *e, Part *p, char *buf, int nbuf)
{
	char name[Partname], *s;
	Type *t;

	t = findtype(p->type);
	if(gpt){
		describegpt(p, buf, nbuf);
		s = buf+strlen(buf);
	}else if(t != nil)
		s = seprint(buf, buf+nbuf, "%s", t->desc);
	else
		s = seprint(buf, buf+nbuf, "type 0x%2.2x", p->type);
	if(ctlname(e, p, name) != nil)
		seprint(s, buf+nbuf, " %s", ctlname(e, p, name));
}

/* -a: a partition for Plan 9, if there is none and there is room */
static void
autopart(Edit *e)
{
	Part *p;
	vlong start, end;
	char name[8], *err;
	int i;

	for(p = e->parts; p != nil; p = p->next)
		if(p->type == Tplan9){
			fprint(2, "%s: there is a Plan 9 partition already\n", argv0);
			return;
		}
	if(!largestgap(e, "p1", &start, &end)){
		fprint(2, "%s: no room for a Plan 9 partition\n", argv0);
		exits("no room");
	}
	for(i = 1; i <= Nprimary; i++){
		snprint(name, sizeof name, "p%d", i);
		if(findpart(e, name) == nil)
			break;
	}
	p = newpart(name, start, end);
	err = i > Nprimary ? "all four primary partitions are taken" : addpart(e, p);
	if(err != nil){
		fprint(2, "%s: %s\n", argv0, err);
		exits("no room");
	}
	activate(e, p);
}

static void
readany(Edit *e)
{
	if(e->disk->offset != 0)
		fprint(2, "fdisk: warning: %s is itself a partition\n", e->disk->name);
	e->lo = 1;
	e->align = e->disk->secs >= 4*Align ? Align : 1;
	e->dot = e->align;
	gpt = readtable(e) && !e->blank;
	if(gpt){
		readgpt(e);
		e->check = refusegpt;
		e->delete = refusegpt;
		e->write = keepgpt;
	}
}

static Edit edit = {
	.usage = "disk/fdisk [-abfgprw] [-s sectorsize] disk",
	.help = help,
	.bounds = bounds,
	.check = check,
	.delete = candelete,
	.command = command,
	.ctlname = ctlname,
	.describe = describe,
	.read = readany,
	.write = writetable,
};

void
main(int argc, char **argv)
{
	ARGBEGIN{
	case 'a':
		edit.autoparts = autopart;
		break;
	case 's':
		edit.secsize = atoi(EARGF(editusage(&edit)));
		break;
	default:
		editflag(&edit, ARGC());
	}ARGEND
	editmain(&edit, argc, argv, "fdisk");
}
