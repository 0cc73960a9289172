/* A flat image starts here with a stack; run()'s result ends in EAX, and a far jump tells the tests that it is over. */
	.section .start,"ax",@progbits
	.globl	_start
_start:
	cld
	fninit
	xor	%ebp, %ebp
	call	run
	xor	%ecx, %ecx
	xor	%edx, %edx
	ljmp	$0x33, $0x4b5a1000
	.section .note.GNU-stack,"",@progbits
