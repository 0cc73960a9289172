/*
 * /boot/boot: the first program that the kernel starts.  It tells the kernel who
 * owns the machine and what it is called, puts what the host configured into the
 * environment and becomes /386/init.  The name space is still bare: all devices
 * go by their # names here.
 */
#include <u.h>
#include <libc.h>

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

static void
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
	execl("/386/init", "init", "-t", nil);
	fprint(2, "boot: can't exec /386/init: %r\n");
	exits("no init");
}
