/*
 * The first instructions, and every way into and out of the kernel.  Segment
 * registers: DS ES FS GS hold the user's data selector in the kernel too (it is flat),
 * so that entering and leaving load none unless the program changed them.
 * A trap frame is a Ureg (arch.h).
 */
#include "mem.h"

#define HYPERCALL	int $0x1f
#define BOOTSTACK	16384

/* offsets in Ureg */
#define UGS	32
#define UCS	60
#define UFLAGS	64

	.section .text.entry, "ax"
	.ascii	"GenuineLguest"
	.globl	_start
_start:
	movl	$bootstack+BOOTSTACK, %esp
	cld
	movl	$edata, %edi
	movl	$end, %ecx
	subl	%edi, %ecx
	shrl	$2, %ecx
	xorl	%eax, %eax
	rep stosl
	xorl	%ebp, %ebp
	pushl	%esi
	call	main
1:	jmp	1b

	.bss
	.align	4096
	.globl	bootstack
bootstack:
	.space	BOOTSTACK

	.text

/* hcall(nr, a, b, c): EAX */
	.globl	hcall
hcall:
	pushl	%ebx
	movl	8(%esp), %eax
	movl	12(%esp), %edx
	movl	16(%esp), %ebx
	movl	20(%esp), %ecx
	HYPERCALL
	popl	%ebx
	ret

/* Make the hypervisor deliver what waits.  Any call would do. */
	.globl	irqtake
irqtake:
	pushl	%eax
	xorl	%eax, %eax
	HYPERCALL
	popl	%eax
	ret

/* setlabel(l): 0; and 1 when gotolabel(l) arrives */
	.globl	setlabel
setlabel:
	movl	4(%esp), %eax
	movl	%esp, 0(%eax)
	movl	(%esp), %edx
	movl	%edx, 4(%eax)
	movl	%ebx, 8(%eax)
	movl	%esi, 12(%eax)
	movl	%edi, 16(%eax)
	movl	%ebp, 20(%eax)
	xorl	%eax, %eax
	ret

	.globl	gotolabel
gotolabel:
	movl	4(%esp), %edx
	movl	8(%edx), %ebx
	movl	12(%edx), %esi
	movl	16(%edx), %edi
	movl	20(%edx), %ebp
	movl	0(%edx), %esp
	movl	4(%edx), %eax
	movl	%eax, (%esp)
	movl	$1, %eax
	ret

/* loadsegs(selector): DS ES FS GS */
	.globl	loadsegs
loadsegs:
	movl	4(%esp), %eax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %fs
	movw	%ax, %gs
	ret

	.globl	fpsave
fpsave:
	movl	4(%esp), %eax
	fxsave	(%eax)
	ret

	.globl	fprestore
fprestore:
	movl	4(%esp), %eax
	fxrstor	(%eax)
	ret

/* a new process's registers: x87 as Plan 9 has it, SSE as after reset */
	.globl	fpfresh
fpfresh:
	fninit
	fldcw	fpcontrol
	ldmxcsr	fpmxcsr
	ret

	.section .rodata
fpcontrol:
	.word	0x0232
	.word	0
fpmxcsr:
	.long	0x1f80
	.text

/*
 * Traps.  Vectors 8, 10-14 and 17 come with an error code.
 */
	.altmacro
	.macro	VECTOR n
	.align	16
	.if	(\n == 8) || ((\n >= 10) && (\n <= 14)) || (\n == 17)
	.else
	pushl	$0
	.endif
	pushl	$\n
	jmp	alltraps
	.endm

	.align	16
	.globl	vectors
vectors:
	.set	i, 0
	.rept	64
	VECTOR	%i
	.set	i, i+1
	.endr

	.macro	SAVEREGS
	pushl	%ds
	pushl	%es
	pushl	%fs
	pushl	%gs
	pushal
	cld
	.endm

/* Only the low halves of pushed selectors are certain. */
	.macro	CHECKSEGS off, other
	cmpw	$UDSEL, \off(%esp)
	jne	\other
	cmpw	$UDSEL, \off+4(%esp)
	jne	\other
	cmpw	$UDSEL, \off+8(%esp)
	jne	\other
	cmpw	$UDSEL, \off+12(%esp)
	jne	\other
	.endm

alltraps:
	SAVEREGS
	CHECKSEGS UGS, 8f
9:	pushl	%esp
	call	trap
	addl	$4, %esp
	jmp	forkret
8:	pushl	$UDSEL
	call	loadsegs
	addl	$4, %esp
	jmp	9b

	.align	16
	.globl	vsyscall
vsyscall:
	pushl	$0
	pushl	$VSYSCALL
	SAVEREGS
	CHECKSEGS UGS, 8f
9:	pushl	%esp
	call	syscall
	addl	$4, %esp
	jmp	forkret
8:	pushl	$UDSEL
	call	loadsegs
	addl	$4, %esp
	jmp	9b

/* A new process takes the notes that it inherited first, so that no family outgrows a note that is to end it. */
	.globl	forknoted
forknoted:
	pushl	%esp
	call	userexit
	addl	$4, %esp

/*
 * Leave by the Ureg at ESP.  From the store to irqenabled until the iret the
 * hypervisor injects nothing; what came in before that shows in irqpending and
 * is taken here, in the kernel, first.
 */
	.globl	forkret
forkret:
	popal
	CHECKSEGS 0, otherret
	addl	$24, %esp
iretpath:
	pushl	%eax
	movl	12(%esp), %eax
	andl	$0x200, %eax
	.globl	noirqstart
noirqstart:
	movl	%eax, %ss:lguestdata
	testl	%eax, %ss:irqpending
	jnz	takefirst
	popl	%eax
	iret
	.globl	noirqend
noirqend:
takefirst:
	xorl	%eax, %eax
	HYPERCALL
	popl	%eax
	jmp	iretpath

otherret:
	popl	%gs
	popl	%fs
	popl	%es
	popl	%ds
	addl	$8, %esp
	jmp	iretpath

/* touser(sp): the first process begins at UTZERO */
	.globl	touser
touser:
	movl	4(%esp), %eax
	pushl	$UDSEL
	pushl	%eax
	pushl	$0x202
	pushl	$UCSEL
	pushl	$UTZERO
	pushl	$0
	pushl	$0
	pushl	$UDSEL
	pushl	$UDSEL
	pushl	$UDSEL
	pushl	$UDSEL
	xorl	%eax, %eax
	pushl	%eax
	pushl	%eax
	pushl	%eax
	pushl	%eax
	pushl	%eax
	pushl	%eax
	pushl	%eax
	pushl	%eax
	jmp	forkret

/* a new kernel process's first instruction: gotolabel put its function's address under ESP */
	.globl	kprocentry
kprocentry:
	xorl	%ebp, %ebp
	call	*%ebx
1:	jmp	1b
	.section .note.GNU-stack, "", @progbits
