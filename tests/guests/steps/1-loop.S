/*
 * Step 1: a guest that does nothing for ever.  The 13 bytes of the signature, and code right behind them: that is all
 * that the loader asks for.
 * expect-status: timeout
 */
	.section .signature, "ax"
	.ascii	"GenuineLguest"
	.globl	_start
_start:
	jmp	_start
