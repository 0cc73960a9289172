/* What the file behind a disk costs on Linux: the counterpart, row by row, of bench/guest/disk.c. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 1024 * 1024, SMALL = 4096, READS = 20000, PROCS = 32 };

static const char *file;
static char *block;
static long long size;

static long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static void fail(void)
{
	perror(file);
	exit(1);
}

static long long sequential(int write, size_t len)
{
	int fd = open(file, O_RDWR);
	long long start = now_ns();
	ssize_t n;

	for (long long at = 0; at < size; at += n) {
		n = write ? pwrite(fd, block, len, at) : pread(fd, block, len, at);
		if (n <= 0)
			fail();
	}
	start = now_ns() - start;
	close(fd);
	return size * 1000000000ll / start;
}

static void reads(int n, unsigned seed)
{
	static _Alignas(SMALL) char buf[SMALL];
	int fd = open(file, O_RDONLY);

	while (n-- > 0) {
		seed = seed * 1664525 + 1013904223;
		if (pread(fd, buf, SMALL, (long long)(seed >> 4) % (size / SMALL) * SMALL) != SMALL)
			fail();
	}
	close(fd);
}

static long long many(int procs)
{
	long long start = now_ns();

	for (int i = 0; i < procs; i++)
		if (fork() == 0) {
			reads(READS / procs, (unsigned)i * 77777 + 1);
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
	return (now_ns() - start) / READS;
}

int main(int argc, char **argv)
{
	static const size_t len[] = { 4096, 8192, 65536, BLOCK };
	struct stat st;

	file = argc == 2 ? argv[1] : "";
	if (stat(file, &st) < 0)
		fail();
	size = st.st_size;
	block = aligned_alloc(SMALL, BLOCK);
	memset(block, 'x', BLOCK);
	for (int write = 0; write < 2; write++)
		for (size_t i = 0; i < sizeof len / sizeof len[0]; i++)
			printf("disk-%s-%zuk %lld\n", write ? "write" : "read", len[i] / 1024, sequential(write, len[i]));
	printf("disk-random-1 %lld\n", many(1));
	printf("disk-random-32 %lld\n", many(PROCS));
	return 0;
}
