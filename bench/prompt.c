/*
 * Starts a command on a pseudo-terminal and measures what a person would: the time until the prompt is there, then,
 * idle at the prompt, private memory and CPU time.  usage: prompt ROUNDS IDLE_SECONDS PROMPT COMMAND [ARG ...]
 * Prints "prompt-ms N" (median of ROUNDS), "idle-private-kib N", "idle-cpu-percent N".
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void die(const char *what)
{
	fprintf(stderr, "prompt: %s: %s\n", what, errno ? strerror(errno) : "failed");
	exit(1);
}

static pid_t start(char **argv, int *master)
{
	pid_t pid;

	*master = posix_openpt(O_RDWR | O_NOCTTY);
	if (*master < 0 || grantpt(*master) != 0 || unlockpt(*master) != 0)
		die("pseudo-terminal");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		int fd;

		setsid();
		fd = open(ptsname(*master), O_RDWR);
		dup2(fd, 0);
		dup2(fd, 1);
		dup2(fd, 2);
		execvp(argv[0], argv);
		_exit(127);
	}
	return pid;
}

/* Read until the output ends with the prompt; what came so far is shown when it does not within ten seconds. */
static void await(int master, const char *prompt)
{
	static char seen[65536];
	size_t n = 0, len = strlen(prompt);
	double end = now_ms() + 10000;

	while (n < sizeof seen - 1) {
		struct pollfd p = { master, POLLIN, 0 };
		ssize_t got;

		if (poll(&p, 1, (int)(end - now_ms())) <= 0)
			break;
		got = read(master, seen + n, sizeof seen - 1 - n);
		if (got <= 0)
			break;
		n += got;
		if (n >= len && memcmp(seen + n - len, prompt, len) == 0)
			return;
	}
	errno = 0;
	fprintf(stderr, "prompt: no \"%s\" within ten seconds; the output was:\n%.*s\n", prompt, (int)n, seen);
	exit(1);
}

static void stop(pid_t pid, int master)
{
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	close(master);
}

/* Memory that only this process has: its anonymous pages, and all of its memfds (a guest's RAM, translated code). */
static long private_kib(pid_t pid)
{
	char path[288], line[256], link[64];
	struct dirent *d;
	struct stat st;
	long sum = 0, v;
	DIR *fds;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
	f = fopen(path, "r");
	if (f == NULL)
		die(path);
	while (fgets(line, sizeof line, f) != NULL)
		if (sscanf(line, "Pss_Anon: %ld", &v) == 1)
			sum += v;
	fclose(f);
	snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
	fds = opendir(path);
	if (fds == NULL)
		die(path);
	while ((d = readdir(fds)) != NULL) {
		ssize_t n;

		snprintf(path, sizeof path, "/proc/%d/fd/%s", (int)pid, d->d_name);
		n = readlink(path, link, sizeof link - 1);
		if (n > 7 && memcmp(link, "/memfd:", 7) == 0 && stat(path, &st) == 0)
			sum += st.st_blocks / 2;
	}
	closedir(fds);
	return sum;
}

static long cpu_ticks(pid_t pid)
{
	char path[64], line[1024], *p;
	unsigned long user = 0, sys = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	f = fopen(path, "r");
	if (f == NULL || fgets(line, sizeof line, f) == NULL)
		die(path);
	fclose(f);
	p = strrchr(line, ')');
	if (p == NULL || sscanf(p + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &sys) != 2)
		die(path);
	return user + sys;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
	double ms[101];
	int rounds, idle, master;
	long ticks;
	pid_t pid;

	if (argc < 5 || (rounds = atoi(argv[1])) < 1 || rounds > 101 || (idle = atoi(argv[2])) < 1) {
		fprintf(stderr, "usage: prompt ROUNDS IDLE_SECONDS PROMPT COMMAND [ARG ...]\n");
		return 2;
	}
	for (int i = 0; i < rounds; i++) {
		double t = now_ms();

		pid = start(argv + 4, &master);
		await(master, argv[3]);
		ms[i] = now_ms() - t;
		stop(pid, master);
	}
	qsort(ms, rounds, sizeof ms[0], compare);
	printf("prompt-ms %.1f\n", ms[rounds / 2]);
	pid = start(argv + 4, &master);
	await(master, argv[3]);
	printf("idle-private-kib %ld\n", private_kib(pid));
	ticks = cpu_ticks(pid);
	sleep(idle);
	printf("idle-cpu-percent %.2f\n", (cpu_ticks(pid) - ticks) * 100.0 / sysconf(_SC_CLK_TCK) / idle);
	stop(pid, master);
	return 0;
}
