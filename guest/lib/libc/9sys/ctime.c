/*
 * ctime(2).  Days are counted from 1 March 0000, so that the leap day is the
 * last of its year.  The local zone is the text of /env/timezone: names and
 * offsets of standard and summer time in seconds, then pairs of times between
 * which summer time holds.
 */
#include <u.h>
#include <libc.h>

enum
{
	Day		= 24*60*60,
	Days4		= 4*365 + 1,
	Days100		= 25*Days4 - 1,
	Days400		= 4*Days100 + 1,
	Epoch		= 719468,	/* 1 January 1970, in days from 1 March 0000 */
	Npair		= 400,
};

typedef struct Zone Zone;

struct Zone
{
	int	known;
	char	stname[4];
	char	dlname[4];
	long	stdiff;			/* seconds east of UTC */
	long	dldiff;
	int	npair;
	long	dl[2*Npair];		/* summer begins, ends, begins ... */
};

static Zone zone;
static char weekdays[] = "SunMonTueWedThuFriSat";
static char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* days before each month, in a year that begins in March */
static int before[] = {0, 31, 61, 92, 122, 153, 184, 214, 245, 275, 306, 337, 366};

static int
leap(long y)
{
	return y%4 == 0 && (y%100 != 0 || y%400 == 0);
}

static void
breakdown(Tm *tm, vlong t)
{
	long day, sec, y, era, c, m;

	day = t/Day;
	sec = t%Day;
	if(sec < 0){
		sec += Day;
		day--;
	}
	tm->sec = sec%60;
	tm->min = sec/60%60;
	tm->hour = sec/3600;
	tm->wday = (day%7 + 7 + 4)%7;	/* the epoch was a Thursday */
	day += Epoch;
	era = (day >= 0 ? day : day - (Days400-1))/Days400;
	day -= era*Days400;
	c = day/Days100;
	if(c == 4)
		c = 3;
	day -= c*Days100;
	y = era*400 + c*100 + day/Days4*4;
	day %= Days4;
	c = day/365;
	if(c == 4)
		c = 3;
	y += c;
	day -= c*365;
	for(m = 0; day >= before[m+1]; m++)
		;
	tm->mday = day - before[m] + 1;
	tm->mon = (m+2)%12;
	if(tm->mon < 2)
		y++;
	tm->year = y - 1900;
	tm->yday = tm->mon < 2 ? day - before[10] : day + 59 + leap(y);
}

Tm*
gmtime(long t)
{
	static Tm tm;

	breakdown(&tm, (ulong)t);
	strcpy(tm.zone, "GMT");
	tm.tzoff = 0;
	return &tm;
}

static void
readzone(void)
{
	char *text, **f;
	int n, i;

	zone.known = 1;
	strcpy(zone.stname, "GMT");
	text = getenv("timezone");
	if(text == nil || *text == 0){
		free(text);
		return;
	}
	f = malloc((4+2*Npair)*sizeof f[0]);
	n = f != nil ? tokenize(text, f, 4+2*Npair) : 0;
	if(n >= 4){
		strecpy(zone.stname, zone.stname+sizeof zone.stname, f[0]);
		zone.stdiff = atoi(f[1]);
		strecpy(zone.dlname, zone.dlname+sizeof zone.dlname, f[2]);
		zone.dldiff = atoi(f[3]);
		zone.npair = (n-4)/2;
		for(i = 0; i < 2*zone.npair; i++)
			zone.dl[i] = strtoul(f[4+i], nil, 10);
	}
	free(f);
	free(text);
}

Tm*
localtime(long t)
{
	static Tm tm;
	long diff;
	char *name;
	ulong standard;
	int i;

	if(!zone.known)
		readzone();
	diff = zone.stdiff;
	name = zone.stname;
	standard = t + zone.stdiff;
	for(i = 0; i < 2*zone.npair; i += 2)
		if(standard >= (ulong)zone.dl[i] && standard < (ulong)zone.dl[i+1]){
			diff = zone.dldiff;
			name = zone.dlname;
			break;
		}
	breakdown(&tm, (vlong)(ulong)t + diff);
	strcpy(tm.zone, name);
	tm.tzoff = diff;
	return &tm;
}

/* Thu Jan  1 00:00:00 GMT 1970 and a newline, in a static buffer */
char*
asctime(Tm *tm)
{
	static char buf[40];

	snprint(buf, sizeof buf, "%.3s %.3s %2d %.2d:%.2d:%.2d %s %d\n",
		weekdays + tm->wday%7*3, months + tm->mon%12*3, tm->mday,
		tm->hour, tm->min, tm->sec, tm->zone, tm->year+1900);
	return buf;
}

char*
ctime(long t)
{
	return asctime(localtime(t));
}

/* back to seconds; the zone's name, if it is not GMT, means the local one */
long
tm2sec(Tm *tm)
{
	long y, m, day, era;
	vlong t;
	int i;

	y = tm->year + 1900;
	m = tm->mon;
	y += m/12;
	m %= 12;
	if(m < 0){
		m += 12;
		y--;
	}
	m = (m+10)%12;
	if(m >= 10)
		y--;
	era = (y >= 0 ? y : y-399)/400;
	y -= era*400;
	day = era*Days400 + y*365 + y/4 - y/100 + before[m] + tm->mday-1 - Epoch;
	t = (vlong)day*Day + tm->hour*3600 + tm->min*60 + tm->sec;
	if(strcmp(tm->zone, "GMT") == 0)
		return t;
	if(!zone.known)
		readzone();
	for(i = 0; i < 2*zone.npair; i += 2)
		if(t >= (ulong)zone.dl[i] && t < (ulong)zone.dl[i+1])
			return t - zone.dldiff;
	return t - zone.stdiff;
}
