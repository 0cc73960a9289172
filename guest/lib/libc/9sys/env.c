/*
 * getenv(2): variables are the files of /env.  A list has a NUL after each
 * word; getenv gives it as one string with blanks between.
 */
#include <u.h>
#include <libc.h>

static int
envname(char *buf, int size, char *name)
{
	if(*name == 0 || strchr(name, '/') != nil || strcmp(name, ".") == 0 || strcmp(name, "..") == 0){
		werrstr("bad character in environment name: %s", name);
		return -1;
	}
	if(snprint(buf, size, "/env/%s", name) != strlen(name)+5){
		werrstr("environment name too long");
		return -1;
	}
	return 0;
}

/* malloc'd; nil if there is none */
char*
getenv(char *name)
{
	char path[256];
	char *s, *p;
	int fd;
	long n;
	vlong len;

	if(envname(path, sizeof path, name) < 0)
		return nil;
	fd = open(path, OREAD);
	if(fd < 0)
		return nil;
	s = nil;
	len = seek(fd, 0, 2);
	if(len >= 0 && len < 1<<28)
		s = malloc(len+1);
	if(s != nil){
		seek(fd, 0, 0);
		n = readn(fd, s, len);
		if(n < 0)
			n = 0;
		while(n > 0 && s[n-1] == 0)
			n--;
		s[n] = 0;
		for(p = s; p < s+n; p++)
			if(*p == 0)
				*p = ' ';
	}
	close(fd);
	return s;
}

int
putenv(char *name, char *val)
{
	char path[256];
	int fd, n, ok;

	if(envname(path, sizeof path, name) < 0)
		return -1;
	fd = create(path, OWRITE, 0666);
	if(fd < 0)
		return -1;
	n = strlen(val);
	ok = n == 0 || write(fd, val, n) == n;
	close(fd);
	return ok ? 0 : -1;
}
