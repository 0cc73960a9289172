/*
 * The system calls that are left once the guest runs.  All files are open by then, but for those of shares; all threads
 * exist, all executable memory is mapped: what remains is moving bytes, waiting, and changing mappings that cannot be
 * executed.  A call that is not in the table ends the process with a message.  main enters the filter as the last thing before
 * the first guest instruction; whoever adds a system call anywhere in host/ must add it here, with a use that
 * the test of the rules (tests/guests/seccomp.t) can provoke.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/if_tun.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "seccomp.h"
#include "tty.h"

enum check { ANY, NO_EXEC, OWN_PID, REQUEST, INTERNET };

static const struct rule {
	const char *name;
	uint16_t nr;
	uint8_t check, arg;		/* which argument `check` is about */
	uint8_t when;			/* SECCOMP_...; 0: always */
} rules[] = {
	{ "rt_sigreturn", SYS_rt_sigreturn, ANY, 0, 0 },		/* every page fault of the guest ends in one */
	{ "mmap", SYS_mmap, NO_EXEC, 2, 0 },			/* windows */
	{ "munmap", SYS_munmap, ANY, 0, 0 },			/* when address space runs out */
	{ "mprotect", SYS_mprotect, NO_EXEC, 2, 0 },
	{ "madvise", SYS_madvise, ANY, 0, 0 },			/* emptying windows and tables */
	{ "futex", SYS_futex, ANY, 0, 0 },				/* HALT */
	{ "tgkill", SYS_tgkill, OWN_PID, 0, 0 },			/* kicks */
	{ "epoll_wait", SYS_epoll_wait, ANY, 0, 0 },		/* the I/O thread */
	{ "epoll_ctl", SYS_epoll_ctl, ANY, 0, 0 },
	{ "timerfd_settime", SYS_timerfd_settime, ANY, 0, 0 },	/* the clock */
	{ "read", SYS_read, ANY, 0, 0 },				/* timers, signals, the terminal */
	{ "readv", SYS_readv, ANY, 0, 0 },				/* console */
	{ "writev", SYS_writev, ANY, 0, 0 },
	{ "write", SYS_write, ANY, 0, 0 },
	{ "sendmsg", SYS_sendmsg, ANY, 0, 0 },			/* console on sockets */
	{ "recvmsg", SYS_recvmsg, ANY, 0, 0 },
	{ "ioctl", SYS_ioctl, REQUEST, 1, 0 },
	{ "getpgrp", SYS_getpgrp, ANY, 0, 0 },
	{ "getpid", SYS_getpid, ANY, 0, 0 },
	{ "gettid", SYS_gettid, ANY, 0, 0 },
	{ "kill", SYS_kill, OWN_PID, 0, 0 },			/* dying of a signal that ended us */
	{ "rt_sigprocmask", SYS_rt_sigprocmask, ANY, 0, 0 },
	{ "rt_sigaction", SYS_rt_sigaction, ANY, 0, 0 },
	{ "getrandom", SYS_getrandom, ANY, 0, 0 },			/* LHCALL_RANDOM */
	{ "pread64", SYS_pread64, ANY, 0, 0 },			/* file pages made private; symbols of a dead guest */
	{ "pwrite64", SYS_pwrite64, ANY, 0, 0 },
	{ "getrusage", SYS_getrusage, ANY, 0, 0 },			/* --stats */
	{ "exit_group", SYS_exit_group, ANY, 0, 0 },
	{ "clock_gettime", SYS_clock_gettime, ANY, 0, 0 },		/* where the vDSO cannot */

	/* Only where devices wait for descriptors (dev/net.c, dev/hostnet.c), or for their threads at the end (dev/share). */
	{ "ppoll", SYS_ppoll, ANY, 0, SECCOMP_INTERFACES | SECCOMP_NETWORK | SECCOMP_SHARES },	/* HALT; poll would be restarted by another call */

	/* Only where there are disks (dev/block.c). */
	{ "preadv2", SYS_preadv2, ANY, 0, SECCOMP_DISKS | SECCOMP_SHARES },
	{ "pwritev2", SYS_pwritev2, ANY, 0, SECCOMP_DISKS },
	{ "fdatasync", SYS_fdatasync, ANY, 0, SECCOMP_DISKS },
	{ "fallocate", SYS_fallocate, ANY, 0, SECCOMP_DISKS },

	/* Only where host directories are shared (dev/share). */
	{ "openat2", SYS_openat2, ANY, 0, SECCOMP_SHARES },			/* walk */
	{ "newfstatat", SYS_newfstatat, ANY, 0, SECCOMP_SHARES | SECCOMP_STATS },
	{ "statx", SYS_statx, ANY, 0, SECCOMP_SHARES },
	{ "fstatfs", SYS_fstatfs, ANY, 0, SECCOMP_SHARES },			/* a file system mounted below */
	{ "readlinkat", SYS_readlinkat, ANY, 0, SECCOMP_SHARES },
	{ "openat", SYS_openat, ANY, 0, SECCOMP_SHARES },			/* open, create */
	{ "faccessat2", SYS_faccessat2, ANY, 0, SECCOMP_SHARES },
	{ "mkdirat", SYS_mkdirat, ANY, 0, SECCOMP_SHARES },
	{ "close", SYS_close, ANY, 0, SECCOMP_SHARES | SECCOMP_NETWORK },
	{ "unlinkat", SYS_unlinkat, ANY, 0, SECCOMP_SHARES },
	{ "preadv", SYS_preadv, ANY, 0, SECCOMP_SHARES | SECCOMP_DISKS },	/* groups (dev/group.c) */
	{ "pwritev", SYS_pwritev, ANY, 0, SECCOMP_SHARES },
	{ "getdents64", SYS_getdents64, ANY, 0, SECCOMP_SHARES },
	{ "lseek", SYS_lseek, ANY, 0, SECCOMP_SHARES },
	{ "renameat2", SYS_renameat2, ANY, 0, SECCOMP_SHARES },		/* wstat */
	{ "renameat", SYS_renameat, ANY, 0, SECCOMP_SHARES },
	{ "fchmodat", SYS_fchmodat, ANY, 0, SECCOMP_SHARES },
	{ "fchownat", SYS_fchownat, ANY, 0, SECCOMP_SHARES },
	{ "ftruncate", SYS_ftruncate, ANY, 0, SECCOMP_SHARES },
	{ "fsync", SYS_fsync, ANY, 0, SECCOMP_SHARES },
	{ "utimensat", SYS_utimensat, ANY, 0, SECCOMP_SHARES },
	{ "getxattr", SYS_getxattr, ANY, 0, SECCOMP_SHARES },		/* marks */
	{ "setxattr", SYS_setxattr, ANY, 0, SECCOMP_SHARES },
	{ "removexattr", SYS_removexattr, ANY, 0, SECCOMP_SHARES },
	{ "brk", SYS_brk, ANY, 0, SECCOMP_SHARES | SECCOMP_NETWORK | SECCOMP_DISKS },	/* memory for fids and requests */

	/* Only with the host's network (net/). */
	{ "socket", SYS_socket, INTERNET, 0, SECCOMP_NETWORK },
	{ "connect", SYS_connect, ANY, 0, SECCOMP_NETWORK },
	{ "bind", SYS_bind, ANY, 0, SECCOMP_NETWORK },
	{ "listen", SYS_listen, ANY, 0, SECCOMP_NETWORK },
	{ "accept4", SYS_accept4, ANY, 0, SECCOMP_NETWORK },
	{ "shutdown", SYS_shutdown, ANY, 0, SECCOMP_NETWORK },
	{ "getsockname", SYS_getsockname, ANY, 0, SECCOMP_NETWORK },
	{ "getpeername", SYS_getpeername, ANY, 0, SECCOMP_NETWORK },
	{ "setsockopt", SYS_setsockopt, ANY, 0, SECCOMP_NETWORK },
	{ "getsockopt", SYS_getsockopt, ANY, 0, SECCOMP_NETWORK },
	{ "sendto", SYS_sendto, ANY, 0, SECCOMP_NETWORK },	/* questions to the resolver */
	{ "recvfrom", SYS_recvfrom, ANY, 0, SECCOMP_NETWORK },
};
#define RULES		(sizeof rules / sizeof rules[0])
#define INSTRUCTIONS	(8 + RULES * 12)

/* What tty.c asks of a terminal, net/ of a socket, and dev/net.c of a tap. */
static const uint32_t requests[] = { TCGETS, TCSETS, TIOCGPGRP, FIONREAD, TIOCOUTQ, TUNSETOFFLOAD };
#define REQUESTS	(sizeof requests / sizeof requests[0])

struct program {
	struct sock_filter code[INSTRUCTIONS];
	unsigned short len;
};

const char *seccomp_rule(unsigned i)
{
	return i < RULES ? rules[i].name : NULL;
}

static void emit(struct program *p, uint16_t code, uint32_t k, uint8_t jt, uint8_t jf)
{
	p->code[p->len++] = (struct sock_filter){ code, jt, jf, k };
}

static void load(struct program *p, size_t offset)
{
	emit(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void verdict(struct program *p, bool allow)
{
	emit(p, BPF_RET | BPF_K, allow ? SECCOMP_RET_ALLOW : SECCOMP_RET_TRAP, 0, 0);
}

static void add_rule(struct program *p, const struct rule *r)
{
	unsigned jump = p->len;

	emit(p, BPF_JMP | BPF_JEQ | BPF_K, r->nr, 0, 0);
	if (r->check != ANY)
		load(p, offsetof(struct seccomp_data, args) + 8 * r->arg);
	switch (r->check) {
	case NO_EXEC:
		emit(p, BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 1, 0);
		break;
	case OWN_PID:
		emit(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)getpid(), 0, 1);
		break;
	case INTERNET:
		emit(p, BPF_JMP | BPF_JEQ | BPF_K, AF_INET, 1, 0);
		emit(p, BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 0, 1);
		break;
	case REQUEST:
		for (unsigned i = 0; i < REQUESTS; i++)
			emit(p, BPF_JMP | BPF_JEQ | BPF_K, requests[i], (uint8_t)(REQUESTS - i - 1),
			     i == REQUESTS - 1);
		break;
	}
	verdict(p, true);
	if (r->check != ANY)
		verdict(p, false);
	p->code[jump].jf = (uint8_t)(p->len - jump - 1);
}

static void build(struct program *p, const char *without, unsigned uses)
{
	load(p, offsetof(struct seccomp_data, arch));
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
	verdict(p, false);
	load(p, offsetof(struct seccomp_data, nr));
	for (unsigned i = 0; i < RULES; i++)
		if ((!rules[i].when || rules[i].when & uses) && (!without || strcmp(without, rules[i].name) != 0))
			add_rule(p, &rules[i]);
	verdict(p, false);
}

/* A forbidden call: nothing to save but the terminal. */
static void on_violation(int sig, siginfo_t *info, void *context)
{
	char text[64];
	int n;

	(void)sig;
	(void)context;
	n = snprintf(text, sizeof text, "9guest: forbidden system call %d\n", info->si_syscall);
	if (write(STDERR_FILENO, text, (size_t)n) >= 0)
		tty_restore();
	_exit(1);
}

int seccomp_enter(const char *without, unsigned uses, struct error *err)
{
	struct sigaction action = { .sa_sigaction = on_violation, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	static struct program program;
	struct sock_fprog prog = { .filter = program.code };
	long status;

#ifdef __SANITIZE_ADDRESS__
	return 0;			/* the sanitizers make system calls of their own at any time */
#endif
	build(&program, without, uses);
	prog.len = program.len;
	sigaction(SIGSYS, &action, NULL);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_set(err, "cannot give up privileges: %s", strerror(errno));
	status = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &prog);
	if (status > 0)
		return error_set(err, "cannot restrict system calls of thread %ld", status);
	return status < 0 ? error_set(err, "cannot restrict system calls: %s", strerror(errno)) : 0;
}
