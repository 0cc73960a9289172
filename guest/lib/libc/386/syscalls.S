/*
 * The system calls: the number in AX, arguments where the caller pushed them,
 * above a return address that the kernel skips.  Numbers are those of Plan
 * 9's interface.
 */
	.macro	syscall name, nr
	.section .text.\name, "ax"
	.globl	\name
	.type	\name, @function
\name:
	movl	$\nr, %eax
	int	$0x40
	ret
	.size	\name, .-\name
	.endm

	syscall	sysr1, 0
	syscall	bind, 2
	syscall	chdir, 3
	syscall	close, 4
	syscall	dup, 5
	syscall	alarm, 6
	syscall	exec, 7
	syscall	_exits, 8
	syscall	fauth, 10
	syscall	segbrk, 12
	syscall	open, 14
	syscall	sleep, 17
	syscall	rfork, 19
	syscall	pipe, 21
	syscall	create, 22
	syscall	fd2path, 23
	syscall	brk_, 24
	syscall	remove, 25
	syscall	notify, 28
	syscall	noted, 29
	syscall	segattach, 30
	syscall	segdetach, 31
	syscall	segfree, 32
	syscall	segflush, 33
	syscall	rendezvous, 34
	syscall	unmount, 35
	syscall	semacquire, 37
	syscall	semrelease, 38
	syscall	_seek, 39
	syscall	fversion, 40
	syscall	errstr, 41
	syscall	stat, 42
	syscall	fstat, 43
	syscall	wstat, 44
	syscall	fwstat, 45
	syscall	mount, 46
	syscall	await, 47
	syscall	pread, 50
	syscall	pwrite, 51
	syscall	tsemacquire, 52
	syscall	_nsec, 53

/* read and write are pread and pwrite at offset -1, which uses the file's own */
	.macro	atfdoffset name, nr
	.section .text.\name, "ax"
	.globl	\name
	.type	\name, @function
\name:
	pushl	$-1
	pushl	$-1
	pushl	20(%esp)	/* n, buf, fd: each push brings the next here */
	pushl	20(%esp)
	pushl	20(%esp)
	pushl	$0		/* the return address's place */
	movl	$\nr, %eax
	int	$0x40
	addl	$24, %esp
	ret
	.size	\name, .-\name
	.endm

	atfdoffset read, 50
	atfdoffset write, 51
