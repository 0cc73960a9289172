/* ed [-] [-o] [file]: the commands. */
#include <u.h>
#include <libc.h>
#include <bio.h>
#include <regexp.h>
#include "ed.h"

static char	savedfile[Maxline];
static int	verbose = 1;
static int	prompt;
static int	typed;		/* commands come from a console */
static int	warned;		/* the last command was a q or e that would have lost changes */
static int	show;		/* p, l or n behind a command */
static jmp_buf	loop;
static int	addr1, addr2, naddr;

static void
say(char *fmt, ...)
{
	va_list arg;

	va_start(arg, fmt);
	Bvprint(&bout, fmt, arg);
	va_end(arg);
}

void
error(char *fmt, ...)
{
	va_list arg;
	int c;

	say("?");
	va_start(arg, fmt);
	Bvprint(&bout, fmt, arg);
	va_end(arg);
	say("\n");
	Bflush(&bout);
	if(!typed)
		exits("error");		/* a script that went wrong does not go on */
	if(!inglobal)
		while((c = get()) != '\n' && c != -1)
			;
	popglobal();
	longjmp(loop, 1);
}

/* The end of a command: p, l or n, then the end of the line. */
void
endcommand(void)
{
	int c;

	c = skipblanks();
	show = 0;
	if(c == 'p' || c == 'l' || c == 'n'){
		show = c;
		c = get();
	}
	if(c != '\n' && c != -1)
		error("");
}

/* Line n for p, n, or l, which shows what cannot be seen and folds. */
static void
putline(int n, int how)
{
	Rune r;
	char *p;
	int col;

	p = lines[n]->s;
	if(how == 'n')
		say("%d\t", n);
	if(how != 'l'){
		say("%s\n", p);
		return;
	}
	for(col = 0; *p != 0; ){
		p += chartorune(&r, p);
		if(col > 70){
			say("\\\n");
			col = 0;
		}
		if(r == '\b' || r == '\t' || r == '\\')
			col += Bprint(&bout, "\\%c", r == '\b' ? 'b' : r == '\t' ? 't' : '\\');
		else if(r < ' ' || r == 0x7F || r > 0x7E)
			col += Bprint(&bout, "\\x%4.4ux", r);
		else{
			Bputc(&bout, r);
			col++;
		}
	}
	say("\n");
}

static void
putlines(int how)
{
	int i;

	if(addr1 < 1)
		error("");
	for(i = addr1; i <= addr2; i++)
		putline(i, how);
	dot = addr2;
}

/* The lines that a, i and c add, behind line at. */
static void
append(int at)
{
	Line *l;
	char *s;

	dot = at;
	while((s = textline()) != nil){
		l = newline(s, strlen(s));
		insert(dot, &l, 1);
	}
}

/* The file name behind a command; the remembered one when there is none. */
static char*
filename(int remember)
{
	static char buf[Maxline];
	int c, n;

	c = get();
	if(c == '\n' || c == -1){
		if(savedfile[0] == 0 && remember != 'f')
			error("");
		return savedfile;
	}
	if(c != ' ')
		error("");
	c = skipblanks();
	for(n = 0; c != '\n' && c != -1; c = get()){
		if(n+1 >= sizeof buf)
			error("");
		buf[n++] = c;
	}
	buf[n] = 0;
	if(n == 0)
		error("");
	if(remember && (savedfile[0] == 0 || remember == 'e' || remember == 'f'))
		strcpy(savedfile, buf);
	return buf;
}

static void
count(vlong n)
{
	if(verbose)
		say("%lld\n", n);
}

static void
readfile(char *name, int at)
{
	Biobuf *b;
	Line *l;
	vlong n;
	char *s;
	int len;

	b = Bopen(name, OREAD);
	if(b == nil)
		error("%s", name);
	n = 0;
	dot = at;
	while((s = Brdstr(b, '\n', 0)) != nil){
		len = strlen(s);
		n += len;
		if(len > 0 && s[len-1] == '\n')
			len--;
		l = newline(s, len);
		free(s);
		insert(dot, &l, 1);
	}
	Bterm(b);
	count(n);
}

static void
writefile(char *name, int append)
{
	Biobuf *b;
	vlong n;
	int fd, i;

	fd = -1;
	if(append && (fd = open(name, OWRITE)) >= 0)
		seek(fd, 0, 2);
	if(fd < 0)
		fd = create(name, OWRITE, 0666);
	b = fd < 0 ? nil : Bfdopen(fd, OWRITE);
	if(b == nil)
		error("%s", name);
	n = 0;
	for(i = addr1; i <= addr2 && i > 0; i++)
		n += Bprint(b, "%s\n", lines[i]->s);
	if(Bterm(b) < 0)
		error("%s", name);
	if(addr1 <= 1 && addr2 == dol)
		changed = 0;
	count(n);
}

static void
edit(int force)
{
	char *name;

	if(changed && verbose && !force && !warned){
		while(get() != '\n')
			;
		warned = 2;
		unget('\n');
		error("");
	}
	name = filename('e');
	if(dol > 0)
		cut(1, dol);
	dot = 0;
	changed = 0;
	readfile(name, 0);
	changed = 0;
}

static void command(void);

/* The command list of g: lines that end in a backslash go on. */
static char*
commandlist(void)
{
	static char buf[Maxline];
	int c, n;

	for(n = 0; (c = get()) != '\n' && c != -1; ){
		if(n+4 >= sizeof buf)
			error("command list too long");
		if(c == '\\'){
			c = get();
			if(c != '\n')
				buf[n++] = '\\';
		}
		buf[n++] = c;
	}
	if(n == 0)
		buf[n++] = 'p';
	buf[n++] = '\n';
	buf[n] = 0;
	return buf;
}

static void
global(int wanted)
{
	char *list;
	int c, i;

	if(inglobal)
		error("");
	c = get();
	if(c == '\n' || c == ' ' || c == -1){
		unget(c);
		error("");
	}
	pattern(c);
	for(i = 1; i <= dol; i++)
		lines[i]->global = i >= addr1 && i <= addr2 && match(i, nil, 0) == wanted;
	list = strdup(commandlist());
	for(i = 1; i <= dol; ){
		if(!lines[i]->global){
			i++;
			continue;
		}
		lines[i]->global = 0;
		dot = i;
		pushglobal(list);
		while((c = get()) != -1){
			unget(c);
			command();
		}
		popglobal();
		i = 1;
	}
	free(list);
}

static void
join(void)
{
	char *s;
	int i, n;

	if(naddr < 2){
		addr1 = dot;
		addr2 = dot+1;
	}
	if(addr1 < 1 || addr2 > dol)
		error("");
	for(i = addr1, n = 0; i <= addr2; i++)
		n += strlen(lines[i]->s);
	s = malloc(n+1);
	if(s == nil)
		error("out of memory");
	for(i = addr1, n = 0; i <= addr2; i++){
		strcpy(s+n, lines[i]->s);
		n += strlen(s+n);
	}
	setline(addr1, s, n);
	free(s);
	if(addr2 > addr1)
		cut(addr1+1, addr2);
	dot = addr1;
}

static void
copyto(int to)
{
	Line **copy;
	int i, n;

	n = addr2-addr1+1;
	copy = malloc(n*sizeof *copy);
	if(copy == nil)
		error("out of memory");
	for(i = 0; i < n; i++)
		copy[i] = newline(lines[addr1+i]->s, strlen(lines[addr1+i]->s));
	insert(to, copy, n);
	free(copy);
}

static void
shell(void)
{
	char buf[Maxline];
	int c, n;

	for(n = 0; (c = get()) != '\n' && c != -1; )
		if(n+1 < sizeof buf)
			buf[n++] = c;
	buf[n] = 0;
	Bflush(&bout);
	switch(fork()){
	case -1:
		error("%r");
	case 0:
		execl("/bin/rc", "rc", "-c", buf, nil);
		exits("exec");
	}
	free(wait());
	if(verbose)
		say("!\n");
}

static void
quit(int force)
{
	endcommand();
	if(changed && verbose && !force && !warned && dol > 0){
		warned = 2;
		unget('\n');
		error("");
	}
	Bflush(&bout);
	exits(nil);
}

/* Addresses before a command: none, one, or two. */
static void
addresses(void)
{
	int a, c, any;

	addr1 = addr2 = dot;
	naddr = 0;
	any = address(&a);
	if(any){
		addr1 = addr2 = a;
		naddr = 1;
	}
	while((c = skipblanks()) == ',' || c == ';'){
		if(naddr == 0)
			addr1 = 1;
		else
			addr1 = addr2;
		if(c == ';' && naddr > 0)
			dot = addr1;
		addr2 = address(&a) ? a : dol;
		naddr = 2;
	}
	unget(c);
	if(naddr == 2 && addr1 > addr2)
		error("");
}

static void
needlines(void)
{
	if(addr1 < 1 || addr2 > dol)
		error("");
}

static void
wholefile(void)
{
	if(naddr == 0){
		addr1 = dol > 0;
		addr2 = dol;
	}
}

/* Commands that change text or dot; 0 if c is not one. */
static int
change(int c)
{
	int a;

	switch(c){
	case 'a':
		endcommand();
		append(addr2);
		break;
	case 'i':
		endcommand();
		append(addr2 > 0 ? addr2-1 : 0);
		break;
	case 'c':
		needlines();
		endcommand();
		cut(addr1, addr2);
		append(addr1-1);
		break;
	case 'd':
		needlines();
		endcommand();
		cut(addr1, addr2);
		break;
	case 'j':
		endcommand();
		join();
		break;
	case 'm':
	case 't':
		needlines();
		if(!address(&a))
			a = dot;
		endcommand();
		if(c == 'm')
			move(addr1, addr2, a);
		else
			copyto(a);
		break;
	case 's':
		needlines();
		substitute(addr1, addr2);
		break;
	case 'u':
		needlines();
		endcommand();
		undo(addr2);
		break;
	case 'k':
		needlines();
		a = get();
		if(a < 'a' || a > 'z')
			error("");
		endcommand();
		for(c = 1; c <= dol; c++)
			if(lines[c]->mark == a)
				lines[c]->mark = 0;
		lines[addr2]->mark = a;
		break;
	default:
		return 0;
	}
	return 1;
}

/* Commands about files and ed itself; 0 if c is not one. */
static int
manage(int c)
{
	char *name;
	int append;

	switch(c){
	case 'e':
	case 'E':
		edit(c == 'E');
		break;
	case 'f':
		name = filename('f');
		say("%s\n", name);
		break;
	case 'r':
		name = filename('r');
		readfile(name, naddr == 0 ? dol : addr2);
		changed = 1;
		break;
	case 'w':
	case 'W':
		wholefile();
		append = c == 'W';
		c = get();
		if(c != 'q')
			unget(c);
		name = filename('w');
		writefile(name, append);
		if(c == 'q'){
			Bflush(&bout);
			exits(nil);
		}
		break;
	case 'q':
	case 'Q':
		quit(c == 'Q');
		break;
	case 'P':
		endcommand();
		prompt = !prompt;
		break;
	case '!':
		shell();
		break;
	case 'g':
	case 'v':
		wholefile();
		global(c == 'g');
		break;
	default:
		return 0;
	}
	return 1;
}

static void
command(void)
{
	int c;

	show = 0;
	addresses();
	c = get();
	if(c == -1){
		if(inglobal)
			return;
		unget(-1);
		quit(0);
	}
	if(c == '\n'){
		if(naddr == 0)
			addr1 = addr2 = dot+1;
		if(addr2 < 1 || addr2 > dol)
			error("");
		dot = addr2;
		putline(dot, 'p');
		return;
	}
	if(c == 'p' || c == 'l' || c == 'n'){
		needlines();
		endcommand();
		putlines(c);
		return;
	}
	if(c == '='){
		endcommand();
		say("%d\n", naddr == 0 ? dol : addr2);
		return;
	}
	if(!change(c) && !manage(c))
		error("");
	if(show && dot > 0)
		putline(dot, show);
}

static void
usage(void)
{
	fprint(2, "usage: ed [-] [-o] [file]\n");
	exits("usage");
}

void
main(int argc, char *argv[])
{
	char name[256];
	int out;

	out = 1;
	ARGBEGIN{
	case 'o':
		out = 2;	/* the text can be written to /fd/1 */
		strcpy(savedfile, "/fd/1");
		break;
	default:
		usage();
	}ARGEND
	if(argc > 0 && strcmp(argv[0], "-") == 0){
		verbose = 0;
		argc--;
		argv++;
	}
	if(argc > 1)
		usage();
	typed = fd2path(0, name, sizeof name) == 0 && strstr(name, "/cons") != nil;
	Binit(&bin, 0, OREAD);
	Binit(&bout, out, OWRITE);
	insert(0, nil, 0);
	if(argc > 0){
		if(strlen(argv[0]) >= sizeof savedfile)
			sysfatal("%s: name too long", argv[0]);
		strcpy(savedfile, argv[0]);
		if(setjmp(loop) == 0)
			readfile(savedfile, 0);
		changed = 0;
	}
	setjmp(loop);
	for(;;){
		if(warned > 0)
			warned--;
		if(prompt)
			say("*");
		Bflush(&bout);
		command();
	}
}
