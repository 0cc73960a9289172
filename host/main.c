/*
 * 9guest: boot a guest and come back with its exit status.  Everything that can go wrong before the guest runs is one
 * line on standard error and status 1 (2 for the command line); a guest that dies is status 3.
 */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "dev.h"
#include "dev/block.h"
#include "dev/console.h"
#include "dev/network.h"
#include "dev/share/device.h"
#include "exec.h"
#include "io.h"
#include "loader.h"
#include "machine.h"
#include "options.h"
#include "overlay.h"
#include "seccomp.h"
#include "stats.h"
#include "symbols.h"
#include "tty.h"

enum { STATUS_OK = 0, STATUS_ERROR = 1, STATUS_USAGE = 2, STATUS_CRASH = 3 };

static struct machine machine;
static struct image kernel, root;
static struct exec program;		/* of -x */
static bool pipe_ignored;		/* SIGPIPE was ignored when we were started */

static int fail(const struct error *err, int status)
{
	tty_restore();
	fprintf(stderr, "9guest: %s\n", err->text);
	return status;
}

/* Descriptors 0 to 2 that our parent closed must not become something of ours; reading and writing them fails. */
static void keep_closed(void)
{
	static const int flags[] = { O_WRONLY, O_RDONLY, O_RDONLY };
	int fd;

	for (int i = 0; i < 3; i++)
		if (fcntl(i, F_GETFD) < 0 && (fd = open("/dev/null", flags[i])) >= 0 && fd != i)
			close(fd);
}

static int open_images(const struct options *o, struct error *err)
{
	image_embedded_kernel(&kernel);
	if (o->root)
		image_embedded_boot(&root);
	else
		image_embedded_root(&root);
	if (o->kernel && image_open(&kernel, o->kernel, err) < 0)
		return -1;
	if (kernel.size == 0)
		return error_set(err, o->kernel ? "%s: empty file" : "%s: this 9guest was built without; name one with -k",
				 kernel.name);
	return o->initrd ? image_open(&root, o->initrd, err) : 0;
}

/* The guest's user is the host's, as shares show files with their owners. */
static const char *user_name(void)
{
	const char *user = getenv("USER");
	const struct passwd *pw = user || !share_any() ? NULL : getpwuid(geteuid());

	return pw ? pw->pw_name : user;
}

static int load(struct machine *m, const struct options *o, bool tty, struct error *err)
{
	struct boot boot = { .kernel = &kernel, .initrd = &root, .command_line = o->append };
	const struct exec *x = o->program ? &program : NULL;
	char *overlay = overlay_make(o->command, x, tty, user_name(), network_dhcp(o), &boot.overlay_bytes);
	int status;

	if (!overlay)
		return error_set(err, "out of memory");
	boot.program = x ? &x->program : NULL;
	boot.overlay = overlay;
	m->kernel = &kernel;
	status = loader_load(m, &boot, err);
	free(overlay);
	return status;
}

/* I/O thread: what the program shall hear of a signal that would end us. */
static void ask_program(int sig)
{
	console_ask(sig == SIGINT ? LGUEST_CONSOLE_INTERRUPT : sig == SIGQUIT ? LGUEST_CONSOLE_ABORT : LGUEST_CONSOLE_HANGUP);
}

/* I/O thread: a signal would end us, and the guest may keep something back for its disks. */
static void ask_guest(int sig)
{
	(void)sig;
	console_ask(LGUEST_CONSOLE_HANGUP);
}

/* Whom to ask before a signal ends us: the program, a guest that has disks and knows what we ask, or nobody. */
static void (*whom_to_ask(const struct options *o))(int sig)
{
	if (o->program)
		return ask_program;
	return o->ndisks && !o->kernel ? ask_guest : NULL;
}

static int add_shares(const struct options *o, struct error *err)
{
	if (o->root && share_add(o->root, true, o->defer_shares, err) < 0)
		return -1;
	for (unsigned i = 0; i < o->nshares; i++)
		if (share_add(o->shares[i], false, o->defer_shares, err) < 0)
			return -1;
	return 0;
}

/* Everything up to the first instruction. */
static int prepare(struct machine *m, const struct options *o, struct error *err)
{
	bool tty = !o->command && !o->program && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);

	if (devices_add(&console_device, err) < 0 || network_open(o, err) < 0 || add_shares(o, err) < 0)
		return -1;
	for (unsigned i = 0; i < o->ndisks; i++)
		if (block_add(o->disks[i], err) < 0)
			return -1;
	if (o->program && exec_init(&program, o->program, environ, o->defer_shares, err) < 0)
		return -1;
	if (open_images(o, err) < 0 || machine_init(m, o, err) < 0 || load(m, o, tty, err) < 0)
		return -1;
	if (io_init(err) < 0 || tty_signals(m, console_resumed, whom_to_ask(o), err) < 0 || clock_init(m, err) < 0)
		return -1;
	console_leave_politely(whom_to_ask(o) == ask_guest);
	if (console_open(tty, err) < 0 || devices_init(m, err) < 0 || io_start(err) < 0 || network_wait(err) < 0)
		return -1;
	if (o->stats)
		stats_open();
	share_confine();
	return seccomp_enter(o->without, (share_any() ? SECCOMP_SHARES : 0) | (network_host() ? SECCOMP_NETWORK : 0) |
			     (network_interfaces() ? SECCOMP_INTERFACES : 0) | (o->ndisks ? SECCOMP_DISKS : 0) |
			     (o->stats ? SECCOMP_STATS : 0), err);
}

/* Die of SIGPIPE as other programs in a pipeline do, unless whoever started us does not want that. */
static int broken_pipe(struct machine *m)
{
	if (pipe_ignored) {
		fprintf(stderr, "9guest: %s\n", m->end_text);
		return STATUS_ERROR;
	}
	signal(SIGPIPE, SIG_DFL);
	raise(SIGPIPE);
	return STATUS_ERROR;
}

/* The program of -x has ended: by itself, or by the note that a signal became, which then ends us as well. */
static int program_end(struct machine *m)
{
	static const char *const notes[] = { "interrupt", "hangup", "abort" };
	int status = exec_status(m->end_text);

	if (status >= 0)
		return status;
	for (size_t i = 0; tty_asked() && i < sizeof notes / sizeof notes[0]; i++)
		if (!strcmp(m->end_text, notes[i]))
			tty_die(tty_asked());
	fprintf(stderr, "9guest: %s: %s\n", m->options->program[0], m->end_text);
	return STATUS_ERROR;
}

static int finish(struct machine *m)
{
	tty_restore();
	switch (atomic_load(&m->end)) {
	case END_EXIT:
		if (m->options->program)
			return program_end(m);
		if (tty_asked())
			tty_die(tty_asked());
		if (m->end_text[0] == '\0')
			return STATUS_OK;
		fprintf(stderr, "9guest: %s\n", m->end_text);
		return STATUS_ERROR;
	case END_CRASH:
		symbols_report(m, "the guest crashed");
		return STATUS_CRASH;
	case END_KILLED:
		symbols_report(m, "the guest was killed");
		return STATUS_CRASH;
	case END_HOST:
		fprintf(stderr, "9guest: %s\n", m->end_text);
		return STATUS_ERROR;
	}
	return STATUS_OK;
}

int main(int argc, char **argv)
{
	struct error err = { "" };
	struct options options;
	int status;

	clock_start();
	keep_closed();
	pipe_ignored = signal(SIGPIPE, SIG_IGN) == SIG_IGN;
	signal(SIGXFSZ, SIG_IGN);		/* an error message instead */
	if (options_parse(&options, argc, argv, &err) < 0)
		return fail(&err, STATUS_USAGE);
	if (options.help || options.version) {
		if (options.help)
			options_help();
		else
			printf("9guest %s\n", VERSION);
		if (fflush(stdout) == 0)
			return STATUS_OK;
		error_set(&err, "standard output: %s", strerror(errno));
		return fail(&err, STATUS_ERROR);
	}
	if (prepare(&machine, &options, &err) < 0)
		return fail(&err, STATUS_ERROR);
	machine_run(&machine);
	devices_stop(&machine);
	status = finish(&machine);
	if (options.stats)
		stats_print(&machine, options.stats_json);
	if (atomic_load(&machine.end) == END_PIPE)
		status = broken_pipe(&machine);
	return status;
}
