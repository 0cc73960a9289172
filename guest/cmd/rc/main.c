/*
 * rc, the shell: options and start.  The usual start-up (defaults for home,
 * ifs, prompt and path; profile; where commands come from) is here in C and
 * not in a script, so that a shell is ready soon; rc -m file runs file instead.
 */
#include <u.h>
#include <libc.h>
#include "rc.h"

char	flag[128];
char	*rcname;

static char	*command;	/* -c */
static char	*startfile;	/* -m */

static void
usage(void)
{
	fprint(2, "usage: rc [-srdiIlxepvV] [-c command] [-m file] [file [arg ...]]\n");
	exits("usage");
}

/* options up to the first word that is none; returns the rest */
static char**
options(char **argv)
{
	char *p, **valp;

	for(; *argv != nil && (*argv)[0] == '-' && (*argv)[1] != 0; argv++){
		if(strcmp(*argv, "--") == 0)
			return argv+1;
		for(p = *argv+1; *p != 0; p++){
			if(strchr("srdiIlxepvVcm", *p) == nil)
				usage();
			flag[(uchar)*p] = 1;
			if(*p != 'c' && *p != 'm')
				continue;
			valp = *p == 'c' ? &command : &startfile;
			if(p[1] != 0)
				*valp = p+1;
			else if(argv[1] != nil)
				*valp = *++argv;
			else
				usage();
			break;
		}
		if(command != nil)
			return argv+1;
	}
	return argv;
}

static Word*
arglist(char **argv)
{
	Word *l, **tail;

	for(tail = &l; *argv != nil; argv++){
		*tail = newword(*argv, nil);
		tail = &(*tail)->next;
	}
	*tail = nil;
	return l;
}

static int
isconsole(int fd)
{
	char buf[64];
	int n;

	if(fd2path(fd, buf, sizeof buf) < 0)
		return 0;
	n = strlen(buf);
	return n >= 9 && strcmp(buf+n-9, "/dev/cons") == 0 || n >= 7 && strcmp(buf+n-7, "#c/cons") == 0;
}

static int
unset(char *name)
{
	Val *v;

	v = varval(name);
	return v == nil || v->n == 0;
}

static void
defaults(void)
{
	char buf[20];
	Val *v;

	snprint(buf, sizeof buf, "%d", getpid());
	setstr("pid", buf);
	if(unset("ifs"))
		setstr("ifs", " \t\n");
	setstatus("");
	if(startfile != nil)
		return;
	if(unset("home"))
		setstr("home", "/");
	v = varval("prompt");
	if(v == nil || v->n == 0)
		setvar("prompt", newword("% ", newword("\t", nil)));
	else if(v->n == 1)
		setvar("prompt", newword(rstrdup(v->s[0]), newword("\t", nil)));
	if(flag['p'])
		setstr("path", "/bin");
	else if(unset("path"))
		setvar("path", newword(".", newword("/bin", nil)));
}

static void
profile(void)
{
	char *file;

	file = pathjoin(varstr("home"), "lib/profile");
	if(access(file, AREAD) == 0)
		source(file, nil, 0);
	setstatus("");
}

static void
runcommand(void)
{
	Input in;

	openinput(&in, nil, -1, command, 0);
	runinput();
	closeinput();
}

/* what a start-up script needs to know */
static void
runstartfile(Word *args)
{
	setstr("rcname", rcname);
	if(command != nil)
		setstr("cflag", command);
	if(source(startfile, args, 0) < 0){
		msg("rc: %s: %r\n", startfile);
		rcexit("can't open start-up file");
	}
}

void
main(int argc, char **argv)
{
	Word *args;
	char *p;

	USED(argc);
	rcname = argv[0] != nil ? argv[0] : "rc";
	p = strrchr(rcname, '/');
	if(rcname[0] == '-' || p != nil && p[1] == '-')
		flag['l'] = 1;
	argv = options(argv[0] != nil ? argv+1 : argv);
	if(!flag['I'] && !flag['i'] && command == nil && *argv == nil && isconsole(0))
		flag['i'] = 1;
	if(flag['I'])
		flag['i'] = 0;
	catchnotes();
	importenv(1, !flag['p'] && startfile == nil);
	setfn("sigexit", nil);
	args = arglist(argv);
	setvar("*", args);
	setstr("0", rcname);
	defaults();
	if(startfile != nil){
		runstartfile(args);
		rcexit(getstatus());
	}
	if(flag['l'])
		profile();
	if(command != nil)
		runcommand();
	else{
		if(args != nil && source(args->s, args->next, 0) < 0){
			msg("rc: %s: %r\n", args->s);
			setstatus("can't open");
		}
		if(args == nil || flag['i'])
			source("#d/0", args != nil ? args->next : nil, flag['i']);
	}
	rcexit(getstatus());
}
