/*
 * Where a program begins.  The kernel leaves the address of the Tos in AX
 * and argc, then argv's pointers, on the stack.  Below them go the sixteen
 * words that privalloc hands out: they must be on the stack, which processes
 * never share, and stay as long as main runs.
 */
	.section .text.start, "ax"
	.globl	_start
_start:
	movl	%eax, _tos
	movl	%esp, %ebx
	xorl	%ebp, %ebp
	subl	$(16*4), %esp
	movl	%esp, _privates
	movl	$16, _nprivates
	movl	%esp, %edi
	xorl	%eax, %eax
	movl	$16, %ecx
	rep stosl
	leal	4(%ebx), %eax
	pushl	%eax
	pushl	(%ebx)
	call	main
	pushl	$mainmsg
	call	exits
	hlt

	.section .rodata
mainmsg:
	.asciz	"main"

	.bss
	.balign	4
	.globl	_tos, _privates, _nprivates
_tos:		.long	0
_privates:	.long	0
_nprivates:	.long	0
