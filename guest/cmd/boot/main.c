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
 * Lines name=value.  Names that begin with * are for the kernel alone, as in
 * plan9.ini.
 */
static void
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
		setenv(p, val);
		if(strcmp(p, "user") == 0)
			put("#c/hostowner", val);
		else if(strcmp(p, "sysname") == 0)
			put("#c/sysname", val);
	}
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

/* the host's other directories, for who mounts them */
static void
postshares(void)
{
	Dir *d;
	char file[80];
	int i, n, fd;

	fd = open("#h", OREAD);
	n = fd < 0 ? 0 : dirreadall(fd, &d);
	close(fd);
	for(i = 0; i < n; i++){
		snprint(file, sizeof file, "#h/%s", d[i].name);
		if(d[i].name[0] != '.' && (fd = open(file, ORDWR)) >= 0){
			post(d[i].name, fd);
			close(fd);
		}
	}
}

void
need(char *file, int mode, char *what)
{
	char buf[ERRMAX];

	if(access(file, mode) == 0)
		return;
	snprint(buf, sizeof buf, "the root has no %s: %s is missing or not to be used; is it the tree of a Plan 9 for 386?",
		what, file+1);
	fail(buf);
}

/* the tree on the connection fd becomes the root */
static void
mountroot(int fd)
{
	char buf[ERRMAX];

	bind("#c", "/dev", MREPL);
	bind("#ec", "/env", MREPL);
	bind("#e", "/env", MBEFORE|MCREATE);
	bind("#s", "/srv", MREPL|MCREATE);
	post("boot", fd);
	rfork(RFNAMEG);
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

	console = getenv("console");
	stream = console == nil || strcmp(console, "tty") != 0;
	free(console);
	return stream || access("/boot/command", AEXIST) == 0 || access("/boot/program", AEXIST) == 0;
}

/* the root is a directory of the host's */
static void
hostroot(int fd)
{
	int err;

	if(hosts() && (err = open("#c/conserr", OWRITE)) >= 0){
		dup(err, 2);
		close(err);
	}
	mountroot(fd);
	need("/386/bin/rc", AEXEC, "shell");
	if(access("/lib/namespace", AREAD) < 0)
		fprint(2, "boot: the root has no lib/namespace: names such as /bin and /proc will be missing\n");
	if(hosts()){
		execl("/boot/init", "init", "-t", nil);
		fail("can't exec /boot/init");
	}
	need("/386/init", AEXEC, "init");
	postshares();
	listenend(nil);
	execl("/386/init", "init", "-t", nil);
	fail(smprint("can't exec the root's /386/init: %r"));
}

void
main(int argc, char **argv)
{
	static char text[Maxconfig+1];
	int fd, n;

	USED(argc, argv);
	setenv("cputype", "386");
	setenv("terminal", "9guest lguest");
	setenv("service", "terminal");
	n = 0;
	fd = open("/boot/config", OREAD);
	if(fd >= 0){
		n = readn(fd, text, Maxconfig);
		close(fd);
	}
	if(n <= 0)
		strcpy(text, "user=glenda\nsysname=9guest\n");
	config(text);
	fd = open("#h/.root", ORDWR);
	if(fd >= 0)
		hostroot(fd);
	localroot();
	execl("/386/init", "init", "-t", nil);
	fprint(2, "boot: can't exec /386/init: %r\n");
	exits("no init");
}
