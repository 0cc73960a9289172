/* A small stack machine run by a switch: jump tables, unpredictable branches. */
#include "program.h"

enum { PUSH, ADD, SUB, MUL, DUP, SWAP, JNZ, LOAD, STORE, XOR, SHR, AND, NOT, HALT };

static const i32 code[] = {
	PUSH, 500, STORE, 0, PUSH, 1, STORE, 1, PUSH, 0x55, STORE, 2,
	/* 12: loop */
	LOAD, 1, PUSH, 75, MUL, PUSH, 74, ADD, DUP, PUSH, 3, SHR, XOR, STORE, 1,
	LOAD, 1, PUSH, 0xffff, AND, LOAD, 2, ADD, NOT, STORE, 2,
	LOAD, 0, PUSH, 1, SUB, DUP, STORE, 0, JNZ, 12,
	LOAD, 2, LOAD, 1, SWAP, SUB, HALT,
};

u32 run(void)
{
	i32 stack[32], vars[4] = { 0 };
	int sp = 0, pc = 0;

	for (;;) {
		switch (code[pc++]) {
		case PUSH: stack[sp++] = code[pc++]; break;
		case ADD: sp--; stack[sp - 1] = (i32)((u32)stack[sp - 1] + (u32)stack[sp]); break;
		case SUB: sp--; stack[sp - 1] = (i32)((u32)stack[sp - 1] - (u32)stack[sp]); break;
		case MUL: sp--; stack[sp - 1] = (i32)((u32)stack[sp - 1] * (u32)stack[sp]); break;
		case DUP: stack[sp] = stack[sp - 1]; sp++; break;
		case SWAP: { i32 t = stack[sp - 1]; stack[sp - 1] = stack[sp - 2]; stack[sp - 2] = t; break; }
		case JNZ: sp--; if (stack[sp]) pc = code[pc]; else pc++; break;
		case LOAD: stack[sp++] = vars[code[pc++]]; break;
		case STORE: vars[code[pc++]] = stack[--sp]; break;
		case XOR: sp--; stack[sp - 1] ^= stack[sp]; break;
		case SHR: sp--; stack[sp - 1] = (i32)((u32)stack[sp - 1] >> stack[sp]); break;
		case AND: sp--; stack[sp - 1] &= stack[sp]; break;
		case NOT: stack[sp - 1] = ~stack[sp - 1]; break;
		case HALT: return mix((u32)stack[sp - 1], (u32)sp);
		}
	}
}
