/*
 * Into 32-bit code and back, for native.c: all registers and the FPU from native_box, a far jump to the compatibility
 * mode segment.  The code comes back by a far jump to 64-bit code at END_OFFSET, which jumps to native_return; or a
 * signal handler fills native_box in and resumes at native_resume.  FS is the C library's: it is put back before any C.
 */
	.intel_syntax noprefix
	.text
	.globl	native_enter, native_return, native_resume
	.type	native_enter, @function
native_enter:
	push	rbx
	push	rbp
	push	r12
	push	r13
	push	r14
	push	r15
	mov	[rip + native_host_sp], rsp
	fxrstor	[rip + native_box + 128]
	movzx	eax, word ptr [rip + native_box + 44]	/* es */
	mov	es, eax
	movzx	eax, word ptr [rip + native_box + 50]	/* ds */
	mov	ds, eax
	movzx	eax, word ptr [rip + native_box + 54]	/* gs */
	mov	gs, eax
	mov	eax, [rip + native_box + 36]
	push	rax
	popfq
	mov	eax, [rip + native_box + 0]
	mov	ecx, [rip + native_box + 4]
	mov	edx, [rip + native_box + 8]
	mov	ebx, [rip + native_box + 12]
	mov	ebp, [rip + native_box + 20]
	mov	esi, [rip + native_box + 24]
	mov	edi, [rip + native_box + 28]
	mov	esp, [rip + native_box + 16]
	.att_syntax prefix
	ljmpl	*native_target(%rip)
	.intel_syntax noprefix

native_return:
	mov	[rip + native_box + 0], eax
	mov	[rip + native_box + 4], ecx
	mov	[rip + native_box + 8], edx
	mov	[rip + native_box + 12], ebx
	mov	[rip + native_box + 16], esp
	mov	[rip + native_box + 20], ebp
	mov	[rip + native_box + 24], esi
	mov	[rip + native_box + 28], edi
	mov	rsp, [rip + native_host_sp]
	pushfq
	pop	rax
	mov	[rip + native_box + 36], eax
	fxsave	[rip + native_box + 128]
native_resume:
	push	0x202
	popfq
	fninit
	ldmxcsr	[rip + native_mxcsr]
	mov	word ptr [rip + native_box + 44], es
	mov	word ptr [rip + native_box + 48], ss
	mov	word ptr [rip + native_box + 50], ds
	mov	word ptr [rip + native_box + 52], fs
	mov	word ptr [rip + native_box + 54], gs
	mov	eax, 0x2b
	mov	es, eax
	mov	ds, eax
	mov	ss, eax
	xor	eax, eax
	mov	gs, eax
	mov	eax, 158			/* arch_prctl(ARCH_SET_FS, native_fs_base) */
	mov	edi, 0x1002
	mov	rsi, [rip + native_fs_base]
	syscall
	pop	r15
	pop	r14
	pop	r13
	pop	r12
	pop	rbp
	pop	rbx
	ret
	.size	native_enter, . - native_enter

	.section .rodata
	.align	4
native_mxcsr:
	.long	0x1f80

	.bss
	.align	64
	.globl	native_box, native_host_sp, native_fs_base, native_target
native_box:
	.zero	1024
native_host_sp:
	.quad	0
native_fs_base:
	.quad	0
native_target:
	.quad	0
	.section .note.GNU-stack,"",@progbits
