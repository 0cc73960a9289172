/*
 * The name space as a file tells it: /lib/namespace, of the format of
 * namespace(6).  A line that does not work is passed over without a word, since
 * the file names what may be there and not what must.
 */
#include <u.h>
#include <libc.h>
#include "init.h"

enum
{
	Maxword	= 8,
	Maxfile	= 8192,
	Maxnest	= 8,		/* files read by . */
};

static int	nest;

/* copy word to buf with each $name replaced by the variable's value; 0 if it does not fit */
static int
expand(char *buf, int size, char *word)
{
	char name[64], *p, *e, *val;
	int n;

	p = buf;
	e = buf+size-1;
	while(*word != 0 && p < e){
		if(*word != '$'){
			*p++ = *word++;
			continue;
		}
		word++;
		for(n = 0; word[n] != 0 && word[n] != '/' && word[n] != '$' && n < sizeof name-1; n++)
			name[n] = word[n];
		name[n] = 0;
		word += n;
		val = getenv(name);
		if(val == nil)
			continue;
		p = strecpy(p, e+1, val);
		free(val);
	}
	*p = 0;
	return p < e;
}

/* the letters of an option such as -ac; -1 if one is unknown */
static int
mountflag(char *s)
{
	int flag;

	flag = MREPL;
	for(s++; *s != 0; s++)
		switch(*s){
		case 'a':
			flag |= MAFTER;
			break;
		case 'b':
			flag |= MBEFORE;
			break;
		case 'c':
			flag |= MCREATE;
			break;
		case 'C':
			flag |= MCACHE;
			break;
		case 'n':		/* without authentication; without a word: as here */
		case 'q':
			break;
		default:
			return -1;
		}
	return flag;
}

static void
domount(char *srv, char *old, int flag, char *spec)
{
	int fd;

	fd = open(srv, ORDWR);
	if(fd < 0)
		return;
	if(mount(fd, -1, old, flag, spec) < 0)
		close(fd);
}

/* one line, as words without quotes */
static void
command(char **v, int n)
{
	int flag;
	char *cmd;

	flag = MREPL;
	cmd = *v++;
	n--;
	if(n > 0 && v[0][0] == '-'){
		flag = mountflag(v[0]);
		if(flag < 0)
			return;
		v++;
		n--;
	}
	if(strcmp(cmd, "bind") == 0 && n == 2)
		bind(v[0], v[1], flag);
	else if(strcmp(cmd, "mount") == 0 && (n == 2 || n == 3))
		domount(v[0], v[1], flag, n == 3 ? v[2] : "");
	else if(strcmp(cmd, "unmount") == 0 && (n == 1 || n == 2))
		unmount(n == 2 ? v[0] : nil, v[n-1]);
	else if(strcmp(cmd, "cd") == 0 && n == 1)
		chdir(v[0]);
	else if(strcmp(cmd, "clear") == 0 && n == 0)
		rfork(RFCNAMEG);
	else if(strcmp(cmd, ".") == 0 && n == 1)
		newns(v[0]);
}

static void
line(char *s)
{
	static char buf[Maxword][256];
	char *v[Maxword];
	int i, n;

	if(*s == '#')
		return;
	n = tokenize(s, v, nelem(v));
	if(n == 0 || n == nelem(v))
		return;
	for(i = 0; i < n; i++){
		if(!expand(buf[i], sizeof buf[i], v[i]))
			return;
		v[i] = buf[i];
	}
	command(v, n);
}

/* do what the file says */
void
newns(char *file)
{
	char *text, *p, *e;
	int fd, n;

	if(nest == Maxnest)
		return;
	fd = open(file, OREAD);
	if(fd < 0)
		return;
	nest++;
	text = malloc(Maxfile+1);
	n = text == nil ? 0 : readn(fd, text, Maxfile);
	close(fd);
	if(n > 0){
		text[n] = 0;
		for(p = text; p != nil && *p != 0; p = e){
			e = strchr(p, '\n');
			if(e != nil)
				*e++ = 0;
			line(p);
		}
	}
	free(text);
	nest--;
}
