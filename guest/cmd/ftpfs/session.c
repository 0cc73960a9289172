/*
 * The control connections: one or a few, each of which can do one thing at a time.  The
 * server is not trusted: what it says is cut to size, it is waited for only so long, and
 * its data come from the machine that the control connection is to, whatever address it
 * names.
 */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <9p.h>
#include "ftpfs.h"

enum
{
	Maxreply	= 1000,		/* lines of a reply */
};

void	**stopped;

static Session	sessions[Maxsession];
static int	begun;

/* ---- the network, which may make us wait ---- */

/* may we wait on?  after an interrupted call that began at start */
static int
patient(long start)
{
	char err[ERRMAX];

	rerrstr(err, sizeof err);
	if(strcmp(err, "interrupted") != 0 || *stopped != nil)
		return 0;
	if(time(nil)-start < Timeout)
		return 1;
	werrstr("the server says nothing");
	return 0;
}

long
netread(int fd, void *buf, long n)
{
	long start, m;

	start = time(nil);
	do{
		if(*stopped != nil){
			werrstr("interrupted");
			return -1;
		}
		alarm(1000);
		m = read(fd, buf, n);
		alarm(0);
	}while(m < 0 && patient(start));
	return m;
}

/* what was written when a note comes cannot be told: a write that takes too long has failed */
long
netwrite(int fd, void *buf, long n)
{
	long m, done;

	for(done = 0; done < n; done += m){
		if(*stopped != nil){
			werrstr("interrupted");
			return -1;
		}
		alarm(Timeout*1000);
		m = write(fd, (char*)buf+done, n-done);
		alarm(0);
		if(m <= 0)
			return -1;
	}
	return n;
}

static int
netdial(char *addr, char *dir)
{
	int fd;

	alarm(Timeout*1000);
	fd = dial(addr, nil, dir, nil);
	alarm(0);
	return fd;
}

/* ---- replies ---- */

/* a line, without its end, cut to fit */
static int
getline(Session *s, char *buf, int size)
{
	int c, n;

	for(n = 0;;){
		if(s->rin == s->nin){
			s->nin = netread(s->ctl, s->in, sizeof s->in);
			s->rin = 0;
			if(s->nin <= 0){
				if(s->nin == 0)
					werrstr("the server hung up");
				s->nin = 0;
				return -1;
			}
		}
		c = s->in[s->rin++];
		if(c == '\n')
			break;
		if(n < size-1 && c != '\0')
			buf[n++] = c;
	}
	if(n > 0 && buf[n-1] == '\r')
		n--;
	buf[n] = '\0';
	return n;
}

static int
digits(char *s)
{
	return s[0] >= '1' && s[0] <= '5' && s[1] >= '0' && s[1] <= '9' && s[2] >= '0' && s[2] <= '9';
}

/*
 * The code of a reply (RFC 959, 4.2), with the text of its first line in text, less the
 * code; each line goes to eachline as well, if that is not nil.  -1: the connection is
 * no use any more.
 */
static int
reply(Session *s, char *text, int size, void (*eachline)(Session*, char*))
{
	char line[Maxline];
	int code, i;

	if(getline(s, line, sizeof line) < 0)
		return -1;
	if(debug)
		fprint(2, "ftpfs: < %s\n", line);
	if(!digits(line) || line[3] != ' ' && line[3] != '-' && line[3] != '\0'){
		werrstr("this is no FTP server: %.40q", line);
		return -1;
	}
	code = atoi(line);
	strecpy(text, text+size, line[3] != '\0' ? line+4 : "");
	if(line[3] != '-')
		return code;
	for(i = 0; i < Maxreply; i++){
		if(getline(s, line, sizeof line) < 0)
			return -1;
		if(debug)
			fprint(2, "ftpfs: < %s\n", line);
		if(digits(line) && atoi(line) == code && line[3] == ' ')
			return code;
		if(eachline != nil)
			eachline(s, line);
	}
	werrstr("a reply without an end");
	return -1;
}

/* what servers say, in the words that programs know */
static struct {
	char	*says;
	char	*means;
} known[] =
{
	{ "no such file",	"file does not exist" },
	{ "not found",		"file does not exist" },
	{ "does not exist",	"file does not exist" },
	{ "permission denied",	"permission denied" },
	{ "not empty",		"directory not empty" },
	{ "exists",		"file already exists" },
	{ "not a directory",	"not a directory" },
};

static void
replyerror(int code, char *text)
{
	int i;

	for(i = 0; code >= 500 && i < nelem(known); i++)
		if(cistrstr(text, known[i].says) != nil){
			werrstr("%s", known[i].means);
			return;
		}
	werrstr("ftp: %d %.80s", code, text);
}

static int
vsend(Session *s, char *fmt, va_list arg)
{
	char buf[Maxpath+64];
	int n;

	n = vseprint(buf, buf+sizeof buf-2, fmt, arg) - buf;
	if(debug)
		fprint(2, "ftpfs: > %s\n", strncmp(buf, "PASS ", 5) == 0 ? "PASS" : buf);
	buf[n++] = '\r';
	buf[n++] = '\n';
	return netwrite(s->ctl, buf, n) == n ? 0 : -1;
}

/* a command whose answer's text is wanted; its code, or -1 */
static int
ask(Session *s, char *text, int size, void (*eachline)(Session*, char*), char *fmt, ...)
{
	va_list arg;
	int code;

	va_start(arg, fmt);
	code = vsend(s, fmt, arg);
	va_end(arg);
	if(code >= 0)
		code = reply(s, text, size, eachline);
	if(code < 0 || code == 421){
		if(code == 421)
			replyerror(code, text);
		drop(s);
		return -1;
	}
	s->used = 1;
	return code;
}

int
command(Session *s, int want, char *fmt, ...)
{
	char text[Maxline], buf[Maxpath+64];
	va_list arg;
	int code;

	va_start(arg, fmt);
	vseprint(buf, buf+sizeof buf, fmt, arg);
	va_end(arg);
	code = ask(s, text, sizeof text, nil, "%s", buf);
	if(code < 0)
		return -1;
	if(code/100 != want){
		replyerror(code, text);
		return -1;
	}
	return code;
}

/* ---- connections ---- */

/* a line of FEAT: RFC 2389 */
static void
feature(Session *s, char *line)
{
	if(cistrncmp(line, " MLST", 5) == 0)
		s->mlsd = 1;
	else if(cistrncmp(line, " MFMT", 5) == 0)
		s->mfmt = 1;
}

static int
login(Session *s)
{
	char text[Maxline];
	int code;

	while((code = reply(s, text, sizeof text, nil)) == 120)
		;
	if(code != 220)
		goto Refused;
	code = ask(s, text, sizeof text, nil, "USER %s", user);
	if(code == 331)
		code = ask(s, text, sizeof text, nil, "PASS %s", pass);
	if(code != 230 && code != 202)
		goto Refused;
	code = ask(s, text, sizeof text, nil, "TYPE I");
	if(code != 200)
		goto Refused;
	/* what a server does not know it does without */
	if(ask(s, text, sizeof text, feature, "FEAT") < 0 || ask(s, text, sizeof text, nil, "OPTS UTF8 ON") < 0
	|| s->mlsd && ask(s, text, sizeof text, nil, "OPTS MLST type;size;modify;unix.mode;unix.ownername;unix.groupname;unix.owner;unix.group;") < 0)
		return -1;
	s->used = 0;
	return 0;
Refused:
	if(code > 0)
		werrstr("ftp: %d %.80s", code, text);
	return -1;
}

static int
connect(Session *s)
{
	char buf[128], dir[NETPATHLEN], *p;
	int fd, n;

	s->ctl = netdial(netmkaddr(host, "tcp", "ftp"), dir);
	if(s->ctl < 0)
		return -1;
	s->data = -1;
	s->down = nil;
	s->nin = s->rin = s->used = s->noepsv = s->norest = s->mlsd = s->mfmt = 0;
	/* who it is, for the data: /net/tcp/4/remote */
	snprint(buf, sizeof buf, "%s/remote", dir);
	fd = open(buf, OREAD);
	n = fd < 0 ? -1 : read(fd, buf, sizeof buf - 1);
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	p = strchr(buf, '!');
	if(p != nil)
		*p = '\0';
	strecpy(s->addr, s->addr+sizeof s->addr, buf);
	strecpy(s->net, s->net+sizeof s->net, dir);
	for(n = 0; n < 2; n++)
		if((p = strrchr(s->net, '/')) != nil)
			*p = '\0';
	if(login(s) < 0){
		drop(s);
		return -1;
	}
	return 0;
}

void
drop(Session *s)
{
	char err[ERRMAX];

	rerrstr(err, sizeof err);
	if(s->ctl >= 0)
		close(s->ctl);
	if(s->data >= 0)
		close(s->data);
	s->ctl = s->data = -1;
	s->down = nil;
	errstr(err, sizeof err);
}

void
freesession(Session *s)
{
	s->busy = 0;
}

/* one that is connected and idle, else a new one, else one whose file can be read again later */
Session*
getsession(void)
{
	Session *s, *idle, *none, *reading;

	if(!begun)
		for(s = sessions; s < sessions+Maxsession; s++)
			s->ctl = s->data = -1;
	begun = 1;
	idle = none = reading = nil;
	for(s = sessions; s < sessions+Maxsession; s++)
		if(s->busy)
			continue;
		else if(s->ctl < 0)
			none = s;
		else if(s->down != nil)
			reading = s;
		else
			idle = s;
	s = idle != nil ? idle : none;
	if(s == nil && reading != nil){
		s = reading;
		drop(s);
	}
	if(s == nil){
		werrstr("ftpfs: too many files are written at once");
		return nil;
	}
	if(s->ctl < 0 && connect(s) < 0){
		/* the server may allow fewer than we do */
		if(reading == nil)
			return nil;
		drop(reading);
		s = reading;
		if(connect(s) < 0)
			return nil;
	}
	s->busy = 1;
	return s;
}

/* a server ends connections that have been idle: then another is tried, once */
int
simple(char *fmt, ...)
{
	char buf[Maxpath+64];
	va_list arg;
	Session *s;
	int code, again;

	va_start(arg, fmt);
	vseprint(buf, buf+sizeof buf, fmt, arg);
	va_end(arg);
	do{
		s = getsession();
		if(s == nil)
			return -1;
		again = s->used;
		code = command(s, 2, "%s", buf);
		again = again && code < 0 && s->ctl < 0 && *stopped == nil;
		freesession(s);
	}while(again);
	return code;
}

char*
homedir(Session *s)
{
	char text[Maxline], *p, *q, *dir;
	int code;

	code = ask(s, text, sizeof text, nil, "PWD");
	if(code < 0)
		return nil;
	p = strchr(text, '"');
	if(code != 257 || p == nil)
		return strdup("/");
	/* RFC 959, appendix II: a quote is doubled */
	dir = q = p;
	for(p++; *p != '\0'; p++){
		if(*p == '"' && *++p != '"')
			break;
		*q++ = *p;
	}
	*q = '\0';
	return strdup(dir);
}

/* ---- connections for data ---- */

/* (|||PORT|): RFC 2428, 3 */
static int
epsvport(char *text)
{
	char *p;
	int sep;

	p = strchr(text, '(');
	if(p == nil || (sep = p[1]) == '\0' || p[2] != sep || p[3] != sep)
		return -1;
	return atoi(p+4);
}

/* (h1,h2,h3,h4,p1,p2), with or without the parentheses; the address is not asked for */
static int
pasvport(char *text)
{
	char *p;
	int i, v[6];

	for(p = text; *p != '\0' && (*p < '0' || *p > '9'); p++)
		;
	for(i = 0; i < 6; i++){
		if(*p < '0' || *p > '9')
			return -1;
		v[i] = strtol(p, &p, 10);
		if(v[i] > 255 || i < 5 && *p++ != ',')
			return -1;
	}
	return v[4]<<8 | v[5];
}

static int
passive(Session *s)
{
	char text[Maxline], addr[256];
	int code, fd, port;

	port = -1;
	if(!s->noepsv){
		code = ask(s, text, sizeof text, nil, "EPSV");
		if(code < 0)
			return -1;
		if(code == 229)
			port = epsvport(text);
		else
			s->noepsv = 1;
	}
	if(s->noepsv){
		code = ask(s, text, sizeof text, nil, "PASV");
		if(code < 0)
			return -1;
		if(code != 227){
			replyerror(code, text);
			return -1;
		}
		port = pasvport(text);
	}
	if(port <= 0 || port > 65535){
		werrstr("the server names no port: %.40q", text);
		return -1;
	}
	snprint(addr, sizeof addr, "%s/tcp!%s!%d", s->net, s->addr, port);
	fd = netdial(addr, nil);
	return fd;
}

int
begin(Session *s, char *fmt, ...)
{
	char text[Maxline], buf[Maxpath+64];
	va_list arg;
	int code, fd;

	fd = passive(s);
	if(fd < 0)
		return -1;
	va_start(arg, fmt);
	vseprint(buf, buf+sizeof buf, fmt, arg);
	va_end(arg);
	code = ask(s, text, sizeof text, nil, "%s", buf);
	if(code/100 != 1){
		if(code > 0)
			replyerror(code, text);
		close(fd);
		return -1;
	}
	s->data = fd;
	return 0;
}

int
finish(Session *s)
{
	char text[Maxline];
	int code;

	if(s->data >= 0)
		close(s->data);
	s->data = -1;
	s->down = nil;
	code = reply(s, text, sizeof text, nil);
	if(code < 0){
		drop(s);
		return -1;
	}
	if(code/100 != 2){
		replyerror(code, text);
		if(code == 421)
			drop(s);
		return -1;
	}
	return 0;
}
