/*
 * The commands that rc runs itself, because they change it.  Each gets its
 * words, the name first, and how it is run; it leaves $status.  The redirections
 * of the command are in force but not applied: output goes to realfd(1).
 */
#include <u.h>
#include <libc.h>
#include "rc.h"

static int
trycd(char *dir, int say)
{
	if(chdir(dir) < 0)
		return -1;
	if(say)
		fprint(realfd(1), "%s\n", dir);
	setstatus("");
	return 0;
}

static void
bcd(Word *w, int how)
{
	Word *p;
	char *dir;
	int plain;

	USED(how);
	setstatus("can't cd");
	if(w->next != nil && w->next->next != nil){
		msg("Usage: cd [directory]\n");
		return;
	}
	if(w->next == nil){
		dir = varstr("home");
		if(*dir == 0)
			msg("cd: $home is not set\n");
		else if(trycd(dir, 0) < 0)
			msg("Can't cd %s: %r\n", dir);
		return;
	}
	dir = w->next->s;
	p = cmddirs(dir);
	if(p == nil || *p->s != 0)
		p = varwords("cdpath");
	plain = p == nil;
	for(; p != nil; p = p->next)
		if(trycd(pathjoin(p->s, dir), *p->s != 0 && strcmp(p->s, ".") != 0) == 0)
			return;
	if(plain && trycd(dir, 0) == 0)
		return;
	msg("Can't cd %s: %r\n", dir);
}

static void
beval(Word *w, int how)
{
	Input in;
	char *s;

	USED(how);
	if(w->next == nil)
		rcerror("Usage: eval cmd ...");
	s = joinwords(w->next);
	openinput(&in, nil, -1, s, 0);
	runinput();
	closeinput();
}

static void
bexec(Word *w, int how)
{
	Builtin *b;
	Word *p;

	w = w->next;
	if(w == nil)
		rcerror("empty argument list");
	b = findbuiltin(w->s);
	if(b != nil){
		b->f(w, how);
		return;
	}
	/* a shell with a user at it survives a mistyped name */
	if(catcher != nil){
		for(p = cmddirs(w->s); p != nil; p = p->next)
			if(access(pathjoin(p->s, w->s), AEXEC) == 0)
				break;
		if(p == nil)
			rcerror("exec: %s: %r", w->s);
	}
	exportenv();
	applyredirs();
	execwords(w);
}

static void
bexit(Word *w, int how)
{
	USED(how);
	if(w->next != nil && w->next->next != nil)
		msg("Usage: exit [status]\nExiting anyway\n");
	if(w->next != nil)
		setstatus(w->next->s);
	rcexit(getstatus());
}

static void
bshift(Word *w, int how)
{
	Word *l;
	int n;

	USED(how);
	n = 1;
	if(w->next != nil){
		if(w->next->next != nil){
			msg("Usage: shift [n]\n");
			setstatus("shift usage");
			return;
		}
		n = atoi(w->next->s);
	}
	for(l = varwords("*"); l != nil && n > 0; l = l->next)
		n--;
	setvar("*", l);
	setstatus("");
}

static void
bwait(Word *w, int how)
{
	int pid;

	USED(how);
	if(w->next == nil){
		waitall();
		return;
	}
	if(w->next->next != nil){
		msg("Usage: wait [pid]\n");
		setstatus("wait usage");
		return;
	}
	pid = atoi(w->next->s);
	if(knownchild(pid))
		waitfor(pid);
}

static void
addvalue(Str *s, Val *v)
{
	int i;

	if(v->n != 1)
		straddc(s, '(');
	for(i = 0; i < v->n; i++){
		if(i > 0)
			straddc(s, ' ');
		quoteto(s, v->s[i]);
	}
	if(v->n != 1)
		straddc(s, ')');
	straddc(s, '\n');
}

static int
whatis(Str *s, char *name)
{
	Var *v;
	Word *p;
	char *file;
	int found;

	found = 0;
	v = findvar(name);
	if(v != nil && v->val != nil && v->val->n > 0){
		quoteto(s, name);
		straddc(s, '=');
		addvalue(s, v->val);
		found = 1;
	}
	if(v != nil && v->fn != nil){
		fntext(s, name, v->fn->body);
		return 1;
	}
	if(findbuiltin(name) != nil){
		stradd(s, "builtin ", 8);
		quoteto(s, name);
		straddc(s, '\n');
		return 1;
	}
	if(found)
		return 1;
	for(p = cmddirs(name); p != nil; p = p->next){
		file = pathjoin(p->s, name);
		if(access(file, AEXEC) == 0){
			quoteto(s, file);
			straddc(s, '\n');
			return 1;
		}
	}
	return 0;
}

static void
bwhatis(Word *w, int how)
{
	Str s;

	USED(how);
	if(w->next == nil)
		rcerror("Usage: whatis name ...");
	setstatus("");
	memset(&s, 0, sizeof s);
	for(w = w->next; w != nil; w = w->next){
		s.n = 0;
		if(whatis(&s, w->s))
			write(realfd(1), s.s, s.n);
		else{
			msg("%s: not found\n", w->s);
			setstatus("not found");
		}
	}
	free(s.s);
}

static void
bflag(Word *w, int how)
{
	char *f, *v;
	int n;

	USED(how);
	n = countwords(w);
	f = n > 1 ? w->next->s : "";
	v = n == 3 ? w->next->next->s : "+";
	if(n != 2 && n != 3 || f[0] == 0 || f[1] != 0 || (uchar)f[0] >= sizeof flag
	|| strcmp(v, "+") != 0 && strcmp(v, "-") != 0)
		rcerror("Usage: flag [letter] [+-]");
	setstatus("");
	if(n == 3)
		flag[(uchar)f[0]] = *v == '+';
	else if(!flag[(uchar)f[0]])
		setstatus("flag not set");
}

static struct
{
	char	letter;
	int	bit;
} rforkflags[] = {
	'n',	RFNAMEG,
	'N',	RFCNAMEG,
	'e',	RFENVG,
	'E',	RFCENVG,
	's',	RFNOTEG,
	'f',	RFFDG,
	'F',	RFCFDG,
	'm',	RFNOMNT,
};

static void
brfork(Word *w, int how)
{
	char *s;
	int i, bits;

	USED(how);
	s = w->next == nil ? "ens" : w->next->s;
	bits = 0;
	for(; *s != 0; s++){
		for(i = 0; i < nelem(rforkflags) && rforkflags[i].letter != *s; i++)
			;
		if(i == nelem(rforkflags))
			break;
		bits |= rforkflags[i].bit;
	}
	if(*s != 0 || w->next != nil && w->next->next != nil){
		msg("Usage: rfork [nNeEsfFm]\n");
		setstatus("rfork usage");
		return;
	}
	exportenv();
	if(rfork(bits) < 0){
		msg("rc: rfork failed: %r\n");
		setstatus("rfork failed");
	}else
		setstatus("");
}

static void
bbuiltin(Word *w, int how)
{
	Builtin *b;

	w = w->next;
	if(w == nil){
		msg("builtin: empty argument list\n");
		setstatus("empty arg list");
		return;
	}
	b = findbuiltin(w->s);
	if(b != nil)
		b->f(w, how);
	else
		runexternal(w, how);
}

/* standard input, by whatever name, is the command's, not the shell's */
static int
isstdin(char *s)
{
	return strcmp(s, "#d/0") == 0 || strcmp(s, "/fd/0") == 0 || strcmp(s, "/dev/stdin") == 0;
}

static int
openscript(char *name, char **found)
{
	Word *p;
	int fd;

	*found = "<stdin>";
	if(isstdin(name))
		return realfd(0);
	*found = name;
	fd = -1;
	for(p = cmddirs(name); p != nil && fd < 0; p = p->next){
		*found = pathjoin(p->s, name);
		fd = open(*found, OREAD|OCEXEC);
	}
	return fd;
}

/*
 * Run the commands of the file name with $* set to args; -1 if it cannot be
 * opened.
 */
int
source(char *name, Word *args, int interactive)
{
	Input in;
	Saved *s;
	char *file;
	int fd;

	fd = openscript(name, &file);
	if(fd < 0)
		return -1;
	s = saved;
	setlocal("*", args);
	setlocal("0", newword(name, nil));
	openinput(&in, file, fd, nil, interactive);
	in.keep = isstdin(name);
	runinput();
	closeinput();
	unwind(s);
	return 0;
}

static void
bdot(Word *w, int how)
{
	int interactive;

	USED(how);
	w = w->next;
	interactive = w != nil && strcmp(w->s, "-i") == 0;
	if(interactive)
		w = w->next;
	if(w == nil)
		rcerror("Usage: . [-i] file [arg ...]");
	if(source(w->s, w->next, interactive) < 0)
		rcerror("%s: .: can't open: %r", w->s);
}

/* rcmain calls it when variables, which functions may need, have been set */
static void
bfinit(Word *w, int how)
{
	USED(w, how);
	importenv(0, 1);
	setstatus("");
}

static Builtin builtins[] = {
	".",		bdot,
	"builtin",	bbuiltin,
	"cd",		bcd,
	"eval",		beval,
	"exec",		bexec,
	"exit",		bexit,
	"finit",	bfinit,
	"flag",		bflag,
	"rfork",	brfork,
	"shift",	bshift,
	"wait",		bwait,
	"whatis",	bwhatis,
};

Builtin*
findbuiltin(char *name)
{
	Builtin *b;

	for(b = builtins; b < builtins+nelem(builtins); b++)
		if(name[0] == b->name[0] && strcmp(name, b->name) == 0)
			return b;
	return nil;
}
