/*
 * A kernel of one process that never sleeps, for fuzzed kernel sources: errors
 * unwind by the compiler's setjmp, as they do there, and locks do nothing.
 */
#ifndef SHIM_DAT_H
#define SHIM_DAT_H
typedef struct Lock { int key; } Lock;
typedef struct QLock { int key; } QLock;
typedef struct RWlock { int key; } RWlock;
typedef struct Ref { long ref; } Ref;
typedef struct Rendez { void *p; } Rendez;
typedef struct Proc Proc;

enum { HZ = 100, NERR = 64, Proc_exitme = 2 };

struct Proc {
	unsigned long pid;
	int nerrlab;
	void *errlab[NERR][5];
	char *syserrstr;
	char errbuf[ERRMAX], syserrbuf[ERRMAX];
	char *errstr;
	char *user;
	char genbuf[128];
	struct Chan *slash;
	struct Chan *dot;
	struct Pgrp *pgrp;
	struct Fgrp *fgrp;
	int procctl;
	int notepending;
	int nnote;
	int kp;
	void *closingfgrp;
};
extern Proc *up;
extern struct { ulong kmallocmax; } conf;

#define waserror()	(up->nerrlab++, __builtin_setjmp(up->errlab[up->nerrlab-1]))
#define poperror()	(up->nerrlab--)
void error(char*) __attribute__((noreturn));
void errorf(char*, ...) __attribute__((noreturn));
void nexterror(void) __attribute__((noreturn));
void panic(char*, ...) __attribute__((noreturn));
void sleep(Rendez*, int (*)(void*), void*);
void tsleep(Rendez*, int (*)(void*), void*, ulong);
#define TK2MS(t)	((t)*10)
#define MS2HZ		10
Proc *wakeup(Rendez*);
#define breaksleep(p)	((void)(p))	/* there is nobody else to sleep */
#define keepsleep(p)	((void)(p))
ulong ticksnow(void);
void kstrcpy(char*, char*, int);
void *mallocz(ulong, int);
ulong msize(void *);
long incref(Ref*);
long decref(Ref*);
#define ilock(l)	((void)(l))
#define iunlock(l)	((void)(l))
#define smalloc(n)	calloc(1, n)	/* never fails */
#define rlock(l)	((void)(l))
#define runlock(l)	((void)(l))
#define wlock(l)	((void)(l))
#define wunlock(l)	((void)(l))

/* Addresses below are a process's: none, unless the fuzzer says so. */
extern ulong kernbase;
#define KERNBASE	kernbase
#define PGSHIFT		12
#define BY2PG		4096ul
#define PGMASK		(BY2PG-1)
#define PGTRUNC(s)	((s) & ~PGMASK)
#define PGROUND(s)	(((s)+PGMASK) & ~PGMASK)
#define PADDR(va)	((ulong)(va))
#define splhi()		0
#define splx(s)		((void)(s))
typedef struct Page { ulong pa; int pins; } Page;
ulong pagepa(Page*);
int pinpages(ulong, ulong, int, Page**);
void unpinpages(Page**, int);
void validaddr(ulong, ulong, int);
void *vmemchr(void*, int, int);
ulong mallocused(void);
ulong mallocmax(void);
void kproc(char*, void (*)(void*), void*);
int print(char*, ...);
extern char *eve;
#define seconds()	1000000000L

#include "error.h"
#include "chan.h"
#endif
