/*
 * Into translated code and out of it.  engine_enter is called by run.c and returns when the machine or the translator is
 * needed; in between, light exits call engine_light_exit on the same host stack and go back in.  The FPU holds the
 * guest's state from engine_enter to its return.  Translated code never moves RSP.
 */
#include "offsets.h"

	.intel_syntax noprefix
	.text

	/* void engine_enter(struct engine *e) */
	.globl engine_enter
	.type engine_enter, @function
engine_enter:
	push rbx
	push rbp
	push r12
	push r13
	push r14
	push r15
	sub rsp, 8
	mov [rdi + ENGINE_HOST_RSP], rsp
	mov rax, [rdi + ENGINE_VCPU]
	fxrstor [rax + VCPU_FPU]
	mov dword ptr [rdi + ENGINE_FPU_LIVE], 1

	/*
	 * RDI: the engine.  A kick that arrives after the test and before the last jump finds RIP between the two labels and
	 * moves it to engine_kicked: nothing has been written by then that would have to be undone.
	 */
	.globl engine_light_entry
engine_light_entry:
	cmp dword ptr [rdi + ENGINE_KICKED], 0
	jne engine_kicked
	mov r13, [rdi + ENGINE_VCPU]
	mov r11, [rdi + ENGINE_BASE]
	mov r14, [rdi + ENGINE_TABLE]
	mov r15, [rdi + ENGINE_CACHE]
	mov r10, [rdi + ENGINE_TARGET]
	mov r12d, [r13 + VCPU_REG + 16]
	add r12, r11
	mov eax, [r13 + VCPU_EFLAGS]
	test eax, 0x400
	jz 1f
	std
1:	mov edx, eax
	shr edx, 11
	and edx, 1
	mov ah, al
	mov al, dl
	add al, 0x7f			/* OF */
	sahf				/* the others */
	mov eax, [r13 + VCPU_REG]
	mov ecx, [r13 + VCPU_REG + 4]
	mov edx, [r13 + VCPU_REG + 8]
	mov ebx, [r13 + VCPU_REG + 12]
	mov ebp, [r13 + VCPU_REG + 20]
	mov esi, [r13 + VCPU_REG + 24]
	mov edi, [r13 + VCPU_REG + 28]
	jmp r10
	.globl engine_light_entry_end
engine_light_entry_end:

	.globl engine_kicked		/* RDI: the engine; RSP: its host_rsp */
engine_kicked:
	mov dword ptr [rdi + ENGINE_STATUS], STATUS_KICK
leave_engine:
	cld
	mov rax, [rdi + ENGINE_VCPU]
	fxsave [rax + VCPU_FPU]
	mov dword ptr [rdi + ENGINE_FPU_LIVE], 0
	fninit
	ldmxcsr [rdi + ENGINE_MXCSR]
	add rsp, 8
	pop r15
	pop r14
	pop r13
	pop r12
	pop rbp
	pop rbx
	ret

	/* The ways out, each reached from its stub in the code cache. */
	.macro way_out name, number
	.globl \name
\name:	mov r10d, \number
	jmp save_state
	.endm
	way_out engine_exit_link, EXIT_LINK
	way_out engine_exit_event, EXIT_EVENT
	way_out engine_exit_emulate, EXIT_EMULATE
	way_out engine_exit_step, EXIT_STEP
	.globl engine_exit_miss
engine_exit_miss:
	mov r10d, EXIT_MISS
save_state:
	mov [r13 + VCPU_REG], eax
	mov [r13 + VCPU_REG + 4], ecx
	mov [r13 + VCPU_REG + 8], edx
	mov [r13 + VCPU_REG + 12], ebx
	mov [r13 + VCPU_REG + 16], r12d
	mov [r13 + VCPU_REG + 20], ebp
	mov [r13 + VCPU_REG + 24], esi
	mov [r13 + VCPU_REG + 28], edi
	mov [r13 + VCPU_EIP], r8d
	pushfq
	pop rax
	mov [r13 + VCPU_RAW_FLAGS], eax
	cld
	mov rbx, [r13 + VCPU_ENGINE]
	mov rdi, rbx
	mov esi, r10d
	mov edx, r9d
call_c:
	call engine_light_exit
	mov rdi, rbx
	test eax, eax
	jnz engine_light_entry
	jmp leave_engine

	/* From the signal handler.  RDI: the engine, RSI: EXIT_SIGNAL or EXIT_RESYNC; RSP: host_rsp. */
	.globl engine_exit_signal
engine_exit_signal:
	cld
	mov rbx, rdi
	jmp call_c
	.size engine_enter, . - engine_enter
	.section .note.GNU-stack, "", @progbits
