/*
 * What is left of the system for helper processes: the one that plays -n user's network, once its library is loaded, and the
 * one that asks the host's resolver.  Sockets of the Internet, reading files (the host's name servers may change), and memory that
 * cannot be executed; threads, but no processes, for the resolver.  Their libraries read what a hostile guest or name server
 * writes; should that ever lead one astray, it can run no program, write no file and touch no other
 * process.  Anything else fails with EPERM, so that a library of another version does without.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "wires.h"

enum check { ANY, NO_EXEC, INTERNET, LOCAL_TOO, READ_ONLY, THREAD, ABSENT };

/* Whom a rule is for; no mark: both. */
#define S	HELPER_SLIRP
#define R	HELPER_RESOLVER

static const struct rule {
	int nr;
	uint8_t check, arg, who;
} rules[] = {
	{ SYS_poll, ANY, 0, 0 }, { SYS_ppoll, ANY, 0, S }, { SYS_select, ANY, 0, S },
	{ SYS_read, ANY, 0, 0 }, { SYS_write, ANY, 0, 0 }, { SYS_readv, ANY, 0, S }, { SYS_writev, ANY, 0, S },
	{ SYS_recvfrom, ANY, 0, 0 }, { SYS_sendto, ANY, 0, 0 }, { SYS_recvmsg, ANY, 0, 0 }, { SYS_sendmsg, ANY, 0, 0 },
	{ SYS_recvmmsg, ANY, 0, S }, { SYS_sendmmsg, ANY, 0, R },
	{ SYS_socket, LOCAL_TOO, 0, HELPER_PLUGINS }, { SYS_socket, INTERNET, 0, 0 },
	{ SYS_connect, ANY, 0, 0 }, { SYS_bind, ANY, 0, 0 },
	{ SYS_listen, ANY, 0, S }, { SYS_accept, ANY, 0, S }, { SYS_accept4, ANY, 0, S },
	{ SYS_getsockname, ANY, 0, 0 }, { SYS_getpeername, ANY, 0, S },
	{ SYS_setsockopt, ANY, 0, 0 }, { SYS_getsockopt, ANY, 0, S }, { SYS_shutdown, ANY, 0, S },
	{ SYS_close, ANY, 0, 0 }, { SYS_fcntl, ANY, 0, 0 }, { SYS_ioctl, ANY, 0, 0 },
	{ SYS_openat, READ_ONLY, 2, 0 }, { SYS_open, READ_ONLY, 1, 0 }, { SYS_newfstatat, ANY, 0, 0 }, { SYS_stat, ANY, 0, 0 },
	{ SYS_fstat, ANY, 0, 0 }, { SYS_lseek, ANY, 0, 0 },
	{ SYS_brk, ANY, 0, 0 }, { SYS_mmap, NO_EXEC, 2, 0 }, { SYS_mprotect, NO_EXEC, 2, 0 }, { SYS_munmap, ANY, 0, 0 },
	{ SYS_mremap, ANY, 0, 0 }, { SYS_madvise, ANY, 0, 0 },
	{ SYS_futex, ANY, 0, 0 }, { SYS_clock_gettime, ANY, 0, 0 }, { SYS_gettimeofday, ANY, 0, 0 }, { SYS_getrandom, ANY, 0, 0 },
	{ SYS_rt_sigreturn, ANY, 0, 0 }, { SYS_rt_sigaction, ANY, 0, 0 }, { SYS_rt_sigprocmask, ANY, 0, 0 },
	{ SYS_getpid, ANY, 0, 0 }, { SYS_gettid, ANY, 0, 0 }, { SYS_exit, ANY, 0, 0 }, { SYS_exit_group, ANY, 0, 0 },
	{ SYS_restart_syscall, ANY, 0, R },	/* by which the kernel goes on with a poll after a stop */
	/* The resolver: a thread for each question; glibc falls back to clone, of which the flags can be seen; who and where we are. */
	{ SYS_clone3, ABSENT, 0, R }, { SYS_clone, THREAD, 0, R }, { SYS_set_robust_list, ANY, 0, R }, { SYS_rseq, ANY, 0, R },
	{ SYS_sched_getaffinity, ANY, 0, R }, { SYS_uname, ANY, 0, R }, { SYS_geteuid, ANY, 0, R }, { SYS_getuid, ANY, 0, R },
};
#undef S
#undef R
#define RULES		(sizeof rules / sizeof rules[0])

static struct sock_filter code[8 + RULES * 9];
static unsigned short len;

static void emit(uint16_t op, uint32_t k, uint8_t jt, uint8_t jf)
{
	code[len++] = (struct sock_filter){ op, jt, jf, k };
}

static void add_rule(const struct rule *r)
{
	unsigned jump = len;

	emit(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)r->nr, 0, 0);
	if (r->check == ABSENT) {
		emit(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS, 0, 0);
		code[jump].jf = (uint8_t)(len - jump - 1);
		return;
	}
	if (r->check != ANY)
		emit(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(offsetof(struct seccomp_data, args) + 8 * r->arg), 0, 0);
	switch (r->check) {
	case NO_EXEC:
		emit(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 1, 0);
		break;
	case LOCAL_TOO:
		emit(BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 2, 0);
		/* fall through */
	case INTERNET:
		emit(BPF_JMP | BPF_JEQ | BPF_K, AF_INET, 1, 0);
		emit(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 0, 1);
		break;
	case THREAD:
		emit(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1);
		break;
	case READ_ONLY:
		emit(BPF_JMP | BPF_JSET | BPF_K, O_WRONLY | O_RDWR | O_CREAT | O_TRUNC, 1, 0);
		break;
	}
	emit(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
	if (r->check != ANY)
		emit(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM, 0, 0);
	code[jump].jf = (uint8_t)(len - jump - 1);
}

int helper_confine(unsigned who)
{
	struct sock_fprog program = { .filter = code };

#ifdef __SANITIZE_ADDRESS__
	return 0;			/* the sanitizers make system calls of their own at any time */
#endif
	if (who & HELPER_PLUGINS)	/* its own rule for sockets goes first */
		who |= HELPER_RESOLVER;
	emit(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch), 0, 0);
	emit(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
	emit(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
	emit(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
	for (unsigned i = 0; i < RULES; i++)
		if (!rules[i].who || rules[i].who & who)
			add_rule(&rules[i]);
	emit(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM, 0, 0);
	program.len = len;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 ? -1 : 0;
}
