/* Where C guests start: the signature, a stack, a clean bss, main. */
	.section .signature, "ax"
	.ascii	"GenuineLguest"
	.globl	_start
_start:
	mov	$stack_top, %esp
	mov	$bss_start, %edi
	mov	$bss_end, %ecx
	sub	%edi, %ecx
	xor	%eax, %eax
	rep stosb
	call	main
1:	jmp	1b

	.data
	.balign	4096
	.skip	8192
stack_top:
