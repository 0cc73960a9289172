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

/* The fuzzer decides when there is no memory. */
void *shimmalloc(size_t);
#define malloc(n)	shimmalloc(n)

typedef struct Qid { uvlong path; ulong vers; uchar type; } Qid;
typedef struct Fmt Fmt;
typedef uintptr_t uintptr;

typedef struct Dir {
	ushort type;
	uint dev;
	Qid qid;
	ulong mode, atime, mtime;
	vlong length;
	char *name, *uid, *gid, *muid;
} Dir;

enum {
	UTFmax = 4,
	ERRMAX = 128,
	STATMAX = 65535,
	MREPL = 0, MBEFORE = 1, MAFTER = 2, MCREATE = 4, MCACHE = 16,
	OREAD = 0, OWRITE = 1, ORDWR = 2, OEXEC = 3, OTRUNC = 16, OCEXEC = 32, ORCLOSE = 64, OEXCL = 0x1000,
	QTDIR = 0x80, QTAPPEND = 0x40, QTEXCL = 0x20, QTMOUNT = 0x10, QTAUTH = 0x08, QTFILE = 0,
	DMDIR = 0x80000000, DMAPPEND = 0x40000000, DMEXCL = 0x20000000, DMMOUNT = 0x10000000,
};

/* Runes are bytes here. */
#define chartorune(r, s)	(*(r) = (uchar)*(s), 1)
#define runetochar(s, r)	(*(s) = *(r), 1)
#define utfrune(s, r)		((r) == 0 ? NULL : strchr(s, r))
#endif
