/*
 * fxsave, fnsave and fnstenv: the one thing that x87 shows of where it runs is the address of the last instruction, which
 * would be the host's.  They are carried out on a buffer, the address is turned into the guest's, and the bytes are
 * copied.  Called through emulate.c's table, with the guest's FPU state in the registers.
 */
#pragma GCC target("general-regs-only")
#include "emulate.h"

/* The guest's eip for a host instruction pointer; 0 if it is none of ours. */
static uint32_t guest_ip(const struct engine *e, uint64_t host)
{
	uint64_t off = host - (uint64_t)e->cache;
	const struct block *b;
	bool boundary;

	if (off < 256 || off >= e->cache_used)
		return 0;
	b = code_block(e, (uint32_t)off);
	return b ? code_eip(e, b, (uint32_t)off, &boundary) : 0;
}

static void put(uint8_t *p, unsigned size, uint32_t v)
{
	for (unsigned i = 0; i < size; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

/* Instruction and data pointers as the 32-bit format shows them. */
static void get_pointers(struct engine *e, uint32_t *fip, uint32_t *fdp)
{
	_Alignas(16) static uint8_t image[512];
	uint64_t ip, dp;

	__asm__ volatile("fxsave64 %0" : "=m"(image));
	__builtin_memcpy(&ip, image + 8, 8);
	__builtin_memcpy(&dp, image + 16, 8);
	*fip = guest_ip(e, ip);
	*fdp = (uint32_t)dp;		/* windows are aligned on 4 GiB */
}

static bool copy_out(struct engine *e, const struct insn *in, const uint8_t *from, unsigned bytes)
{
	unsigned seg = (unsigned)decode_segment(in);
	uint32_t at = effective_address(e, in), v;

	if (!mem_writable(e, seg, at, bytes))
		return false;
	for (unsigned i = 0; i < bytes; i += 2) {
		v = from[i] | (uint32_t)from[i + 1] << 8;
		if (!mem_write(e, seg, at + i, 2, v))
			return false;
	}
	return true;
}

bool emulate_fxsave(struct engine *e, const struct insn *in)
{
	_Alignas(16) static uint8_t image[512];
	uint32_t fip, fdp;

	if ((effective_address(e, in) + e->vcpu->seg_base[decode_segment(in)]) & 15) {
		trap_exit(e, 13, true, 0);
		return false;
	}
	get_pointers(e, &fip, &fdp);
	__asm__ volatile("fxsave %0" : "=m"(image));
	put(image + 8, 4, fip);
	put(image + 16, 4, fdp);
	if (!mem_writable(e, (unsigned)decode_segment(in), effective_address(e, in), 512))
		return false;
	return copy_out(e, in, image, 288);	/* xmm8 to xmm15 do not exist in 32-bit code */
}

bool emulate_fnsave(struct engine *e, const struct insn *in)
{
	static uint8_t image[108];
	unsigned env = in->opsize ? 14 : 28, bytes = in->opcode == 0xdd ? env + 80 : env;
	uint32_t fip, fdp;

	if (!mem_writable(e, (unsigned)decode_segment(in), effective_address(e, in), bytes))
		return false;
	get_pointers(e, &fip, &fdp);
	if (in->opcode == 0xdd && in->opsize)
		__asm__ volatile(".byte 0x66; fnsave %0" : "=m"(image));
	else if (in->opcode == 0xdd)
		__asm__ volatile("fnsave %0" : "=m"(image));
	else if (in->opsize)
		__asm__ volatile(".byte 0x66; fnstenv %0" : "=m"(image));
	else
		__asm__ volatile("fnstenv %0" : "=m"(image));
	put(image + (in->opsize ? 6 : 12), in->opsize ? 2 : 4, fip);
	put(image + (in->opsize ? 10 : 20), in->opsize ? 2 : 4, fdp);
	return copy_out(e, in, image, bytes);
}
