/*
 * Runs a command on a pseudo-terminal and talks to it, for tests of what a person at a terminal sees.
 * usage: pty SCRIPT COMMAND [ARG ...].  The script's lines, C escapes (\n \r \t \\ \xHH) allowed in TEXT:
 *
 *	expect TEXT	wait for TEXT in the output that no earlier expect has passed (a minute at most)
 *	send TEXT	type it
 *	signal NAME	send the command INT, TERM, HUP, QUIT, TSTP, CONT, KILL
 *	stopped		wait until the command has stopped
 *	cooked / raw	the terminal must be in line mode with echo / in raw mode now
 *	hangup		close our side
 *	status N	wait for the end; its exit status must be N; "status sNAME": ended by that signal
 *
 * Prints nothing and exits 0 if all went so; otherwise says what did not, shows the output, kills the command, exits 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { LIMIT_MS = 60000, MAX_SEEN = 4 << 20 };

static int master = -1, slave = -1;
static pid_t child;
static int line_number;
static char *seen;
static size_t seen_bytes, passed;

static const struct { const char *name; int number; } signals[] = {
	{ "INT", SIGINT }, { "TERM", SIGTERM }, { "HUP", SIGHUP }, { "QUIT", SIGQUIT }, { "TSTP", SIGTSTP }, { "CONT", SIGCONT },
	{ "KILL", SIGKILL }, { "SEGV", SIGSEGV }, { "PIPE", SIGPIPE }, { "ABRT", SIGABRT },
};

static void fail(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

static void fail(const char *fmt, ...)
{
	va_list ap;

	printf("pty: line %d: ", line_number);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n--- output (from the last expect on) ---\n%.*s\n---\n", (int)(seen_bytes - passed), seen + passed);
	if (child > 0)
		kill(child, SIGKILL);
	exit(1);
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int signal_number(const char *name)
{
	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
		if (strcmp(signals[i].name, name) == 0)
			return signals[i].number;
	fail("unknown signal %s", name);
}

/* Take in what the command has written, waiting ms at most for the first of it; 0 at the end of output. */
static int take(int ms)
{
	struct pollfd p = { master, POLLIN, 0 };
	ssize_t n;

	if (master < 0 || poll(&p, 1, ms) <= 0)
		return 1;
	if (seen_bytes == MAX_SEEN)
		fail("more than %d bytes of output", MAX_SEEN);
	n = read(master, seen + seen_bytes, MAX_SEEN - seen_bytes);
	if (n <= 0)
		return 0;
	seen_bytes += n;
	return 1;
}

static void expect(const char *text, size_t len)
{
	long end = now_ms() + LIMIT_MS;

	for (;;) {
		char *at = memmem(seen + passed, seen_bytes - passed, text, len);

		if (at != NULL) {
			passed = at - seen + len;
			return;
		}
		if (now_ms() > end)
			fail("not seen within %d s: %.*s", LIMIT_MS / 1000, (int)len, text);
		if (!take(100))
			fail("output ended before: %.*s", (int)len, text);
	}
}

static int await(int flags)
{
	long end = now_ms() + LIMIT_MS;
	int status;

	for (;;) {
		pid_t pid = waitpid(child, &status, flags | WNOHANG);

		if (pid == child)
			return status;
		if (now_ms() > end)
			fail("the command did not %s within %d s", flags ? "stop" : "end", LIMIT_MS / 1000);
		if (!take(20))
			usleep(20000);
	}
}

static void want_status(const char *arg)
{
	int status = await(0);

	child = 0;
	if (arg[0] == 's') {
		if (!WIFSIGNALED(status) || WTERMSIG(status) != signal_number(arg + 1))
			fail("wanted an end by SIG%s, wait status is 0x%x", arg + 1, status);
	} else if (!WIFEXITED(status) || WEXITSTATUS(status) != atoi(arg)) {
		fail("wanted exit status %s, wait status is 0x%x", arg, status);
	}
}

static void want_mode(int cooked)
{
	long end = now_ms() + LIMIT_MS;
	struct termios t;

	do {
		if (tcgetattr(slave, &t) != 0)
			fail("tcgetattr: %s", strerror(errno));
		if (((t.c_lflag & (ICANON | ECHO)) == (ICANON | ECHO) && (t.c_oflag & OPOST)) == cooked)
			return;
		take(20);
	} while (now_ms() < end);
	fail("the terminal is %s", cooked ? "not in line mode with echo" : "still in line mode");
}

static size_t unescape(char *s)
{
	char *to = s, *from = s;

	while (*from != 0) {
		if (*from != '\\' || from[1] == 0) {
			*to++ = *from++;
			continue;
		}
		from++;
		switch (*from) {
		case 'n': *to++ = '\n'; from++; break;
		case 'r': *to++ = '\r'; from++; break;
		case 't': *to++ = '\t'; from++; break;
		case 'x': {
			char hex[3] = { from[1], from[1] ? from[2] : 0, 0 };

			*to++ = strtol(hex, NULL, 16);
			from += 1 + strlen(hex);
			break;
		}
		default: *to++ = *from++; break;
		}
	}
	*to = 0;
	return to - s;
}

static void command(char *line)
{
	char *arg = strchr(line, ' ');
	size_t len = 0;

	if (arg != NULL) {
		*arg++ = 0;
		len = unescape(arg);
	} else {
		arg = line + strlen(line);
	}
	if (strcmp(line, "expect") == 0) {
		expect(arg, len);
	} else if (strcmp(line, "send") == 0) {
		if (write(master, arg, len) != (ssize_t)len)
			fail("typing: %s", strerror(errno));
	} else if (strcmp(line, "signal") == 0) {
		kill(child, signal_number(arg));
	} else if (strcmp(line, "stopped") == 0) {
		if (!WIFSTOPPED(await(WUNTRACED)))
			fail("the command ended and did not stop");
	} else if (strcmp(line, "cooked") == 0 || strcmp(line, "raw") == 0) {
		want_mode(line[0] == 'c');
	} else if (strcmp(line, "hangup") == 0) {
		close(slave);
		close(master);
		slave = master = -1;
	} else if (strcmp(line, "status") == 0) {
		want_status(arg);
	} else {
		fail("unknown command %s", line);
	}
}

int main(int argc, char **argv)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	char *script, *line, *name;

	if (argc < 3) {
		fprintf(stderr, "usage: pty SCRIPT COMMAND [ARG ...]\n");
		return 2;
	}
	seen = malloc(MAX_SEEN);
	script = strdup(argv[1]);
	master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (seen == NULL || script == NULL || master < 0 || grantpt(master) != 0 || unlockpt(master) != 0)
		fail("no pseudo-terminal: %s", strerror(errno));
	name = ptsname(master);
	slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	ioctl(slave, TIOCSWINSZ, &size);
	child = fork();
	if (child == 0) {
		int fd;

		setsid();
		fd = open(name, O_RDWR);
		ioctl(fd, TIOCSCTTY, 0);
		dup2(fd, 0);
		dup2(fd, 1);
		dup2(fd, 2);
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	while ((line = strsep(&script, "\n")) != NULL) {
		line_number++;
		line += strspn(line, " \t");
		if (*line != 0)
			command(line);
	}
	if (child > 0)
		kill(child, SIGKILL);
	return 0;
}
