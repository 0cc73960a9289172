/*
 * What is left of the system for the helper that plays -n user's network, once its library is loaded: sockets of the Internet,
 * reading files (the host's name servers may change), and memory that cannot be executed.  The library reads what a
 * hostile guest writes; should that ever lead it astray, it can run no program, write no file and touch no other
 * process.  Anything else fails with EPERM, so that a library of another version does without.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "wires.h"

enum check { ANY, NO_EXEC, INTERNET, READ_ONLY };

static const struct rule {
	int nr;
	uint8_t check, arg;
} rules[] = {
	{ SYS_poll, ANY, 0 }, { SYS_ppoll, ANY, 0 }, { SYS_select, ANY, 0 },
	{ SYS_read, ANY, 0 }, { SYS_write, ANY, 0 }, { SYS_readv, ANY, 0 }, { SYS_writev, ANY, 0 },
	{ SYS_recvfrom, ANY, 0 }, { SYS_sendto, ANY, 0 }, { SYS_recvmsg, ANY, 0 }, { SYS_sendmsg, ANY, 0 },
	{ SYS_recvmmsg, ANY, 0 }, { SYS_sendmmsg, ANY, 0 },
	{ SYS_socket, INTERNET, 0 }, { SYS_connect, ANY, 0 }, { SYS_bind, ANY, 0 }, { SYS_listen, ANY, 0 },
	{ SYS_accept, ANY, 0 }, { SYS_accept4, ANY, 0 }, { SYS_getsockname, ANY, 0 }, { SYS_getpeername, ANY, 0 },
	{ SYS_setsockopt, ANY, 0 }, { SYS_getsockopt, ANY, 0 }, { SYS_shutdown, ANY, 0 },
	{ SYS_close, ANY, 0 }, { SYS_fcntl, ANY, 0 }, { SYS_ioctl, ANY, 0 },
	{ SYS_openat, READ_ONLY, 2 }, { SYS_open, READ_ONLY, 1 }, { SYS_newfstatat, ANY, 0 }, { SYS_stat, ANY, 0 },
	{ SYS_fstat, ANY, 0 }, { SYS_lseek, ANY, 0 },
	{ SYS_brk, ANY, 0 }, { SYS_mmap, NO_EXEC, 2 }, { SYS_mprotect, NO_EXEC, 2 }, { SYS_munmap, ANY, 0 },
	{ SYS_mremap, ANY, 0 }, { SYS_madvise, ANY, 0 },
	{ SYS_futex, ANY, 0 }, { SYS_clock_gettime, ANY, 0 }, { SYS_gettimeofday, ANY, 0 }, { SYS_getrandom, ANY, 0 },
	{ SYS_rt_sigreturn, ANY, 0 }, { SYS_rt_sigaction, ANY, 0 }, { SYS_rt_sigprocmask, ANY, 0 },
	{ SYS_getpid, ANY, 0 }, { SYS_gettid, ANY, 0 }, { SYS_exit, ANY, 0 }, { SYS_exit_group, ANY, 0 },
};
#define RULES		(sizeof rules / sizeof rules[0])

static struct sock_filter code[8 + RULES * 8];
static unsigned short len;

static void emit(uint16_t op, uint32_t k, uint8_t jt, uint8_t jf)
{
	code[len++] = (struct sock_filter){ op, jt, jf, k };
}

static void add_rule(const struct rule *r)
{
	unsigned jump = len;

	emit(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)r->nr, 0, 0);
	if (r->check != ANY)
		emit(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(offsetof(struct seccomp_data, args) + 8 * r->arg), 0, 0);
	switch (r->check) {
	case NO_EXEC:
		emit(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 1, 0);
		break;
	case INTERNET:
		emit(BPF_JMP | BPF_JEQ | BPF_K, AF_INET, 1, 0);
		emit(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 0, 1);
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

int helper_confine(void)
{
	struct sock_fprog program = { .filter = code };

	emit(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch), 0, 0);
	emit(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
	emit(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
	emit(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
	for (unsigned i = 0; i < RULES; i++)
		add_rule(&rules[i]);
	emit(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM, 0, 0);
	program.len = len;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 ? -1 : 0;
}
