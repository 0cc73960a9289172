/*
 * A table of partitions in memory: what is where, what would overlap, and what
 * the kernel must be told of it through the unit's ctl file.
 */
#include <u.h>
#include <libc.h>
#include <disk.h>

Part*
newpart(char *name, vlong start, vlong end)
{
	Part *p;

	p = mallocz(sizeof *p, 1);
	if(p == nil)
		sysfatal("out of memory");
	strecpy(p->name, p->name+sizeof p->name, name);
	p->start = start;
	p->end = end;
	return p;
}

/* without any check: for what the disk's own table says */
void
insertpart(Edit *e, Part *p)
{
	Part **l;

	for(l = &e->parts; *l != nil && (*l)->start <= p->start; l = &(*l)->next)
		;
	p->next = *l;
	*l = p;
}

Part*
findpart(Edit *e, char *name)
{
	Part *p;

	for(p = e->parts; p != nil; p = p->next)
		if(strcmp(p->name, name) == 0)
			return p;
	return nil;
}

/* names are words of ctl messages and file names */
static char*
badname(char *s)
{
	if(*s == 0 || strlen(s) >= Partname)
		return "a name has 1 to 27 bytes";
	if(strcmp(s, "ctl") == 0 || strcmp(s, "data") == 0 || strcmp(s, "raw") == 0 || *s == '.')
		return "not a name for a partition";
	for(; *s != 0; s++)
		if((uchar)*s <= ' ' || *s == '/' || *s == 0x7F || *s == '\'')
			return "bad character in the name";
	return nil;
}

/* adds p; the error belongs to the caller's message and lives until the next call */
char*
addpart(Edit *e, Part *p)
{
	static char err[ERRMAX];
	Part *q;
	char *s;

	s = badname(p->name);
	if(s != nil)
		return s;
	if(findpart(e, p->name) != nil)
		return "there is a partition of that name";
	if(p->start >= p->end)
		return "the end must be beyond the start";
	if(p->start < e->lo || p->end > e->hi){
		snprint(err, sizeof err, "outside of sectors %lld to %lld", e->lo, e->hi);
		return err;
	}
	if(e->check != nil && (s = e->check(e, p)) != nil)
		return s;
	if(e->check == nil)
		for(q = e->parts; q != nil; q = q->next)
			if(p->start < q->end && q->start < p->end){
				snprint(err, sizeof err, "overlaps %s (%lld to %lld)", q->name, q->start, q->end);
				return err;
			}
	insertpart(e, p);
	e->changed = 1;
	return nil;
}

char*
delpart(Edit *e, Part *p)
{
	Part **l;
	char *s;

	if(e->delete != nil && (s = e->delete(e, p)) != nil)
		return s;
	for(l = &e->parts; *l != p; l = &(*l)->next)
		;
	*l = p->next;
	free(p);
	e->changed = 1;
	return nil;
}

static vlong
roundup(vlong n, int align)
{
	return align > 1 ? (n+align-1)/align*align : n;
}

/* the largest free range for a partition of that name, aligned at its start; 0 if all is taken */
int
largestgap(Edit *e, char *name, vlong *start, vlong *end)
{
	Part *p;
	vlong at, s, top, lo, hi;

	lo = e->lo;
	hi = e->hi;
	if(e->bounds != nil)
		e->bounds(e, name, &lo, &hi);
	*start = *end = 0;
	at = lo;
	for(p = e->parts;; p = p->next){
		if(p != nil && (p->end <= lo || p->start < lo && p->end >= hi))
			continue;	/* before, or what it is to be in */
		top = p != nil && p->start < hi ? p->start : hi;
		/* bounds says that something must be before it: also after others, then */
		s = roundup(at > lo && lo > e->lo ? at+1 : at, e->align);
		if(top-s > *end-*start){
			*start = s;
			*end = top;
		}
		if(p == nil || p->start >= hi)
			break;
		if(p->end > at)
			at = p->end;
	}
	return *end > *start;
}

static char*
sizetext(Edit *e, vlong n, char *buf, int nbuf)
{
	static char *units[] = {"B", "KB", "MB", "GB", "TB"};
	vlong scale, size;
	int u;

	size = n*e->disk->secsize;
	scale = 1;
	for(u = 0; u < nelem(units)-1 && size/scale >= 1024; u++)
		scale *= 1024;
	snprint(buf, nbuf, "%lld.%2.2lld %s", size/scale, size%scale*100/scale, units[u]);
	return buf;
}

static void
row(Edit *e, char *mark, char *name, vlong start, vlong end, char *what)
{
	char size[32];

	print("%-2s%-16s %12lld %12lld  (%lld sectors, %s)%s%s\n", mark, name, start, end, end-start,
		sizetext(e, end-start, size, sizeof size), *what != 0 ? " " : "", what);
}

void
printparts(Edit *e)
{
	Part *p;
	vlong at;
	char buf[64];

	at = e->lo;
	for(p = e->parts; p != nil; p = p->next){
		if(p->start > at)
			row(e, "", "empty", at, p->start, "");
		buf[0] = 0;
		if(e->describe != nil)
			e->describe(e, p, buf, sizeof buf);
		row(e, p->active ? "*" : "'", p->name, p->start, p->end, buf);
		if(p->end > at)
			at = p->end;
	}
	if(at < e->hi)
		row(e, "", "empty", at, e->hi, "");
}

static char*
nameinctl(Edit *e, Part *p, char *buf)
{
	if(e->ctlname != nil)
		return e->ctlname(e, p, buf);
	return p->name;
}

/* prints what makes the unit's partitions those of the table */
void
printctl(Edit *e, int fd)
{
	char buf[Partname], text[128], *name;
	Part *p;
	int n;

	for(p = e->parts; p != nil; p = p->next){
		name = nameinctl(e, p, buf);
		if(name == nil)
			continue;
		n = snprint(text, sizeof text, "part %s %lld %lld\n", name,
			p->start+e->disk->offset, p->end+e->disk->offset);
		write(fd, text, n);
	}
}

/* is there a partition that the kernel knows as this?  -1: with other bounds */
static int
known(Edit *e, char *name, vlong start, vlong end)
{
	char buf[Partname], *s;
	Part *p;

	for(p = e->parts; p != nil; p = p->next){
		s = nameinctl(e, p, buf);
		if(s == nil || strcmp(s, name) != 0)
			continue;
		return p->start+e->disk->offset == start && p->end+e->disk->offset == end ? 1 : -1;
	}
	return 0;
}

/* is [start, end) divided further out of a partition of the table?  That is another table's business */
static int
within(Edit *e, vlong start, vlong end)
{
	char buf[Partname];
	Part *p;

	for(p = e->parts; p != nil; p = p->next)
		if(nameinctl(e, p, buf) != nil && start >= p->start+e->disk->offset && end <= p->end+e->disk->offset)
			return 1;
	return 0;
}

/*
 * Makes the kernel forget partitions inside of the table's reach that the table
 * does not have, and learn the others.
 */
char*
updatectl(Edit *e)
{
	static char err[ERRMAX];
	char text[16*1024], cmd[128], buf[Partname], *p, *next, *f[5], *name;
	vlong start, end, lo, hi;
	Part *q;
	int n;

	if(e->disk->ctlfd < 0)
		return nil;
	n = pread(e->disk->ctlfd, text, sizeof text-1, 0);
	if(n < 0)
		n = 0;
	text[n] = 0;
	lo = e->disk->offset;
	hi = lo+e->disk->secs;
	for(p = text; *p != 0; p = next){
		next = strchr(p, '\n');
		if(next != nil)
			*next++ = 0;
		else
			next = p+strlen(p);
		if(tokenize(p, f, nelem(f)) != 4 || strcmp(f[0], "part") != 0 || strcmp(f[1], "data") == 0)
			continue;
		start = atoll(f[2]);
		end = atoll(f[3]);
		n = known(e, f[1], start, end);
		if(n == 1 || n == 0 && (start < lo || end > hi || start == lo && end == hi || within(e, start, end)))
			continue;
		n = snprint(cmd, sizeof cmd, "delpart %s", f[1]);
		if(write(e->disk->ctlfd, cmd, n) != n){
			snprint(err, sizeof err, "%s: %r", cmd);
			return err;
		}
	}
	for(q = e->parts; q != nil; q = q->next){
		name = nameinctl(e, q, buf);
		if(name == nil)
			continue;
		n = snprint(cmd, sizeof cmd, "part %s %lld %lld", name, q->start+lo, q->end+lo);
		if(write(e->disk->ctlfd, cmd, n) != n){
			snprint(err, sizeof err, "%s: %r", cmd);
			return err;
		}
	}
	return nil;
}
