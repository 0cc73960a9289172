/* What u.h of the guest says, for guest files that the fuzzers compile on the host; long has 32 bits there. */
#define uchar unsigned char
#define ulong unsigned int
#define nil ((void*)0)
