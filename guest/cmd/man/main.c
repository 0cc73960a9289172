/*
 * man: shows pages of the manual, /sys/man/SECTION/NAME, by name, or by a word of
 * what they are about; format.c sets them.
 */
#include <u.h>
#include <libc.h>
#include <bio.h>
#include "man.h"

char	*root = "/sys/man";
Biobuf	*out;

static char	*sec;			/* the only section to look in; nil: all */

/* the line below .SH NAME of a page, plain; nil if there is none */
static char*
summary(char *sec, char *name)
{
	char file[256], *s, *t, *f[2];
	Biobuf *b;
	int heading;

	snprint(file, sizeof file, "%s/%s/%s", root, sec, name);
	b = Bopen(file, OREAD);
	if(b == nil)
		return nil;
	heading = 0;
	t = nil;
	while(t == nil && (s = Brdstr(b, '\n', 1)) != nil){
		if(heading && s[0] != '.')
			t = plain(s);
		else if(gettokens(s, f, 2, " \t") == 2 && strcmp(f[0], ".SH") == 0)
			heading = strcmp(f[1], "NAME") == 0;
		free(s);
	}
	Bterm(b);
	return t;
}

/* call f for every page of the sections asked for; returns how often it was true */
static int
everypage(int (*f)(char*, char*, char*), char *arg)
{
	Dir *secs, *pages;
	char dir[256];
	long ns, np, i, j;
	int fd, n;

	fd = open(root, OREAD);
	ns = fd < 0 ? 0 : dirreadall(fd, &secs);
	close(fd);
	n = 0;
	for(i = 0; i < ns; i++){
		if(sec != nil && strcmp(secs[i].name, sec) != 0)
			continue;
		snprint(dir, sizeof dir, "%s/%s", root, secs[i].name);
		fd = open(dir, OREAD);
		np = fd < 0 ? 0 : dirreadall(fd, &pages);
		close(fd);
		for(j = 0; j < np; j++)
			n += f(secs[i].name, pages[j].name, arg);
		if(np > 0)
			free(pages);
	}
	if(ns > 0)
		free(secs);
	return n;
}

static int
keyword(char *sec, char *name, char *arg)
{
	char *s;
	int found;

	s = summary(sec, name);
	found = s != nil && cistrstr(s, arg) != nil;
	if(found)
		Bprint(out, "%s(%s): %s\n", name, sec, s);
	free(s);
	return found;
}

/* show the page name if its summary says that it is about arg too: rc(1) has cd */
static int
about(char *sec, char *name, char *arg)
{
	char *s, *f[40];
	int i, n, found;

	s = summary(sec, name);
	if(s == nil)
		return 0;
	n = gettokens(s, f, nelem(f), " ,\t");
	found = 0;
	for(i = 0; i < n && strcmp(f[i], "-") != 0 && strcmp(f[i], "--") != 0; i++)
		if(strcmp(f[i], arg) == 0)
			found = 1;
	free(s);
	return found && page(sec, name);
}

static int
named(char *sec, char *name, char *arg)
{
	return strcmp(name, arg) == 0 && page(sec, name);
}

static int
isnum(char *s)
{
	return *s >= '0' && *s <= '9';
}

static void
usage(void)
{
	fprint(2, "usage: man [section] name ...\n       man -k word ...\n");
	exits("usage");
}

void
main(int argc, char **argv)
{
	char *status;
	int i, key, found;

	key = 0;
	ARGBEGIN{
	case 'k':
		key = 1;
		break;
	case 'n':
		break;
	default:
		usage();
	}ARGEND
	if(!key && argc > 1 && isnum(argv[0])){
		sec = argv[0];
		argc--;
		argv++;
	}
	if(argc == 0)
		usage();
	out = malloc(sizeof *out);
	if(out == nil)
		sysfatal("out of memory");
	Binit(out, 1, OWRITE);
	status = nil;
	for(i = 0; i < argc; i++){
		if(key)
			found = everypage(keyword, argv[i]);
		else
			found = everypage(named, argv[i]) || everypage(about, argv[i]);
		if(!found){
			Bflush(out);
			fprint(2, "man: no page %s %s%s%s\n", key ? "about" : "for", argv[i],
				sec != nil ? " in section " : "", sec != nil ? sec : "");
			status = "not found";
		}
	}
	Bterm(out);
	exits(status);
}
