/*
 * /386/init: builds the name space and environment of the first user, starts a
 * shell and, when that ends, the end of the machine.  What the shell does
 * depends on the host: with /boot/program it is that program (exec.c), with
 * /boot/command it runs that command, on a terminal it is interactive, otherwise
 * it reads commands from standard input.
 */
#include <u.h>
#include <libc.h>
#include <disk.h>
#include <ip.h>
#include "init.h"

enum
{
	Maxargs	= 64,
};

static char	*user;
static int	program;		/* the host was told to run one of its own */
static char	*command;		/* what the host was told to run; nil: none */
static int	stream;			/* the console is no terminal */
static int	shellpid;
static int	ending;			/* the host wants the machine to end */
static char	*shellmsg;		/* its end, if that came before it was waited for */

void
setenv(char *name, char *val, int len)
{
	char file[64];
	int fd;

	snprint(file, sizeof file, "#e/%s", name);
	fd = create(file, OWRITE, 0666);
	if(fd < 0 || write(fd, val, len) != len)
		fprint(2, "init: can't set $%s: %r\n", name);
	close(fd);
}

/* the contents of a file with a NUL behind them, in the heap; nil if it cannot be read */
char*
readfile(char *file, long *len)
{
	char *s, *t;
	long n, size, max;
	int fd;

	fd = open(file, OREAD);
	if(fd < 0)
		return nil;
	max = 512;
	s = malloc(max+1);
	for(size = 0; s != nil && (n = read(fd, s+size, max-size)) > 0;){
		size += n;
		if(size == max){
			max *= 4;
			t = realloc(s, max+1);
			if(t == nil)
				free(s);
			s = t;
		}
	}
	close(fd);
	if(s != nil)
		s[size] = 0;
	if(len != nil)
		*len = size;
	return s;
}

/* a variable, also before there is /env; nil if it is not set */
char*
getvar(char *name)
{
	char file[64];

	snprint(file, sizeof file, "#e/%s", name);
	return readfile(file, nil);
}

/* what the host put into the variable is a name in /adm/timezone; what is left there is its text */
static void
timezone(void)
{
	char *zone, *text, file[64];
	long n;

	zone = getvar("timezone");
	if(zone != nil && strpbrk(zone, " \n") != nil){
		free(zone);
		return;
	}
	snprint(file, sizeof file, "/adm/timezone/%s", zone != nil && *zone != 0 ? zone : "local");
	text = readfile(file, &n);
	if(text == nil)
		text = readfile("/adm/timezone/local", &n);
	if(text != nil)
		setenv("timezone", text, n);
	else
		remove("#e/timezone");
	free(text);
	free(zone);
}

static void
environment(void)
{
	char *s, buf[160];
	long n;

	s = readfile("#e/cputype", &n);
	if(s != nil)
		setenv("objtype", s, n);
	free(s);
	user = readfile("#c/user", nil);
	if(user == nil || *user == 0)
		user = "none";
	setenv("user", user, strlen(user));
	snprint(buf, sizeof buf, "/usr/%s", user);
	setenv("home", buf, strlen(buf));
	s = readfile("#c/sysname", &n);
	if(s != nil && n > 0)
		setenv("sysname", s, n);
	else
		s = "9guest";
	n = snprint(buf, sizeof buf, "%.100s%% ", s)+1;
	buf[n++] = '\t';
	buf[n++] = 0;
	setenv("prompt", buf, n);
	timezone();
}

/*
 * Wait for a child and return its message, in the heap; nil if there is none of
 * that number.  Should the shell end meanwhile, its message is kept for later.
 */
static char*
waitfor(int pid)
{
	char *msg, err[ERRMAX];
	Waitmsg *w;

	if(pid == shellpid && shellmsg != nil)
		return shellmsg;
	for(;;){
		if(ending)
			return nil;
		w = wait();
		if(w == nil){
			rerrstr(err, sizeof err);
			if(strcmp(err, "interrupted") == 0)
				continue;
			return nil;
		}
		msg = strdup(w->msg);
		if(w->pid == pid){
			free(w);
			return msg;
		}
		if(w->pid == shellpid)
			shellmsg = msg;
		free(w);
	}
}

/*
 * Start a file server that mounts itself and goes on by itself, and wait until
 * it has: 0; or -1, and the error string is why not.  A root that does not have it works without.
 */
int
server(char *arg0, ...)
{
	char file[64], *msg, *why;
	int pid;

	snprint(file, sizeof file, "/bin/%s", arg0);
	if(access(file, AEXEC) < 0)
		return -1;
	pid = rfork(RFPROC|RFFDG|RFREND|RFNOTEG);
	if(pid == 0){
		exec(file, &arg0);
		exits("no server");
	}
	if(pid < 0)
		return -1;
	msg = waitfor(pid);
	if(msg != nil && *msg != 0){
		fprint(2, "init: %s: %s\n", file, msg);
		why = strstr(msg, ": ");	/* behind the name and number of the process */
		werrstr("%s", why != nil ? why+2 : msg);
		free(msg);
		return -1;
	}
	free(msg);
	return 0;
}

static void
mkdir(char *dir, ulong perm)
{
	int fd;

	fd = create(dir, OREAD, DMDIR|perm);
	close(fd);
}

/* whether the root archive has anything in the directory */
static int
holds(char *dir)
{
	Dir *d;
	int fd, n;

	fd = open(dir, OREAD);
	if(fd < 0)
		return 0;
	n = dirread(fd, &d);
	close(fd);
	if(n > 0)
		free(d);
	return n > 0;
}

/*
 * Where somebody's tree is for reading only, as on a CD-ROM, /tmp is in memory.  Those who sit at a terminal get that by
 * the profile of such a tree.
 */
static void
treetmp(void)
{
	int fd;

	fd = create("/tmp/.init", OWRITE|ORCLOSE, 0600);
	if(fd < 0 && access("/tmp", AEXIST) == 0)
		server("ramfs", nil);
	close(fd);
}

/*
 * The user's home is in memory; its tmp is /tmp for everybody.  What an archive
 * has in /usr shows behind that, in the home's own directories, too.  A root that
 * is somebody's tree has homes of its own.
 */
static void
homes(void)
{
	static char *dirs[] = {"", "/tmp", "/lib", "/bin", "/bin/rc", "/bin/386"};
	char dir[128], old[128], *tree, *at;
	int i;

	tree = getvar("rootdir");
	free(tree);
	if(tree != nil){
		treetmp();
		return;
	}
	at = holds("/usr") ? "/tmp" : "/usr";
	server("ramfs", "-m", at, nil);
	for(i = 0; i < nelem(dirs); i++){
		snprint(dir, sizeof dir, "%s/%s%s", at, user, dirs[i]);
		mkdir(dir, 0775);
	}
	if(strcmp(at, "/usr") != 0){
		for(i = 0; i < nelem(dirs); i++){
			snprint(dir, sizeof dir, "%s/%s%s", at, user, dirs[i]);
			snprint(old, sizeof old, "/usr/%s%s", user, dirs[i]);
			if(access(old, AEXIST) == 0){
				bind(dir, dir, MREPL|MCREATE);
				bind(old, dir, MAFTER);
			}
		}
		bind(at, "/usr", MBEFORE|MCREATE);
	}
	snprint(dir, sizeof dir, "/usr/%s/tmp", user);
	bind(dir, "/tmp", MREPL|MCREATE);
}

/* the disks' partitions, before anybody asks for them */
static void
disks(void)
{
	int pid;

	if(!havedisks() || access("/rc/bin/diskparts", AEXEC) < 0)
		return;
	pid = rfork(RFPROC|RFFDG|RFREND|RFNOTEG);
	if(pid == 0){
		execl("/rc/bin/diskparts", "diskparts", nil);
		exits("no diskparts");
	}
	if(pid > 0)
		free(waitfor(pid));
}

/* the host's signal, or its user's ^A x: what is kept back for disks is to be written, then we end */
static int
asked(void*, char *note)
{
	if(strcmp(note, "hangup") != 0)
		return 0;
	ending = 1;
	if(shellpid > 0)
		postnote(PNGROUP, shellpid, "hangup");	/* should we not be waiting for it yet */
	return 1;
}

static void
reopen(int fd, char *file, int mode)
{
	int n;

	n = open(file, mode);
	if(n < 0){
		fprint(2, "init: can't open %s: %r\n", file);
		return;
	}
	if(n != fd){
		dup(n, fd);
		close(n);
	}
}

/* the words after the command of -c, each ended by a NUL */
static int
arguments(char **argv, int n)
{
	char *s, *e;
	long len;

	s = readfile("#//boot/args", &len);
	if(s != nil)
		for(e = s+len; s < e && n < Maxargs-1; s += strlen(s)+1)
			argv[n++] = s;
	return n;
}

/*
 * Somebody at a terminal gets the prompt before what only a command needs; what
 * was typed by then waits.
 */
static int
holdinput(void)
{
	int fd;

	fd = open("#c/consctl", OWRITE|OCEXEC);
	if(fd >= 0 && write(fd, "holdon", 6) != 6)
		fprint(2, "init: can't hold input: %r\n");
	return fd;
}

static void
releaseinput(int fd)
{
	write(fd, "holdoff", 7);
	close(fd);
}

/* the shell, in a process of its own; it has the console */
static void
shell(void)
{
	char *argv[Maxargs], *cons;
	int n;

	/* programs know a terminal by the name /dev/cons: they would colour, ask, or put raw what is only a stream */
	cons = stream ? "#c/cons" : "/dev/cons";
	reopen(0, cons, OREAD);
	reopen(1, cons, OWRITE);
	if(program){
		reopen(2, "#c/conserr", OWRITE);
		hostexec();
	}
	n = 0;
	argv[n++] = "rc";
	if(command != nil){
		argv[n++] = "-c";
		argv[n++] = command;
		n = arguments(argv, n);
	}else
		argv[n++] = stream ? "-Il" : "-il";
	argv[n] = nil;
	reopen(2, command != nil || stream ? "#c/conserr" : "/dev/cons", OWRITE);
	exec("/bin/rc", argv);
	fprint(2, "init: can't exec /bin/rc: %r\n");
	exits("no rc");
}

/* "rc 7: text" is what the shell rc, process 7, said by text; a program that the host named is not named again */
static char*
statustext(char *msg)
{
	char *p, pid[16];

	snprint(pid, sizeof pid, " %d: ", shellpid);
	p = strstr(msg, pid);
	return p != nil && (program || strncmp(msg, "rc ", 3) == 0) ? p+strlen(pid) : msg;
}

void
main(int argc, char **argv)
{
	char buf[ERRMAX+8], *console, *msg;
	int fd, hold, later;

	USED(argc, argv);
	console = getvar("console");
	stream = console != nil && strcmp(console, "stream") == 0;
	command = readfile("#//boot/command", nil);
	program = hostprogram();
	environment();
	if(mkloopback() < 0)
		fprint(2, "init: #I0/ipifc: %r\n");
	posthostnet();
	newns("/lib/namespace");
	homes();
	disks();
	chdir(smprint("/usr/%s", user));
	later = command == nil && !program && !stream;
	if(nshares() > 0)
		mountshares();
	network();
	hold = -1;
	if(later)
		hold = holdinput();
	else
		server("mntgen", nil);
	if(!program && havedisks())
		atnotify(asked, 1);
	shellpid = rfork(RFPROC|RFFDG|RFREND|RFNOTEG);
	if(shellpid == 0)
		shell();
	if(shellpid < 0)
		sysfatal("can't fork: %r");
	hoststarted(shellpid);
	if(later){
		server("mntgen", nil);
		releaseinput(hold);
	}
	msg = waitfor(shellpid);
	if(havedisks())
		hangupall();
	snprint(buf, sizeof buf, "exit %s", msg == nil ? "" : statustext(msg));
	fd = open("#c/reboot", OWRITE);
	if(fd < 0 || write(fd, buf, strlen(buf)) < 0)
		sysfatal("#c/reboot: %r");
	for(;;)
		sleep(1000);
}
