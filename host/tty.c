/*
 * The terminal: raw mode while the guest has it, and its old modes on every way out.  Signals that end or stop us arrive
 * at the I/O thread through a signalfd; it puts the terminal right and then lets the signal do what it always does,
 * so that our parent sees the usual status.  With -x a signal that would end us is a request to the guest at first.
 */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <termios.h>
#include <unistd.h>

#include "io.h"
#include "tty.h"

static struct termios saved;
static int tty_fd = -1;			/* the terminal that is ours, or -1 */
static volatile sig_atomic_t is_raw;
static struct io_watch signal_watch;
static void (*on_resume)(void);
static void (*on_ask)(int sig);
static struct io_watch grace_watch;	/* a timer: how long a guest that was asked to end may take */
static _Atomic int asked;		/* the signal for which it was */

#define GRACE_S		5

static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT };

bool tty_foreground(int fd)
{
	pid_t foreground = tcgetpgrp(fd);

	return foreground < 0 || foreground == getpgrp();	/* no job control: nobody else's */
}

static void make_raw(void)
{
	struct termios raw = saved;

	/* Output keeps its newline conversion: the guest writes plain newlines. */
	raw.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | IXON);
	raw.c_iflag |= ICRNL;
	raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	is_raw = 1;
	tcsetattr(tty_fd, TCSANOW, &raw);
}

int tty_raw(int fd, struct error *err)
{
	if (tcgetattr(fd, &saved) < 0)
		return error_set(err, "terminal: %s", strerror(errno));
	tty_fd = fd;
	make_raw();
	return 0;
}

void tty_restore(void)
{
	if (is_raw) {
		is_raw = 0;
		if (!tty_foreground(tty_fd))
			return;			/* it is somebody else's now */
		tcsetattr(tty_fd, TCSANOW, &saved);
	}
}

static void unblock(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* Let a signal have its default effect on the whole process. */
static void obey(int sig)
{
	signal(sig, SIG_DFL);
	kill(getpid(), sig);
	unblock(sig);
}

static void resume(void)
{
	if (tty_fd < 0)
		return;
	if (tty_foreground(tty_fd))
		make_raw();
	if (on_resume)
		on_resume();
}

/* The first request to end is the guest's to answer.  False: it had its chance. */
static bool ask(int sig)
{
	struct itimerspec when = { .it_value.tv_sec = GRACE_S };

	if (!on_ask || atomic_load(&asked))
		return false;
	atomic_store(&asked, sig);
	timerfd_settime(grace_watch.fd, 0, &when, NULL);
	io_arm(&grace_watch, IO_IN);
	on_ask(sig);
	return true;
}

static void grace_over(void *ctx, uint32_t events)
{
	(void)ctx;
	(void)events;
	tty_die(atomic_load(&asked));
}

int tty_asked(void)
{
	return atomic_load(&asked);
}

void tty_die(int sig)
{
	tty_restore();
	obey(sig);
}

static void one_signal(int sig)
{
	switch (sig) {
	case SIGCONT:			/* after a SIGSTOP the shell may have changed the modes */
		resume();
		break;
	case SIGTSTP:
		tty_restore();
		kill(getpid(), SIGSTOP);	/* SIGTSTP itself does nothing in an orphaned process group; SIGCONT follows */
		break;
	default:
		if (ask(sig))
			break;
		tty_die(sig);
		_exit(128 + sig);	/* not reached but when the signal was ignored by force */
	}
}

static void signal_ready(void *ctx, uint32_t events)
{
	struct signalfd_siginfo info;

	(void)ctx;
	(void)events;
	while (read(signal_watch.fd, &info, sizeof info) == sizeof info)
		one_signal((int)info.ssi_signo);
	io_arm(&signal_watch, IO_IN);
}

static void on_abort(int sig)
{
	tty_restore();
	signal(sig, SIG_DFL);
	raise(sig);
}

static int grace_timer(struct error *err)
{
	grace_watch = (struct io_watch){ .ready = grace_over };
	grace_watch.fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (grace_watch.fd < 0 || io_add(&grace_watch) < 0)
		return error_set(err, "timerfd: %s", strerror(errno));
	return 0;
}

int tty_signals(struct machine *m, void (*resumed)(void), void (*asking)(int sig), struct error *err)
{
	struct sigaction ignored;
	sigset_t set;

	on_resume = resumed;
	on_ask = asking;
	if (asking && grace_timer(err) < 0)
		return -1;
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
		/* nohup and background jobs of a shell without job control start with signals ignored: leave them so */
		if (sigaction(signals[i], NULL, &ignored) == 0 && ignored.sa_handler == SIG_IGN)
			continue;
		sigaddset(&set, signals[i]);
	}
	signal(SIGABRT, on_abort);
	atexit(tty_restore);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return error_set(err, "signals: %s", strerror(errno));
	signal_watch = (struct io_watch){ .ready = signal_ready, .ctx = m };
	signal_watch.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signal_watch.fd < 0 || io_add(&signal_watch) < 0)
		return error_set(err, "signalfd: %s", strerror(errno));
	io_arm(&signal_watch, IO_IN);
	return 0;
}
