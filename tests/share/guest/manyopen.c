/*
 * Opens so many files of a directory at once, in processes with some thousands each, checks that each reads what was written, and
 * says how many there were.  usage: manyopen DIR N
 */
#include <u.h>
#include <libc.h>

enum {
	Each	= 2500,
};

static char*
name(char *dir, int i)
{
	static char buf[256];

	snprint(buf, sizeof buf, "%s/many%d", dir, i);
	return buf;
}

/* files [from, to): made, kept open, checked when all others are open too */
static int
some(char *dir, int from, int to, int ready, int go)
{
	static int fd[Each];
	char buf[16], want[16];
	int i;

	for(i = from; i < to; i++){
		fd[i-from] = create(name(dir, i), ORDWR|ORCLOSE, 0666);
		if(fd[i-from] < 0){
			fprint(2, "manyopen: file %d: %r\n", i);
			return 0;
		}
		fprint(fd[i-from], "%d", i);
	}
	write(ready, "", 1);
	read(go, buf, 1);
	for(i = from; i < to; i++){
		snprint(want, sizeof want, "%d", i);
		memset(buf, 0, sizeof buf);
		if(pread(fd[i-from], buf, sizeof buf-1, 0) < 0 || strcmp(buf, want) != 0){
			fprint(2, "manyopen: file %d reads '%s': %r\n", i, buf);
			return 0;
		}
		close(fd[i-from]);
	}
	return 1;
}

void
main(int argc, char **argv)
{
	int i, n, kids, ready[2], go[2];
	char c;
	Waitmsg *w;

	if(argc != 3)
		sysfatal("usage: manyopen dir n");
	n = atoi(argv[2]);
	pipe(ready);
	pipe(go);
	for(i = kids = 0; i < n; i += Each, kids++)
		switch(fork()){
		case -1:
			sysfatal("fork: %r");
		case 0:
			close(ready[0]);
			close(go[1]);
			exits(some(argv[1], i, i+Each < n ? i+Each : n, ready[1], go[0]) ? nil : "bad");
		}
	close(ready[1]);
	close(go[0]);
	for(i = 0; i < kids; i++)
		if(read(ready[0], &c, 1) != 1)
			break;
	if(i == kids)
		print("%d open\n", n);
	close(go[1]);
	for(i = 0; (w = wait()) != nil; free(w))
		if(w->msg[0] != 0)
			i++;
	exits(i == 0 ? nil : "bad");
}
