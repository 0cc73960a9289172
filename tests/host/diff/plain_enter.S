/*
 * Run one instruction on the CPU: load the registers, flags and (where asked for) FPU state of `plain_box`, jump to the
 * copy of the instruction, and take everything back.  The copy ends in a jump to plain_return; a signal handler that
 * has filled in the registers itself resumes at plain_resume.  Offsets are those of struct plain_box (plain.c).
 */
	.intel_syntax noprefix
	.text
	.globl	plain_enter, plain_return, plain_resume
	.type	plain_enter, @function
plain_enter:
	push	rbx
	push	rbp
	push	r12
	push	r13
	push	r14
	push	r15
	mov	[rip + plain_host_sp], rsp
	cmp	dword ptr [rip + plain_box + 36], 0
	je	1f
	fxrstor	[rip + plain_box + 64]
1:	mov	eax, [rip + plain_box + 32]
	push	rax
	popfq
	mov	eax, [rip + plain_box + 0]
	mov	ecx, [rip + plain_box + 4]
	mov	edx, [rip + plain_box + 8]
	mov	ebx, [rip + plain_box + 12]
	mov	ebp, [rip + plain_box + 20]
	mov	esi, [rip + plain_box + 24]
	mov	edi, [rip + plain_box + 28]
	mov	esp, [rip + plain_box + 16]
	jmp	qword ptr [rip + plain_box + 48]

plain_return:
	mov	[rip + plain_box + 0], eax
	mov	[rip + plain_box + 4], ecx
	mov	[rip + plain_box + 8], edx
	mov	[rip + plain_box + 12], ebx
	mov	[rip + plain_box + 16], esp
	mov	[rip + plain_box + 20], ebp
	mov	[rip + plain_box + 24], esi
	mov	[rip + plain_box + 28], edi
	mov	rsp, [rip + plain_host_sp]
	pushfq
	pop	rax
	mov	[rip + plain_box + 32], eax
	cmp	dword ptr [rip + plain_box + 36], 0
	je	plain_resume
	fxsave	[rip + plain_box + 64]
plain_resume:
	push	0x202
	popfq
	cmp	dword ptr [rip + plain_box + 36], 0
	je	2f
	fninit
	ldmxcsr	[rip + plain_mxcsr]
2:	pop	r15
	pop	r14
	pop	r13
	pop	r12
	pop	rbp
	pop	rbx
	ret
	.size	plain_enter, . - plain_enter

	.section .rodata
	.align	4
plain_mxcsr:
	.long	0x1f80

	.bss
	.align	64
	.globl	plain_box, plain_host_sp
plain_box:
	.zero	1024
plain_host_sp:
	.quad	0
	.section .note.GNU-stack,"",@progbits
