/*
 * A kernel of one process that never sleeps, for fuzzed kernel sources: errors
 * unwind by setjmp, locks do nothing.
 */
#ifndef SHIM_DAT_H
#define SHIM_DAT_H
#include <setjmp.h>

typedef struct Lock { int key; } Lock;
typedef struct QLock { int key; } QLock;
typedef struct RWlock { int key; } RWlock;
typedef struct Ref { long ref; } Ref;
typedef struct Rendez { void *p; } Rendez;
typedef struct Proc Proc;

enum { HZ = 100, NERR = 64, Proc_exitme = 2 };

struct Proc {
	int nerrlab;
	jmp_buf errlab[NERR];
	char errbuf[ERRMAX];
	char *errstr;
	char *user;
	int procctl;
	int notepending;
	int kp;
	void *closingfgrp;
};
extern Proc *up;
extern struct { ulong kmallocmax; } conf;

#define waserror()	(up->nerrlab++, setjmp(up->errlab[up->nerrlab-1]))
#define poperror()	(up->nerrlab--)
void error(char*) __attribute__((noreturn));
void errorf(char*, ...) __attribute__((noreturn));
void nexterror(void) __attribute__((noreturn));
void panic(char*, ...) __attribute__((noreturn));
void sleep(Rendez*, int (*)(void*), void*);
Proc *wakeup(Rendez*);
ulong ticksnow(void);
void kstrcpy(char*, char*, int);
void *mallocz(ulong, int);
long incref(Ref*);
long decref(Ref*);
#define ilock(l)	((void)(l))
#define iunlock(l)	((void)(l))
#define smalloc(n)	mallocz(n, 1)

#include "error.h"
#include "chan.h"
#endif
