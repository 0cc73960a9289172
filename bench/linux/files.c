/* What files cost on Linux, natively: the counterpart, row by row, of bench/guest/files.c. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 9, BLOCK = 64 * 1024, MANY = 10000 };

static char block[BLOCK];
static const char *dir, *tree;
static char name[4096];

static long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	long long x = *(const long long *)a, y = *(const long long *)b;

	return x < y ? -1 : x > y;
}

static long long median(long long (*op)(void))
{
	long long ns[ROUNDS];

	op();
	for (int i = 0; i < ROUNDS; i++)
		ns[i] = op();
	qsort(ns, ROUNDS, sizeof ns[0], compare);
	return ns[ROUNDS / 2];
}

static void need(int ok, const char *what)
{
	if (!ok) {
		perror(what);
		exit(1);
	}
}

static const char *in_dir(const char *file)
{
	snprintf(name, sizeof name, "%s/%s", dir, file);
	return name;
}

static long long open_close(void)
{
	const char *small = in_dir("small");
	long long t = now_ns();

	for (int i = 0; i < 2000; i++) {
		int fd = open(small, O_RDONLY);

		need(fd >= 0, small);
		close(fd);
	}
	return (now_ns() - t) / 2000;
}

static long long reads(void)
{
	int fd = open(in_dir("big"), O_RDONLY);
	long long t, n = 0;
	ssize_t k;

	need(fd >= 0, name);
	t = now_ns();
	while ((k = read(fd, block, BLOCK)) > 0)
		n += k;
	t = now_ns() - t;
	close(fd);
	return n * 1000 / (t / 1000000);
}

static long long writes(void)
{
	int fd = open(in_dir("out"), O_WRONLY | O_CREAT | O_TRUNC, 0666);
	long long t;

	need(fd >= 0, name);
	t = now_ns();
	for (int i = 0; i < 512; i++)
		need(write(fd, block, BLOCK) == BLOCK, name);
	t = now_ns() - t;
	close(fd);
	return 512ll * BLOCK * 1000 / (t / 1000000);
}

/* Names, sizes and owners of a directory; how many, and the sum of sizes with all directories below. */
static long long walk(int at, const char *path, int deep, long *count)
{
	int fd = openat(at, path, O_RDONLY | O_DIRECTORY);
	DIR *d = fdopendir(fd);
	long long sum = 0;
	struct dirent *e;
	struct stat st;

	need(fd >= 0 && d, path);
	while ((e = readdir(d))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		need(fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0, e->d_name);
		++*count;
		if (S_ISREG(st.st_mode))
			sum += st.st_size;
		if (deep && S_ISDIR(st.st_mode))
			sum += walk(fd, e->d_name, deep, count);
	}
	closedir(d);
	return sum;
}

static long long list(void)
{
	long long t = now_ns();
	long n = 0;

	walk(AT_FDCWD, in_dir("many"), 0, &n);
	need(n == MANY, name);
	return now_ns() - t;
}

static long long du(void)
{
	long long t = now_ns();
	long n = 0;

	walk(AT_FDCWD, tree, 1, &n);
	return now_ns() - t;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	dir = argv[1];
	tree = argv[2];
	printf("file-open-close %lld\n", median(open_close));
	printf("file-read-64k %lld\n", median(reads));
	printf("file-write-64k %lld\n", median(writes));
	printf("list-10000 %lld\n", median(list));
	printf("du-tree %lld\n", median(du));
	return 0;
}
