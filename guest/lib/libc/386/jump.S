/*
 * setjmp(2) and its relatives.  A jmp_buf holds sp, pc and the four registers
 * that a function must preserve: bp bx si di.  notejmp in C reads the first two.
 */
	.section .text.setjmp, "ax"
	.globl	setjmp
	.type	setjmp, @function
setjmp:
	movl	4(%esp), %eax
	leal	4(%esp), %edx
	movl	%edx, 0(%eax)
	movl	(%esp), %edx
	movl	%edx, 4(%eax)
	movl	%ebp, 8(%eax)
	movl	%ebx, 12(%eax)
	movl	%esi, 16(%eax)
	movl	%edi, 20(%eax)
	xorl	%eax, %eax
	ret

	.section .text.longjmp, "ax"
	.globl	longjmp
	.type	longjmp, @function
longjmp:
	movl	4(%esp), %edx
	movl	8(%esp), %eax
	testl	%eax, %eax
	jnz	1f
	incl	%eax
1:	movl	8(%edx), %ebp
	movl	12(%edx), %ebx
	movl	16(%edx), %esi
	movl	20(%edx), %edi
	movl	0(%edx), %esp
	jmp	*4(%edx)
