/*
 * An init as other Plan 9 systems have it, and not ours: it knows nothing of /boot/command, makes its
 * name space by /lib/namespace from an empty one, runs termrc and profile, and then starts rc again and again.
 */
#include <u.h>
#include <libc.h>

static void
put(char *file, char *text)
{
	int fd;

	fd = open(file, OWRITE);
	if(fd < 0)
		fd = create(file, OWRITE, 0666);
	if(fd < 0 || write(fd, text, strlen(text)) < 0)
		fprint(2, "init: %s: %r\n", file);
	close(fd);
}

static char*
get(char *file)
{
	static char buf[256];
	int fd, n;

	fd = open(file, OREAD);
	n = read(fd, buf, sizeof buf - 1);
	close(fd);
	buf[n > 0 ? n : 0] = 0;
	return strdup(buf);
}

static int
flags(char *s)
{
	int f;

	f = MREPL;
	for(s++; *s; s++)
		f |= *s == 'a' ? MAFTER : *s == 'b' ? MBEFORE : *s == 'c' ? MCREATE : *s == 'C' ? MCACHE : 0;
	return f;
}

/* a word of /lib/namespace with its variables replaced */
static char*
subst(char *w)
{
	char *d, *e, *v, file[64];

	d = strchr(w, '$');
	if(d == nil)
		return w;
	for(e = d+1; *e && *e != '/'; e++)
		;
	snprint(file, sizeof file, "#e/%.*s", (int)(e-d-1), d+1);
	v = get(file);
	return smprint("%.*s%s%s", (int)(d-w), w, v, e);
}

static void
names(char *file)
{
	static char text[8192];
	char *line, *next, *w[8];
	int fd, n, f, i;

	fd = open(file, OREAD);
	n = readn(fd, text, sizeof text - 1);
	close(fd);
	text[n > 0 ? n : 0] = 0;
	rfork(RFENVG|RFCNAMEG);
	for(line = text; line && *line; line = next){
		next = strchr(line, '\n');
		if(next)
			*next++ = 0;
		if(*line == '#')
			continue;
		n = tokenize(line, w, nelem(w));
		f = MREPL;
		for(i = 1; i < n; i++)
			w[i] = subst(w[i]);
		i = 1;
		if(n > 1 && w[1][0] == '-')
			f = flags(w[i++]);
		if(n < i+1)
			continue;
		if(strcmp(w[0], "cd") == 0)
			chdir(w[i]);
		else if(strcmp(w[0], "bind") == 0)
			bind(w[i], w[i+1], f);
		else if(strcmp(w[0], "mount") == 0){
			fd = open(w[i], ORDWR);
			mount(fd, -1, w[i+1], f, n > i+2 ? w[i+2] : "");
		}
	}
}

void
main(int argc, char **argv)
{
	char buf[64], *user;
	int i, cpu;

	for(i = 3; i < 30; i++)
		close(i);
	alarm(0);
	snprint(buf, sizeof buf, "#p/%d/ctl", getpid());
	put(buf, "pri 10");
	put("#e/objtype", get("#e/cputype"));
	cpu = argc > 1 && strcmp(argv[1], "-c") == 0;
	put("#e/service", cpu ? "cpu" : "terminal");
	put("#e/timezone", get("/adm/timezone/local"));
	user = get("#c/user");
	put("#e/user", user);
	put("#e/home", smprint("/usr/%s", user));
	put("#e/sysname", get("#c/sysname"));
	names("/lib/namespace");
	print("strange init: argc %d argv1 %s\n", argc, argc > 1 ? argv[1] : "");
	for(i = 0;; i++){
		print("init: starting /bin/rc\n");
		if(fork() == 0){
			rfork(RFNOTEG);
			if(i == 0 && cpu)
				execl("/bin/rc", "rc", "/rc/bin/cpurc", nil);
			else if(i == 0)
				execl("/bin/rc", "rc", "-c", ". /rc/bin/termrc; home=/usr/$user; cd; . lib/profile", nil);
			else
				execl("/bin/rc", "rc", "-i", nil);
			exits("no rc");
		}
		waitpid();
	}
}
