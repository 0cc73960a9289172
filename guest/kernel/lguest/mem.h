/*
 * The 386's address space as this kernel lays it out: sizes, fixed addresses
 * and page table bits.  C and assembly include it, so it holds nothing but
 * numbers.  Guest-physical memory begins at KZERO; what lies beyond KLINEAR is
 * reached through the windows between KMAPADDR and KTOP.
 */

#define KiB		1024u
#define MiB		1048576u

#define BY2PG		4096u
#define PGSHIFT		12
#define BY2WD		4
#define PGMASK		(BY2PG-1)
#define ROUND(s, sz)	(((s)+((sz)-1)) & ~((sz)-1))
#define PGROUND(s)	ROUND(s, BY2PG)
#define PGTRUNC(s)	((s) & ~PGMASK)

#define HZ		100		/* ticks a second while something runs */
#define MS2HZ		(1000/HZ)
#define TK2MS(t)	((t)*(1000/HZ))
#define MS2TK(t)	(((ulong)(t)+MS2HZ-1)/MS2HZ)
#define TK2SEC(t)	((t)/HZ)

/* User addresses. */
#define UTZERO		0x1000u		/* text begins, the a.out header first */
#define USTKTOP		0xDFFFF000u
#define USTKSIZE	(16*MiB)
#define TSTKTOP		(USTKTOP-USTKSIZE)	/* exec builds the new stack below here */
#define TSTKSIZ		100		/* its pages */

/* Kernel addresses. */
#define KERNBASE	0xE0000000u	/* nothing of the user's from here on */
#define INITRDADDR	0xE0000000u	/* the archive, when it lies beyond KLINEAR */
#define KZERO		0xF0000000u	/* guest-physical 0 */
#define KTZERO		0xF0100000u	/* kernel text */
#define KLINEAR		(224*MiB)	/* bytes mapped at KZERO at most */
#define KMAPADDR	0xFE000000u	/* windows on single pages */
#define NKMAP		1024		/* one page table of them */
#define DEVADDR		0xFE400000u	/* the device page and device memory */
#define KTOP		0xFFC00000u	/* the hypervisor's from here on */

#define MACHADDR	(KZERO+0x2000)	/* this CPU's Mach: linear, so the same in every space */
#define KSTACK		(16*KiB)	/* of each process */
#define KSTACKORDER	2		/* log2 of its pages */

/* Page table entries.  The hypervisor dislikes every other flag. */
#define PTEVALID	0x001u
#define PTEWRITE	0x002u
#define PTEUSER		0x004u
#define PTEACC		0x020u
#define PTEDIRTY	0x040u
#define PTEKERN		(PTEVALID|PTEWRITE|PTEACC|PTEDIRTY)
#define PTETAB		(PTEVALID|PTEWRITE|PTEUSER|PTEACC)	/* directory entry */
#define PDX(va)		((ulong)(va)>>22)
#define PTX(va)		(((ulong)(va)>>12) & 1023)
#define PTEADDR(e)	((e) & ~PGMASK)

/* Selectors: the numbers are the hypervisor's. */
#define KCSEL		0x61
#define KDSEL		0x69
#define UCSEL		0x73
#define UDSEL		0x7B

#define VSYSCALL	0x40
#define VIRQ		32		/* vector of irq 0 */
