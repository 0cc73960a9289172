/* syslog(2): a line in /sys/log/NAME, which must exist and be append-only. */
#include <u.h>
#include <libc.h>

void
syslog(int cons, char *name, char *fmt, ...)
{
	char path[256], buf[1024], *p, *e, *t;
	va_list args;
	int fd;

	e = buf + sizeof buf - 1;
	t = ctime(time(nil));
	p = seprint(buf, e, "%s %.15s ", sysname() != nil ? sysname() : "gnot", t+4);
	va_start(args, fmt);
	p = vseprint(p, e, fmt, args);
	va_end(args);
	*p++ = '\n';
	if(name != nil){
		snprint(path, sizeof path, "/sys/log/%s", name);
		fd = open(path, OWRITE|OCEXEC);
		if(fd >= 0){
			seek(fd, 0, 2);
			write(fd, buf, p-buf);
			close(fd);
		}else
			cons = 1;
	}
	if(!cons)
		return;
	fd = open("/dev/cons", OWRITE|OCEXEC);
	if(fd >= 0){
		write(fd, buf, p-buf);
		close(fd);
	}
}
