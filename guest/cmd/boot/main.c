/*
 * /boot/boot: the first program that the kernel starts.  It tells the kernel who
 * owns the machine and what it is called, puts what the host configured into the
 * environment and becomes /386/init.  The name space is still bare: all devices
 * go by their # names here.
 *
 * If the host shares a directory to be the root, that is mounted on /root and
 * joined to /, as a distribution expects it of its boot program, and the init
 * is that tree's own; but a command of the host's is for ours (/boot/init) to run,
 * since no other knows of it.
 */
#include <u.h>
#include <libc.h>
#include "boot.h"

enum
{
	Maxconfig	= 4096,
	Maxinit		= 16,		/* words of $init */
	Maxvalue	= 1024,
};

static void
put(char *file, char *val)
{
	int fd, n;

	fd = open(file, OWRITE|OTRUNC);
	if(fd < 0)
		fd = create(file, OWRITE, 0666);
	n = strlen(val);
	if(fd < 0 || write(fd, val, n) != n)
		fprint(2, "boot: can't write %s: %r\n", file);
	close(fd);
}

void
setenv(char *name, char *val)
{
	char file[64];

	snprint(file, sizeof file, "#e/%s", name);
	put(file, val);
}

/*
 * A variable, in the heap; nil if it is not set.  Not by /env, where a tree that has been joined to / may have a directory of
 * its own.
 */
char*
value(char *name)
{
	char file[64], buf[Maxvalue+1];

	snprint(file, sizeof file, "#e/%s", name);
	return readtext(file, buf, Maxvalue) != nil ? strdup(buf) : nil;
}

/* Has the command line of the kernel said what $name is?  Then nobody else does. */
int
told(char *name)
{
	char file[64];

	snprint(file, sizeof file, "#ec/%s", name);
	return access(file, AEXIST) == 0;
}

/* the owner of the machine; who logs in unless told otherwise */
void
setowner(char *user)
{
	setenv("user", user);
	put("#c/hostowner", user);
}

/*
 * A distribution's tree has a home for its own user, and none for the host's, who then works as that user, unless the command
 * line has named somebody.
 */
void
session(void)
{
	static char glenda[] = "glenda";
	char *user, *home;

	user = value("user");
	home = smprint("/usr/%s", user != nil ? user : "");
	if(!told("user") && access(home, AEXIST) < 0 && access("/usr/glenda", AEXIST) == 0){
		fprint(2, "boot: the root has no usr/%s; the user is %s (--append user=NAME says otherwise)\n", user != nil ? user : "", glenda);
		setowner(glenda);
	}
	free(user);
	free(home);
}

/* A root's names before it is joined to /: those that its init expects. */
void
rootnames(int fd)
{
	bind("#c", "/dev", MREPL);
	bind("#ec", "/env", MREPL);
	bind("#e", "/env", MBEFORE|MCREATE);
	bind("#s", "/srv", MREPL|MCREATE);
	post("boot", fd);
	rfork(RFNAMEG);
}

/*
 * Lines name=value.  Names that begin with * are for the kernel alone, as in
 * plan9.ini.
 */
void
config(char *text)
{
	char *p, *e, *val;

	for(p = text; *p != 0; p = e){
		e = strchr(p, '\n');
		if(e != nil)
			*e++ = 0;
		else
			e = p+strlen(p);
		val = strchr(p, '=');
		if(val == nil || val == p || *p == '*' || *p == '#')
			continue;
		*val++ = 0;
		if(!told(p))
			setenv(p, val);
	}
	val = value("user");
	if(val != nil)
		setowner(val);
	free(val);
	val = value("sysname");
	if(val != nil)
		put("#c/sysname", val);
	free(val);
}

/* The end of the machine: the host says why. */
void
fail(char *why)
{
	char buf[ERRMAX];

	snprint(buf, sizeof buf, "exit %s", why);
	put("#c/reboot", buf);
	exits(why);
}

void
post(char *name, int fd)
{
	char file[80];
	int sfd;

	snprint(file, sizeof file, "#s/%s", name);
	sfd = create(file, OWRITE, 0666);
	if(sfd < 0 || fprint(sfd, "%d", fd) < 0)
		fprint(2, "boot: can't post %s: %r\n", file);
	close(sfd);
}

static void
postshare(char *share, char *name)
{
	char file[80];
	int fd;

	snprint(file, sizeof file, "#h/%s", share);
	fd = open(file, ORDWR);
	if(fd >= 0)
		post(name, fd);
	close(fd);
}

/* The host's other directories, for who mounts them; and its network, which name spaces mount as /srv/net. */
static void
postshares(void)
{
	Dir *d;
	int i, n;

	n = entries("#h", &d);
	for(i = 0; i < n; i++)
		if(d[i].name[0] != '.')
			postshare(d[i].name, d[i].name);
	free(d);
	postshare(".net", "net");
}

/* what a file is that is no Plan 9 program for the 386; nil: it is one, or nobody knows */
char*
stranger(char *file)
{
	static struct {
		char	*bytes;
		int	n;
		char	*what;
	} kinds[] = {
		{"\x7F" "ELF", 4, "a program for Linux or the like"},
		{"MZ", 2, "a program for Windows"},
		{"\0\0\x8A\x97", 4, "a program for amd64"},
		{"\0\0\x06\x47", 4, "a program for arm"},
		{"\0\0\x8C\x47", 4, "a program for arm64"},
	};
	char buf[32];
	int i, fd, n;

	fd = open(file, OREAD);
	n = read(fd, buf, sizeof buf);
	close(fd);
	if(n < 0 || n >= 2 && memcmp(buf, "#!", 2) == 0)
		return nil;
	if(n == 0)
		return "empty";
	for(i = 0; i < nelem(kinds); i++)
		if(n >= kinds[i].n && memcmp(buf, kinds[i].bytes, kinds[i].n) == 0)
			return kinds[i].what;
	return n == sizeof buf && memcmp(buf, "\0\0\x01\xEB", 4) == 0 ? nil : "no program";
}

/* The tree's program file, without which nothing comes up, is what it should be; or the machine ends with a word on what is wrong. */
void
need(char *file, char *what)
{
	char buf[ERRMAX], *s;

	if(access(file, AEXIST) < 0)
		s = "is missing; is it the tree of a Plan 9 for 386?";
	else if(access(file, AEXEC) < 0)
		s = "is not executable; did unpacking the tree lose permissions?";
	else if((s = stranger(file)) != nil){
		snprint(buf, sizeof buf, "the root has no %s: %s is %s; a Plan 9 program for 386 is wanted", what, file+1, s);
		fail(buf);
	}else
		return;
	snprint(buf, sizeof buf, "the root has no %s: %s %s", what, file+1, s);
	fail(buf);
}

/* The text of a file, in buf of n+1 bytes; nil if it cannot be read. */
char*
readtext(char *file, char *buf, int n)
{
	int fd;

	fd = open(file, OREAD);
	if(fd < 0)
		return nil;
	n = readn(fd, buf, n);
	close(fd);
	if(n < 0)
		return nil;
	buf[n] = 0;
	return buf;
}

/* What is in a directory: how many, and in *d, to be freed, what they are. */
long
entries(char *dir, Dir **d)
{
	long n;
	int fd;

	*d = nil;
	fd = open(dir, OREAD);
	if(fd < 0)
		return 0;
	n = dirreadall(fd, d);
	close(fd);
	return n > 0 ? n : 0;
}

/* the tree on the connection fd becomes the root */
static void
mountroot(int fd)
{
	char buf[ERRMAX];

	rootnames(fd);
	if(bind("/", "/", MREPL) < 0 || mount(fd, -1, "/root", MREPL|MCREATE, "") < 0
	|| bind("/root", "/", MAFTER|MCREATE) < 0){
		snprint(buf, sizeof buf, "can't make the host's directory the root: %r");
		fail(buf);
	}
	setenv("rootdir", "/root");
}

/* does the host want something done, and no session? */
int
hosts(void)
{
	char *console;
	int stream;

	console = value("console");
	stream = console == nil || strcmp(console, "tty") != 0;
	free(console);
	return stream || access("#//boot/command", AEXIST) == 0 || access("#//boot/program", AEXIST) == 0;
}

/* A shell takes its console for one by the name by which it was opened. */
static void
console(void)
{
	int fd;

	fd = open("/dev/cons", ORDWR);
	if(fd < 0)
		return;
	dup(fd, 0);
	dup(fd, 1);
	dup(fd, 2);
	if(fd > 2)
		close(fd);
}

/*
 * Become the init of the tree that is mounted, as its own boot program would: $init says by which words, else $service
 * whether it is a terminal's or a CPU server's.
 */
void
treeinit(void)
{
	char *argv[Maxinit+1], *words, *service;
	int n;

	words = value("init");
	n = words != nil ? tokenize(words, argv, Maxinit) : 0;
	if(n == 0){
		service = value("service");
		argv[n++] = "/386/init";
		argv[n++] = service != nil && strcmp(service, "cpu") == 0 ? "-c" : "-t";
	}
	argv[n] = nil;
	need(argv[0], "init");
	postshares();
	factotum();
	console();
	exec(argv[0], argv);
	fail(smprint("can't exec the root's %s: %r", argv[0]));
}

/* the root is a directory of the host's */
static void
hostroot(int fd)
{
	mountroot(fd);
	need("/386/bin/rc", "shell");
	session();
	if(access("/lib/namespace", AREAD) < 0)
		fprint(2, "boot: the root has no lib/namespace: names such as /bin and /proc will be missing\n");
	if(hosts()){
		execl("/boot/init", "init", "-t", nil);
		fail("can't exec /boot/init");
	}
	listenend(nil);
	treeinit();
}

void
main(int argc, char **argv)
{
	static char text[Maxconfig+1];
	int fd;

	USED(argc, argv);
	setenv("cputype", "386");
	setenv("terminal", "9guest lguest");
	if(!told("service"))
		setenv("service", "terminal");
	if(readtext("#//boot/config", text, Maxconfig) == nil || text[0] == 0)
		strcpy(text, "user=glenda\nsysname=9guest\n");
	config(text);
	if(hosts() && (fd = open("#c/conserr", OWRITE)) >= 0){
		dup(fd, 2);
		close(fd);
	}
	fd = open("#h/.root", ORDWR);
	if(fd >= 0)
		hostroot(fd);
	localroot();
	execl("/386/init", "init", "-t", nil);
	fprint(2, "boot: can't exec /386/init: %r\n");
	exits("no init");
}
