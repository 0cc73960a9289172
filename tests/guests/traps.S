/* Trap stubs for all vectors, the ways into and out of attempt() and run_user(). */
	.text
stubs:
	.set	vector, 0
	.rept	256
	.balign	16
	.if	!(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17)
	push	$0
	.endif
	push	$vector
	jmp	common
	.set	vector, vector + 1
	.endr

common:
	pusha
	push	%ds
	push	%es
	mov	$0x69, %eax
	mov	%eax, %ds
	mov	%eax, %es
	cld
	push	%esp
	call	trap
	add	$4, %esp
	pop	%es
	pop	%ds
	popa
	add	$8, %esp
	push	%eax
	mov	12(%esp), %eax
	and	$0x200, %eax
	.globl	window_begin, window_finish
window_begin:				/* no interrupts from here on */
	mov	%eax, %ss:lguest
	pop	%eax
	iret
window_finish:

/* int attempt(f, arg): trap() comes back through attempt_land with the vector in eax. */
	.globl	attempt, attempt_land
attempt:
	push	%ebp
	push	%ebx
	push	%esi
	push	%edi
	mov	%esp, attempt_esp
	movl	$1, attempting
	push	24(%esp)
	call	*24(%esp)
	mov	$-1, %eax
attempt_land:
	mov	attempt_esp, %esp
	movl	$0, attempting
	pop	%edi
	pop	%esi
	pop	%ebx
	pop	%ebp
	ret

/* int enter_user(eip, esp, eax): at CPL 3; trap() comes back through attempt_land. */
	.globl	enter_user
enter_user:
	push	%ebp
	push	%ebx
	push	%esi
	push	%edi
	mov	%esp, attempt_esp
	movl	$1, attempting
	mov	28(%esp), %eax
	mov	24(%esp), %edx
	mov	20(%esp), %ecx
	push	$0x7b
	push	%edx
	push	$0x202
	push	$0x73
	push	%ecx
	mov	$0x7b, %ecx
	mov	%ecx, %ds
	mov	%ecx, %es
	xor	%ebx, %ebx
	xor	%ecx, %ecx
	xor	%edx, %edx
	xor	%esi, %esi
	xor	%edi, %edi
	xor	%ebp, %ebp
	iret

	.section .rodata
	.globl	trap_stubs
	.balign	4
trap_stubs:
	.set	n, 0
	.rept	256
	.long	stubs + n * 16
	.set	n, n + 1
	.endr

	.data
	.globl	attempt_esp, attempting
attempt_esp:
	.long	0
attempting:
	.long	0
