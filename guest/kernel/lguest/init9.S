/*
 * The first program: one page of user code that the kernel copies to UTZERO.
 * It does with system calls what a first process needs: three descriptors on the
 * console, and /boot/boot in its place.  Position: linked in the kernel's text,
 * run at UTZERO, so every address is computed from there.
 */
#include "mem.h"

#define AT(label)	((label)-initcode+UTZERO)

#define EXITS	8
#define EXEC	7
#define OPEN	14
#define ERRSTR	41

	.text
	.align	16
	.globl	initcode
initcode:
	pushl	$0			/* OREAD */
	pushl	$AT(cons)
	pushl	$0			/* return address of the stub that we do not have */
	movl	$OPEN, %eax
	int	$VSYSCALL
	movl	$1, 8(%esp)		/* OWRITE */
	movl	$OPEN, %eax
	int	$VSYSCALL
	movl	$OPEN, %eax
	int	$VSYSCALL
	pushl	$AT(argv)
	pushl	$AT(boot)
	pushl	$0
	movl	$EXEC, %eax
	int	$VSYSCALL
	movl	$0, -128(%esp)		/* the reason is the exit status */
	leal	-128(%esp), %eax
	movl	%eax, %esp
	pushl	$128
	pushl	%eax
	pushl	$0
	movl	$ERRSTR, %eax
	int	$VSYSCALL
	movl	$EXITS, %eax
	int	$VSYSCALL
1:	jmp	1b
	.align	4
argv:	.long	AT(boot)
	.long	0
cons:	.asciz	"#c/cons"
boot:	.asciz	"/boot/boot"
	.globl	initcodeend
initcodeend:
	.section .note.GNU-stack, "", @progbits
