/*
 * What fuzzed kernel sources need of libc.h, out of the host's library.
 */
#ifndef SHIM_LIB_H
#define SHIM_LIB_H
#include <stdlib.h>
#include <string.h>
#include <stdio.h>

#define snprint snprintf
#define nelem(a) (sizeof(a)/sizeof((a)[0]))

typedef struct Qid { uvlong path; ulong vers; uchar type; } Qid;
typedef struct Dir Dir;
typedef struct Fmt Fmt;
typedef uintptr_t uintptr;

enum {
	ERRMAX = 128,
	MCACHE = 16,
	OREAD = 0, OWRITE = 1, ORDWR = 2,
	QTDIR = 0x80, QTAUTH = 0x08,
};
#endif
