/*
 * Processes that are killed while the disk hangs: they die at once, nobody's memory is written into afterwards, and what they
 * were writing does not come after what others write later.  The block at Place hangs for seconds.
 * usage: sdorphan /dev/sdXX/data
 */
#include <u.h>
#include <libc.h>
#include "../guest/tap.h"

enum
{
	Len	= 512*1024,
	Place	= 2*1024*1024,		/* of the block that hangs */
	Nchild	= 6,
	Soon	= 2500,			/* ms: well before the block answers, though the host be busy */
	Inherited = 256,
	Memory	= 150*1024*1024,	/* most of what there is */
};

static char	*file;
static uchar	buf[Len];

static vlong
ms(void)
{
	return nsec()/1000000;
}

/* a process that reads, or writes bytes c, or what it has inherited of the parent's */
static int
child(int c)
{
	int pid, fd;

	pid = fork();
	if(pid != 0)
		return pid;
	fd = open(file, ORDWR);
	if(c != Inherited)
		memset(buf, c, Len);
	if(c != 0)
		pwrite(fd, buf, Len, Place);
	else
		pread(fd, buf, Len, Place);
	_exits("not killed");
}

/* kill with what, "kill" as a note or by ctl, and wait for it: ms, or -1 if it was not */
static long
killed(int pid, int note)
{
	char name[40];
	vlong start;
	Waitmsg *w;
	long t;
	int fd;

	start = ms();
	snprint(name, sizeof name, "/proc/%d/%s", pid, note? "note": "ctl");
	fd = open(name, OWRITE);
	if(write(fd, "kill", 4) != 4)
		sysfatal("%s: %r", name);
	close(fd);
	w = wait();
	t = ms()-start;
	if(w == nil || w->pid != pid || strstr(w->msg, "not killed") != nil)
		t = -1;
	free(w);
	return t;
}

/* until process pid waits for the disk */
static void
waiting(int pid)
{
	char name[40], text[200];
	int fd, n, i;

	snprint(name, sizeof name, "/proc/%d/status", pid);
	for(i = 0; i < 1000; i++){
		fd = open(name, OREAD);
		n = read(fd, text, sizeof text-1);
		close(fd);
		text[n < 0? 0: n] = 0;
		if(strstr(text, " Pread ") != nil || strstr(text, " Pwrite ") != nil || strstr(text, " Exec ") != nil)
			return;
		sleep(2);
	}
	sysfatal("process %d does not wait: %s", pid, text);
}

/* two processes with the same memory that read; their pids */
static void
threads(int pid[2])
{
	int fd, p[2];

	pipe(p);
	pid[0] = fork();
	if(pid[0] == 0){
		pid[1] = rfork(RFPROC|RFMEM|RFNOWAIT);
		fd = open(file, OREAD);
		if(pid[1] != 0){
			write(p[1], &pid[1], sizeof pid[1]);
			pread(fd, buf, Len/2, Place);
		}else
			pread(fd, buf+Len/2, Len/2, Place);
		_exits("not killed");
	}
	read(p[0], &pid[1], sizeof pid[1]);
}

/* a process that executes what is at Place, straight from the disk: the kernel reads into its own memory */
static int
executes(void)
{
	char name[100];
	int fd, pid;
	Dir d;

	snprint(name, sizeof name, "%.*s/ctl", (int)(strrchr(file, '/')-file), file);
	fd = open(name, OWRITE);
	if(fprint(fd, "part prog %d %d", Place/512, Place/512+1024) < 0)
		sysfatal("%s: %r", name);
	close(fd);
	strcpy(strrchr(name, '/'), "/prog");
	nulldir(&d);
	d.mode = 0755;
	if(dirwstat(name, &d) < 0)
		sysfatal("%s: %r", name);
	pid = fork();
	if(pid == 0){
		execl(name, name, nil);
		_exits("not killed");
	}
	return pid;
}

static int
gone(int pid)
{
	char name[40];
	int i;

	snprint(name, sizeof name, "/proc/%d/status", pid);
	for(i = 0; i < 2000 && access(name, AEXIST) == 0; i++)
		sleep(5);
	return i < 2000;
}

static int
all(uchar *p, long n, int c)
{
	long i;

	for(i = 0; i < n; i++)
		if(p[i] != c){
			diag("byte %ld is %#x, not %#x", i, p[i], c);
			return 0;
		}
	return 1;
}

void
main(int argc, char **argv)
{
	vlong start;
	char name[40];
	long t, most;
	uchar *p;
	int i, fd, pid[Nchild];

	if(argc != 2)
		sysfatal("usage: sdorphan file");
	file = argv[1];
	fd = open(file, ORDWR);
	memset(buf, 'd', Len);
	if(fd < 0 || pwrite(fd, buf, Len, Place+Len) != Len)
		sysfatal("%s: %r", file);
	start = ms();
	for(i = 0; i < Nchild; i++){
		pid[i] = child(0);
		waiting(pid[i]);
	}
	most = 0;
	for(i = 0; i < Nchild; i++){
		t = killed(pid[i], i&1);
		if(t < 0 || t > most)
			most = t;
		if(t < 0)
			break;
	}
	if(!ok(most >= 0 && most < Soon, "who waits for a disk that hangs can be killed"))
		diag("it took %ld ms", most);
	/* what they had is given to us, and stays ours when the disk answers */
	p = malloc(Memory);
	if(p == nil)
		sysfatal("malloc: %r");
	memset(p, 'm', Memory);
	if(ms()-start >= 3000)
		diag("too slow to see anything");
	while(ms()-start < 4000)
		sleep(50);
	ok(all(p, Memory, 'm'), "nothing is written into memory that has been given to another");
	free(p);

	pid[0] = child('o');
	waiting(pid[0]);
	t = killed(pid[0], 0);
	if(!ok(t >= 0 && t < Soon, "a writer, too"))
		diag("it took %ld ms", t);
	start = ms();
	ok(pread(fd, buf, Len, Place+Len) == Len && all(buf, Len, 'd') && ms()-start < Soon, "other places of the disk can be read meanwhile");
	memset(buf, 'n', Len/2);
	ok(pwrite(fd, buf, 1000, Place+4096) == 1000 && pread(fd, buf, 1000, Place+4096) == 1000 && all(buf, 1000, 'n'),
		"what is written after a writer's death stays");
	ok(pread(fd, buf, 4096, Place) == 4096 && all(buf, 4096, 'o'), "and what the dead one wrote is not half of it");

	/* the parent's memory and the child's were the same pages */
	memset(buf, 'i', Len);
	pid[0] = child(Inherited);
	waiting(pid[0]);
	t = killed(pid[0], 1);
	memset(buf, 'x', Len);
	/* of a long write only the beginning need have been under way */
	ok(t >= 0 && t < Soon && pread(fd, buf, Len, Place) == Len && all(buf, 4096, 'i') && memchr(buf, 'x', Len) == nil,
		"nor is what others write into memory that he had from them before that is over");

	/* those who share memory wait for the disk while one of them lives on */
	threads(pid);
	waiting(pid[0]);
	waiting(pid[1]);
	snprint(name, sizeof name, "/proc/%d/ctl", pid[1]);
	i = open(name, OWRITE);
	write(i, "kill", 4);
	close(i);
	t = killed(pid[0], 0);
	if(!ok(t >= 0 && t < Soon && gone(pid[1]), "processes that share their memory can be killed, all of them"))
		diag("it took %ld ms", t);

	pid[0] = executes();
	waiting(pid[0]);
	t = killed(pid[0], 0);
	if(!ok(t >= 0 && t < Soon, "and who executes what is on the disk itself"))
		diag("it took %ld ms", t);
	done();
}
