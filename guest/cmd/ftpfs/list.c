/*
 * Lines of listings: of MLSD, whose format is RFC 3659's, and of LIST, which has none:
 * as ls -l of Unix prints it, or as DOS does.  What makes no sense is passed over.
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <9p.h>
#include "ftpfs.h"

static char	*months[] = { "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec" };

/* n digits as a number; -1 */
static int
number(char *s, int n)
{
	int v;

	for(v = 0; n > 0; n--, s++){
		if(*s < '0' || *s > '9')
			return -1;
		v = v*10 + *s-'0';
	}
	return v;
}

static int
digitsonly(char *s)
{
	return *s != '\0' && strspn(s, "0123456789") == strlen(s);
}

/* a size, cut to what a file can have */
static vlong
size(char *s)
{
	vlong v;

	if(!digitsonly(s) || strlen(s) > 18)
		return -1;
	v = strtoll(s, nil, 10);
	return v;
}

static ulong
seconds(int year, int mon, int day, int hour, int min, int sec)
{
	Tm tm;

	if(year < 1970 || year > 2100 || mon < 0 || mon > 11 || day < 1 || day > 31 || hour < 0 || hour > 23 || min < 0 || min > 59
	|| sec < 0 || sec > 60)
		return 0;
	memset(&tm, 0, sizeof tm);
	tm.year = year-1900;
	tm.mon = mon;
	tm.mday = day;
	tm.hour = hour;
	tm.min = min;
	tm.sec = sec;
	strcpy(tm.zone, "GMT");
	return tm2sec(&tm);
}

static void
setowner(char **p, char *s)
{
	char *t;

	if(*s == '\0' || strlen(s) > 64 || strcmp(*p, s) == 0 || (t = strdup(s)) == nil)
		return;
	free(*p);
	*p = t;
}

/* what a line says becomes the file's; if it has changed, what is kept of it is worth nothing */
static void
become(Node *n, ulong mode, vlong length, ulong mtime)
{
	if((n->mode ^ mode) & DMDIR || n->length != length || n->mtime != mtime){
		if(!(mode & DMDIR))
			stale(n);
		n->vers++;
	}
	n->mode = mode;
	n->length = mode & DMDIR ? 0 : length;
	n->mtime = mtime;
}

/* fact=value;fact=value; name */
int
parsemlsd(Node *dir, char *line)
{
	char *name, *f, *v, *next, *owner, *group;
	ulong mode, perm, mtime;
	vlong length;
	Node *n;

	name = strchr(line, ' ');
	if(name == nil)
		return 0;
	*name++ = '\0';
	mode = 0;
	perm = ~0;
	length = -1;
	mtime = 0;
	owner = group = "";
	for(f = line; f != nil && *f != '\0'; f = next){
		next = strchr(f, ';');
		if(next != nil)
			*next++ = '\0';
		v = strchr(f, '=');
		if(v == nil)
			continue;
		*v++ = '\0';
		if(cistrcmp(f, "type") == 0){
			if(cistrcmp(v, "cdir") == 0 || cistrcmp(v, "pdir") == 0)
				return 0;
			if(cistrcmp(v, "dir") == 0)
				mode |= DMDIR;
			else if(cistrncmp(v, "os.unix=slink", 13) == 0 || cistrncmp(v, "os.unix=symlink", 15) == 0)
				mode |= Link;
		}else if(cistrcmp(f, "size") == 0)
			length = size(v);
		else if(cistrcmp(f, "modify") == 0 && strlen(v) >= 14)
			mtime = seconds(number(v, 4), number(v+4, 2)-1, number(v+6, 2), number(v+8, 2), number(v+10, 2), number(v+12, 2));
		else if(cistrcmp(f, "unix.mode") == 0)
			perm = strtoul(v + (v[0] == '0' && v[1] == 'o' ? 2 : 0), nil, 8) & 0777;
		else if(cistrcmp(f, "unix.ownername") == 0 || cistrcmp(f, "unix.owner") == 0 && *owner == '\0')
			owner = v;
		else if(cistrcmp(f, "unix.groupname") == 0 || cistrcmp(f, "unix.group") == 0 && *group == '\0')
			group = v;
	}
	n = addentry(dir, name);
	if(n == nil)
		return -1;
	if(perm == ~0)
		perm = mode & DMDIR ? 0755 : 0644;
	setowner(&n->uid, owner);
	setowner(&n->gid, group);
	become(n, mode|perm, length, mtime);
	return 0;
}

/* rwxr-x--- */
static ulong
permissions(char *s)
{
	ulong perm;
	int i;

	perm = 0;
	for(i = 0; i < 9 && s[i] != '\0'; i++)
		if(s[i] != '-' && s[i] != 'S' && s[i] != 'T')
			perm |= 0400>>i;
	return perm;
}

/* "Nov 30 21:05" or "Nov 30 2026"; 0 if it is no time */
static ulong
unixtime(char *mon, char *day, char *when)
{
	Tm *now;
	ulong t;
	int m, year;

	for(m = 0; m < nelem(months); m++)
		if(cistrcmp(mon, months[m]) == 0)
			break;
	if(m == nelem(months) || !digitsonly(day))
		return 0;
	if(strlen(when) == 4 && digitsonly(when))
		return seconds(atoi(when), m, atoi(day), 0, 0, 0);
	if(strlen(when) < 4 || when[strlen(when)-3] != ':')
		return 0;
	/* of the year that has passed */
	now = gmtime(time(nil));
	year = now->year+1900;
	t = seconds(year, m, atoi(day), atoi(when), atoi(strchr(when, ':')+1), 0);
	if(t > time(nil)+24*60*60)
		t = seconds(year-1, m, atoi(day), atoi(when), atoi(strchr(when, ':')+1), 0);
	return t;
}

/* mode links owner group size month day when name; owner or group may be missing */
static int
parseunix(Node *dir, char *line)
{
	char buf[Maxline], *f[10], *name, *target;
	ulong mode, mtime;
	Node *n;
	int i, nf;

	if(strchr("-dlbcps", line[0]) == nil || strlen(line) < 20)
		return 0;
	strecpy(buf, buf+sizeof buf, line);
	nf = tokenize(buf, f, nelem(f));
	mtime = 0;
	for(i = 3; i+2 < nf && i < 7; i++)
		if(digitsonly(f[i-1]) && (mtime = unixtime(f[i], f[i+1], f[i+2])) != 0)
			break;
	if(mtime == 0)
		return 0;
	/* one blank after the time, then the name with any blanks of its own */
	name = line + (f[i+2]-buf) + strlen(f[i+2]);
	if(*name++ != ' ')
		return 0;
	mode = permissions(line+1);
	if(line[0] == 'd')
		mode |= DMDIR;
	if(line[0] == 'l'){
		mode |= Link;
		target = strstr(name, " -> ");
		if(target != nil)
			*target = '\0';
	}
	n = addentry(dir, name);
	if(n == nil)
		return -1;
	if(i >= 4)
		setowner(&n->uid, f[2]);
	if(i >= 5)
		setowner(&n->gid, f[3]);
	become(n, mode, line[0] == '-' ? size(f[i-1]) : -1, mtime);
	return 0;
}

/* 11-30-26  09:05PM       <DIR>          name, or a size in the place of <DIR> */
static int
parsedos(Node *dir, char *line)
{
	char buf[Maxline], *f[5], *name, *rest;
	int year, hour;
	ulong mtime;
	Node *n;

	strecpy(buf, buf+sizeof buf, line);
	if(tokenize(buf, f, nelem(f)) < 4 || strlen(f[0]) < 8 || f[0][2] != '-' || strlen(f[1]) < 5 || f[1][2] != ':')
		return 0;
	if(strcmp(f[2], "<DIR>") != 0 && !digitsonly(f[2]))
		return 0;
	year = number(f[0]+6, strlen(f[0]) == 10 ? 4 : 2);
	if(year >= 0 && year < 100)
		year += year < 70 ? 2000 : 1900;
	hour = number(f[1], 2);
	if(f[1][5] == 'P' && hour < 12)
		hour += 12;
	else if(f[1][5] == 'A' && hour == 12)
		hour = 0;
	mtime = seconds(year, number(f[0], 2)-1, number(f[0]+3, 2), hour, number(f[1]+3, 2), 0);
	/* the name begins in one column, whatever comes before it */
	rest = line + (f[2]-buf) + strlen(f[2]);
	name = rest + strspn(rest, " ");
	n = addentry(dir, name);
	if(n == nil)
		return -1;
	if(f[2][0] == '<')
		become(n, DMDIR|0755, 0, mtime);
	else
		become(n, 0644, size(f[2]), mtime);
	return 0;
}

int
parselist(Node *dir, char *line)
{
	if(line[0] >= '0' && line[0] <= '9')
		return parsedos(dir, line);
	return parseunix(dir, line);
}
