/*
 * Large numbers: a thousand processes that pass a word round, a hundred thousand
 * files in a directory, names of ten thousand bytes, a tree five thousand deep.
 * usage: u_big [seconds [seed [files]]]
 */
#include <u.h>
#include <libc.h>
#include "tap.h"
#include "mem.h"
#include "load.h"

enum {
	Nring	= 1000,
	Deep	= 4990,
};

/* Each process reads from its left and writes to its right; main closes the ring. */
static void
ring(int nproc, int laps)
{
	int left[2], right[2], first, i, made;
	long word;
	vlong t;

	t = msec();
	pipe(left);
	first = left[1];
	for(made = 0; made < nproc; made++){
		pipe(right);
		switch(rfork(RFPROC|RFFDG)){
		case -1:
			diag("fork %d: %r", made);
			goto Out;
		case 0:
			close(first);
			close(right[0]);
			while(read(left[0], &word, sizeof word) == sizeof word){
				word++;
				if(write(right[1], &word, sizeof word) != sizeof word)
					break;
			}
			_exits(nil);
		}
		close(left[0]);
		close(right[1]);
		left[0] = right[0];
	}
Out:
	same(made, nproc, "a thousand processes");
	word = 0;
	for(i = 0; i < laps; i++){
		write(first, &word, sizeof word);
		if(read(left[0], &word, sizeof word) != sizeof word)
			break;
	}
	same(word, (vlong)nproc*laps, "a word passes all of them, again and again");
	ok(nprocs() >= made, "/proc lists them");
	close(first);
	close(left[0]);
	for(i = 0; waitpid() > 0; i++)
		;
	ok(i >= 100, "they end when the ring is cut");	/* not all records are kept */
	diag("%lld ms", msec() - t);
}

static int
startramfs(void)
{
	static char *argv[] = { "ramfs", "-u", "-m", "/mnt", nil };

	if(rfork(RFPROC|RFFDG) == 0){
		exec("/bin/ramfs", argv);
		_exits("exec");
	}
	return strcmp(ended(), "") == 0;
}

static void
directory(int n)
{
	char name[64];
	uchar buf[300];
	Dir *d;
	char *seen;
	int i, fd, k, all, bad, again, number;
	vlong t;

	bad = 0;
	t = msec();
	for(i = 0; i < n; i++){
		snprint(name, sizeof name, "/mnt/file%.6d", i);
		fd = create(name, OREAD, 0644);
		if(fd < 0)
			bad++;
		close(fd);
	}
	same(bad, 0, smprint("%d files are made in one directory", n));
	diag("%lld ms", msec() - t);
	t = msec();
	seen = mallocz(n, 1);
	fd = open("/mnt", OREAD);
	all = again = 0;
	while((k = dirread(fd, &d)) > 0){
		for(i = 0; i < k; i++){
			number = strtol(d[i].name + 4, nil, 10);	/* atoi takes a 0 for octal */
			if(number < 0 || number >= n || seen[number]++)
				again++;
			all++;
		}
		free(d);
	}
	close(fd);
	free(seen);
	same(all, n, "all are listed");
	same(again, 0, "each once");
	diag("%lld ms", msec() - t);
	t = msec();
	bad = 0;
	for(i = 0; i < n; i += 1 + n/2000){
		snprint(name, sizeof name, "/mnt/file%.6d", i);
		if(stat(name, buf, sizeof buf) < 0)
			bad++;
	}
	same(bad, 0, "any of them is found");
	fails(stat("/mnt/file", buf, sizeof buf), "does not exist", "no other is");
	diag("%lld ms", msec() - t);
	t = msec();
	for(i = 0; i < n; i++){
		snprint(name, sizeof name, "/mnt/file%.6d", i);
		if(remove(name) < 0)
			bad++;
	}
	same(bad, 0, "all are removed");
	fd = open("/mnt", OREAD);
	same(dirread(fd, &d), 0, "and the directory is empty");
	close(fd);
	diag("%lld ms", msec() - t);
}

static void
deep(void)
{
	static char path[3*Deep + 100], got[3*Deep + 100];
	uchar buf[300];
	char *p;
	int i, fd, bad;

	/* a tree d/d/d..., of which the name is 10,000 bytes and more */
	strcpy(path, "/mnt");
	p = path + 4;
	bad = 0;
	for(i = 0; i < Deep; i++){
		chdir(path);
		strcpy(p, "/d");
		p += 2;
		fd = create(i == 0? path: "d", OREAD, DMDIR|0755);
		if(fd < 0){
			if(bad++ == 0)
				diag("%d: %r", i);
			break;
		}
		close(fd);
		if(chdir(i == 0? path: "d") < 0 && bad++ == 0)
			diag("chdir %d: %r", i);
		if(i > 0 && (i & (i-1)) == 0 && stat(path, buf, sizeof buf) < 0 && bad++ == 0)
			diag("stat %d: %r", i);
		if(i > 100)
			break;
	}
	/* the rest without names from the root */
	for(; i < Deep-1 && bad == 0; i++){
		strcpy(p, "/d");
		p += 2;
		fd = create("d", OREAD, DMDIR|0755);
		if(fd < 0 || chdir("d") < 0){
			bad++;
			diag("%d: %r", i);
		}
		close(fd);
	}
	same(bad, 0, "directories in directories, five thousand");
	ok(strlen(path) > 9900, "the name of the last is ten thousand bytes");
	fd = open(path, OREAD);
	ok(fd >= 0, "it can be opened by that name");
	if(fd < 0)
		diag("%r");
	if(fd2path(fd, got, sizeof got) < 0)
		diag("%r");
	ok(strcmp(got, path) == 0, "its name is what it was opened by");
	same(strlen(got), strlen(path), "in full");
	close(fd);
	ok(getwd(got, sizeof got) != nil && strcmp(got, path) == 0, "the working directory has that name, too");
	fails(stat(strcat(path, "/x"), buf, sizeof buf), "does not exist", "a name one longer does not exist");
	path[strlen(path)-2] = 0;
	for(i = 0; i < 1000; i++)
		if(chdir("..") < 0)
			break;
	same(i, 1000, "a thousand times ..");
	getwd(got, sizeof got);
	same(strlen(path) - strlen(got), 2000, "leads a thousand up");
	ok(bind("/dev", got, MREPL) > 0, "it can be mounted upon");
	chdir("/");
	ok(stat(strcat(got, "/null"), buf, sizeof buf) > 0, "and is found by its long name");
	got[strlen(got)-5] = 0;
	ok(unmount(nil, got) >= 0, "and unmounted");
	chdir("/");
}

/* Elements at the limits of what a server and the kernel take. */
static void
elements(void)
{
	static char name[70000];
	static int sizes[] = { 1, 27, 28, 255, 256, 1000, 4000 };
	int i, fd, bad;
	Dir *d;

	bad = 0;
	for(i = 0; i < nelem(sizes); i++){
		strcpy(name, "/mnt/");
		memset(name+5, 'n', sizes[i]);
		name[5+sizes[i]] = 0;
		fd = create(name, OWRITE, 0644);
		if(fd < 0){
			diag("%d bytes: %r", sizes[i]);
			bad++;
			continue;
		}
		close(fd);
		d = dirstat(name);
		if(d == nil || strlen(d->name) != sizes[i] || remove(name) < 0)
			bad++;
		free(d);
	}
	same(bad, 0, "names of 1 to 4000 bytes");
	strcpy(name, "/mnt/");
	memset(name+5, 'n', 66000);
	name[66005] = 0;
	fails(create(name, OWRITE, 0644), "too long", "not of 66000, which 9P cannot say");
	fails(open(name, OREAD), "too long", "nor opened");
}

void
main(int argc, char **argv)
{
	Inuse b;
	char *how;

	arguments(argc, argv, 1);
	b = before();
	ring(Nring, 20);
	after(b, "a thousand processes");
	b = before();
	if(fork() == 0){
		rfork(RFNAMEG);
		if(!ok(startramfs(), "ramfs begins"))
			sysfatal("no ramfs");
		directory(argc > 3? atoi(argv[3]): 100000);
		elements();
		deep();
		exits(smprint("%d %d", ntap, ntapbad));
	}
	/* its count goes on here */
	how = ended();
	ntap = strtol(how, &how, 10);
	ntapbad = strtol(how, nil, 10);
	ok(ntap > 10, "the part with files came to its end");
	after(b, "many files");
	done();
}
