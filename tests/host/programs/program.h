/*
 * What the compiled test programs share.  Each defines run(), which computes for a while and returns a checksum.  It
 * is built for 64-bit Linux, where it says what is right, and as a flat 32-bit image for the reference CPU and the
 * translator.  No library: runtime.c has what compilers call.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int i32;
typedef long long i64;

u32 run(void);

static inline u32 mix(u32 sum, u32 v)
{
	sum ^= v;
	sum *= 0x01000193u;
	return sum ^ sum >> 15;
}

static inline u32 next_random(u32 *s)
{
	*s = *s * 1664525u + 1013904223u;
	return *s >> 8;
}

#endif
