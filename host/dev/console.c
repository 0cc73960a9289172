/*
 * The console: standard input, output and error of this process, by lguest DMA on keys 0 and 4.  Output goes
 * straight from the guest's pages to the descriptor as far as that takes it without blocking; the guest keeps the rest
 * and hears by the console's irq when there is room.  Nothing is buffered here, so nothing can be lost at the end.
 * Input goes straight into the guest's pages, but for a terminal's, which the I/O thread reads because ^A must work
 * whatever the guest does.
 *
 * The descriptors may be shared with other processes, whose idea of O_NONBLOCK we must not change: pipes and
 * terminals are opened a second time through /proc/self/fd.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../clock.h"
#include "../dev.h"
#include "../io.h"
#include "../tty.h"
#include "console.h"

#define ESCAPE		1		/* ^A */
#define TYPED_BYTES	4096
#define BACKGROUND_NS	200000000u	/* how often to look whether we are in the foreground */
#define POLITE_BYTES	1024		/* what a descriptor that is ready takes without blocking for long */

enum kind {
	KIND_FILE,			/* never blocks */
	KIND_NONBLOCK,			/* our own description with O_NONBLOCK */
	KIND_SOCKET,
	KIND_POLITE,			/* shared: wait for epoll, then move little */
};

struct stream {
	int fd;
	enum kind kind;
	bool pollable;			/* watch is in the epoll set */
	bool tty;
	_Atomic bool room;		/* KIND_POLITE output: epoll said so, and nobody has written since */
	struct io_watch watch;
};

static struct stream input, output, errors;
static bool is_tty;
static _Atomic bool input_ready;	/* pollable input: epoll said so, and nobody has read since */
static bool input_ended;
static _Atomic unsigned asked;		/* LGUEST_CONSOLE_* bits that the descriptor does not show yet */

/* Bytes typed at a terminal, between the I/O thread, which appends, and the vCPU thread. */
static struct {
	pthread_mutex_t lock;
	char bytes[TYPED_BYTES];
	unsigned count;
	bool ended, stalled;		/* stalled: full, the watch is not armed */
	bool escaped;			/* I/O thread: the last byte was ^A */
} typed = { .lock = PTHREAD_MUTEX_INITIALIZER };

static bool polite;			/* the first ^A x is a request */
static bool left;			/* I/O thread: it was made */

static const char help_text[] =
	"\r\n^A x  leave 9guest\r\n^A h  this help\r\n^A ^A send ^A to the guest\r\n";

static void open_stream(struct stream *s, int fd, int flags)
{
	char path[32];
	struct stat st;
	int own;

	*s = (struct stream){ .fd = fd, .kind = KIND_FILE };
	if (fstat(fd, &st) < 0)
		return;
	if (S_ISSOCK(st.st_mode)) {
		s->kind = KIND_SOCKET;
		return;
	}
	s->tty = isatty(fd);
	if (!S_ISFIFO(st.st_mode) && !s->tty)
		return;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	own = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	s->kind = own < 0 ? KIND_POLITE : KIND_NONBLOCK;
	if (own >= 0)
		s->fd = own;
	else if ((own = fcntl(fd, F_DUPFD_CLOEXEC, 3)) >= 0)
		s->fd = own;
}

int console_open(bool interactive, struct error *err)
{
	is_tty = interactive;
	open_stream(&input, STDIN_FILENO, O_RDONLY);
	open_stream(&output, STDOUT_FILENO, O_WRONLY);
	open_stream(&errors, STDERR_FILENO, O_WRONLY);
	if (!is_tty)
		return 0;
	console_device.features |= LGUEST_CONSOLE_TTY;
	return tty_raw(STDIN_FILENO, err);
}

/* Output. */

static ssize_t stream_write(struct stream *s, const struct iovec *iov, int count)
{
	struct msghdr msg = { .msg_iov = (struct iovec *)(uintptr_t)iov, .msg_iovlen = (size_t)count };
	struct iovec little;

	switch (s->kind) {
	case KIND_SOCKET:
		return sendmsg(s->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	case KIND_POLITE:
		if (!atomic_exchange(&s->room, false)) {
			errno = EAGAIN;
			return -1;
		}
		little = iov[0];
		if (little.iov_len > POLITE_BYTES)
			little.iov_len = POLITE_BYTES;
		return write(s->fd, little.iov_base, little.iov_len);
	default:
		return writev(s->fd, iov, count);
	}
}

/* Standard output fails: that ends the guest, as it would end any program in a pipeline. */
static void output_failed(struct machine *m, int error)
{
	char text[128];

	if (error == EPIPE || error == ECONNRESET) {
		machine_end(m, END_PIPE, "standard output: nobody reads it any more (broken pipe)");
		return;
	}
	snprintf(text, sizeof text, "standard output: %s", error == EBADF ? "closed" : strerror(error));
	machine_end(m, END_HOST, text);
}

static uint32_t console_send(struct device *d, uint32_t key, const struct iovec *iov, int count)
{
	struct stream *s = key == LGUEST_STDERR_KEY ? &errors : &output;
	uint64_t offered = 0;
	ssize_t n;

	for (int i = 0; i < count; i++)
		offered += iov[i].iov_len;
	if (offered == 0)
		return 0;
	while ((n = stream_write(s, iov, count)) < 0 && errno == EINTR)
		if (machine_ended(d->machine))
			return 0;
	if (n < 0 && errno != EAGAIN) {
		if (s == &errors)
			return (uint32_t)offered;	/* complaints that nobody can hear */
		output_failed(d->machine, errno);
		return 0;
	}
	if (n < 0)
		n = 0;
	if ((uint64_t)n < offered) {
		if (s->pollable)
			io_arm(&s->watch, IO_OUT);
		else
			device_raise(d);	/* a file: try again at once */
	}
	return (uint32_t)n;
}

/* I/O thread: there is room again. */
static void output_ready(void *ctx, uint32_t events)
{
	(void)events;
	atomic_store(&((struct stream *)ctx)->room, true);
	device_raise(&console_device);
}

/* Input. */

static ssize_t stream_read(const struct stream *s, struct iovec *iov, int count)
{
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = (size_t)count };

	if (s->kind == KIND_SOCKET)
		return recvmsg(s->fd, &msg, MSG_DONTWAIT);
	return readv(s->fd, iov, count);
}

static void end_of_input(struct device *d)
{
	input_ended = true;
	d->desc->status |= LGUEST_DEVICE_REMOVED;
	device_raise(d);
}

static void stream_input(struct device *d)
{
	struct iovec iov[LGUEST_DMA_SECTIONS];

	while (!input_ended && (!input.pollable || atomic_load(&input_ready))) {
		int count = dma_next(d, LGUEST_CONSOLE_KEY, iov);
		ssize_t n;

		if (input.tty && !tty_foreground(input.fd)) {
			dma_wait(d);		/* what is typed now is for another job */
			clock_retry_after(d->machine, BACKGROUND_NS);
			return;
		}
		if (count == 0) {
			dma_wait(d);
			return;
		}
		if (input.kind == KIND_POLITE)		/* poll promised one byte; a short read does not block */
			atomic_store(&input_ready, false);
		n = stream_read(&input, iov, count);
		if (n > 0) {
			dma_done(d, LGUEST_CONSOLE_KEY, (uint32_t)n);
			if (input.kind == KIND_POLITE)
				io_arm(&input.watch, IO_IN);
		} else if (n < 0 && errno == EAGAIN) {
			atomic_store(&input_ready, false);
			io_arm(&input.watch, IO_IN);
		} else if (n == 0 || errno != EINTR) {
			end_of_input(d);
		}
	}
}

/* Pass on what was typed. */
static void typed_input(struct device *d)
{
	struct iovec iov[LGUEST_DMA_SECTIONS];
	bool wake = false;

	pthread_mutex_lock(&typed.lock);
	while (typed.count > 0) {
		unsigned n = typed.count;

		if (dma_next(d, LGUEST_CONSOLE_KEY, iov) == 0) {
			dma_wait(d);
			break;
		}
		if (n > iov[0].iov_len)
			n = (unsigned)iov[0].iov_len;
		memcpy(iov[0].iov_base, typed.bytes, n);
		memmove(typed.bytes, typed.bytes + n, typed.count - n);
		typed.count -= n;
		dma_done(d, LGUEST_CONSOLE_KEY, n);
	}
	if (typed.stalled && typed.count < TYPED_BYTES / 2) {
		typed.stalled = false;
		wake = true;
	}
	if (typed.ended && typed.count == 0 && !input_ended)
		end_of_input(d);
	pthread_mutex_unlock(&typed.lock);
	if (wake)
		io_arm(&input.watch, IO_IN);
}

void console_ask(unsigned what)
{
	atomic_fetch_or(&asked, what);
	machine_want_work(console_device.machine, console_device.index);
}

static void console_work(struct device *d)
{
	unsigned what = atomic_exchange(&asked, 0);

	if (what) {
		d->desc->status |= (uint16_t)what;
		device_raise(d);
	}
	if (is_tty)
		typed_input(d);
	else
		stream_input(d);
}

void console_leave_politely(bool politely)
{
	polite = politely;
}

/* I/O thread: ^A x. */
static void leave(void)
{
	static const char note[] = "\r\n9guest: waiting for disks; ^A x again ends at once\r\n";

	if (machine_ended(console_device.machine)) {	/* asked before, and still here */
		tty_restore();
		_exit(0);
	}
	if (!polite || left) {
		machine_end(console_device.machine, END_USER, "");
		return;
	}
	left = true;
	console_ask(LGUEST_CONSOLE_HANGUP);
	if (write(output.fd, note, sizeof note - 1) < 0)
		return;
}

/* I/O thread: one byte from the keyboard. */
static void type(char c)
{
	if (!typed.escaped) {
		typed.escaped = c == ESCAPE;
		if (!typed.escaped)
			typed.bytes[typed.count++] = c;
		return;
	}
	typed.escaped = false;
	switch (c) {
	case 'x': case 'X':
		leave();
		break;
	case 'h': case 'H': case '?':
		if (write(output.fd, help_text, sizeof help_text - 1) < 0)
			return;
		break;
	case ESCAPE:
		typed.bytes[typed.count++] = c;
		break;
	}
}

static void terminal_ready(void)
{
	char bytes[256];
	unsigned room;
	ssize_t n;

	pthread_mutex_lock(&typed.lock);
	room = TYPED_BYTES - typed.count;
	n = read(input.fd, bytes, room < sizeof bytes ? room : sizeof bytes);
	if (n < 0 && errno == EIO && !tty_foreground(input.fd)) {
		pthread_mutex_unlock(&typed.lock);
		return;				/* in the background: wait for SIGCONT */
	}
	for (ssize_t i = 0; i < n; i++)
		type(bytes[i]);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		typed.ended = true;
	typed.stalled = typed.count == TYPED_BYTES;
	if (!typed.stalled && !typed.ended)
		io_arm(&input.watch, IO_IN);
	pthread_mutex_unlock(&typed.lock);
	machine_want_work(console_device.machine, console_device.index);
}

static void input_ready_now(void *ctx, uint32_t events)
{
	(void)ctx;
	(void)events;
	if (is_tty) {
		terminal_ready();
		return;
	}
	atomic_store(&input_ready, true);
	machine_want_work(console_device.machine, console_device.index);
}

void console_resumed(void)
{
	if (is_tty && input.pollable)
		io_arm(&input.watch, IO_IN);
}

static int watch(struct stream *s, void (*ready)(void *ctx, uint32_t events), struct error *err)
{
	s->watch = (struct io_watch){ .fd = s->fd, .ready = ready, .ctx = s };
	s->pollable = io_add(&s->watch) == 0;
	if (!s->pollable && errno != EPERM && errno != EBADF)
		return error_set(err, "console: %s", strerror(errno));
	return 0;
}

static int console_start(struct device *d, struct error *err)
{
	if (watch(&output, output_ready, err) < 0 || watch(&errors, output_ready, err) < 0 ||
	    watch(&input, input_ready_now, err) < 0)
		return -1;
	if (output.kind == KIND_POLITE)
		io_arm(&output.watch, IO_OUT);
	if (errors.kind == KIND_POLITE)
		io_arm(&errors.watch, IO_OUT);
	if (input.pollable)
		io_arm(&input.watch, IO_IN);
	else
		machine_want_work(d->machine, d->index);
	return 0;
}

static bool console_owns_key(const struct device *d, uint32_t key)
{
	(void)d;
	return key == LGUEST_CONSOLE_KEY || key == LGUEST_STDERR_KEY;
}

struct device console_device = {
	.name = "console",
	.type = LGUEST_DEVICE_CONSOLE,
	.start = console_start,
	.owns_key = console_owns_key,
	.send = console_send,
	.work = console_work,
};
