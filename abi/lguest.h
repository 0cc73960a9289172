/*
 * The one header that both halves include: the interface between a guest
 * kernel and the hypervisor.  It is lguest's of Linux 2.6.23, with the system
 * call vector as a member of lguest_data and five more hypercalls (from 32
 * on, out of the reach of any lguest version).  All pointers handed over are
 * guest-physical addresses; everything is little endian.
 *
 * A hypercall is int $0x1f from CPL 1 with the number in EAX and arguments in
 * EDX, EBX, ECX.  No register changes, but EAX for BIND_DMA.
 */
#ifndef ABI_LGUEST_H
#define ABI_LGUEST_H

#define LGUEST_TRAP_ENTRY	0x1f
#define LGUEST_SIGNATURE	"GenuineLguest"	/* entry is the byte after its 13 bytes */

enum {
	LHCALL_FLUSH_ASYNC	= 0,
	LHCALL_LGUEST_INIT	= 1,	/* (lguest_data) must be the first */
	LHCALL_CRASH		= 2,	/* (message) */
	LHCALL_LOAD_GDT		= 3,	/* (table, entries <= 32) */
	LHCALL_NEW_PGTABLE	= 4,	/* (page directory) */
	LHCALL_FLUSH_TLB	= 5,	/* (0 user part of the current space, else everything) */
	LHCALL_LOAD_IDT_ENTRY	= 6,	/* (vector, low word, high word) */
	LHCALL_SET_STACK	= 7,	/* (ss, esp, pages) for entries from CPL 3 */
	LHCALL_TS		= 8,	/* (nonzero: the next FPU use is trap 7) */
	LHCALL_SET_CLOCKEVENT	= 9,	/* (ns from now; 0 cancels) irq 0 */
	LHCALL_HALT		= 10,	/* until an unmasked irq is pending */
	LHCALL_BIND_DMA		= 12,	/* (key, dma array, count << 8 | irq) EAX = 1 or 0 */
	LHCALL_SEND_DMA		= 13,	/* (key, dma) */
	LHCALL_SET_PTE		= 14,	/* (page directory, va, pte) */
	LHCALL_SET_PMD		= 15,	/* (page directory, index) */
	LHCALL_LOAD_TLS		= 16,	/* (three descriptors for GDT 6, 7, 8) */

	/* 9guest's own. */
	LHCALL_IRQ_PENDING	= 32,	/* (u32 that the host makes 0x200 while an unmasked irq
					 * waits for irq_enabled, else 0; any hypercall takes it) */
	LHCALL_CLOCK		= 33,	/* (struct lguest_clock) filled in at once */
	LHCALL_EXIT		= 34,	/* (message, at most 128 bytes with its NUL) the machine
					 * ends in good order; "" is success */
	LHCALL_RANDOM		= 35,	/* (buffer, bytes <= 4096) host entropy */
	LHCALL_REQUEST		= 36,	/* (device index, struct lguest_request, the device's own) */
};

#define LHCALL_RING_SIZE	64
#define LGUEST_IRQS		32
#define LGUEST_IRQ_VECTOR	32	/* irq n is vector 32+n */
#define LGUEST_IF		0x200	/* the value of irq_enabled that allows interrupts */

/* GDT entries whose numbers are fixed. */
enum {
	LGUEST_GDT_ENTRIES	= 32,
	LGUEST_GDT_TLS		= 6,	/* 6, 7, 8 */
	LGUEST_GDT_KCODE	= 12,	/* selector 0x61 */
	LGUEST_GDT_KDATA	= 13,	/* selector 0x69 */
	LGUEST_GDT_UCODE	= 14,	/* selector 0x73 */
	LGUEST_GDT_UDATA	= 15,	/* selector 0x7b */
};

struct lguest_ring_entry {
	unsigned int eax, edx, ebx, ecx;
};

struct lguest_data {
	unsigned int irq_enabled;		/* both: LGUEST_IF or 0 */
	unsigned int blocked_interrupts;	/* guest: 1 bits are masked irqs */
	unsigned int cr2;			/* host */
	unsigned int time_sec, time_nsec;	/* host: wall clock at INIT and each injection */
	unsigned char hcall_status[LHCALL_RING_SIZE];	/* 0xff free, 0 pending */
	struct lguest_ring_entry hcalls[LHCALL_RING_SIZE];
	unsigned int reserve_mem;		/* host: bytes at the top of virtual space */
	unsigned short guestid;			/* host */
	unsigned short pad;
	unsigned int tsc_khz;			/* host: 0 if the TSC is not constant */
	unsigned int noirq_start, noirq_end;	/* guest, read at INIT: no irq here */
	unsigned int syscall_vec;		/* guest, read at INIT: 0 means 0x80 */
};

struct lguest_clock {
	unsigned int ns_lo, ns_hi;		/* since 1970-01-01 UTC */
	unsigned int tsc_lo, tsc_hi;		/* the TSC at that moment */
};

/* One DMA: up to 16 segments, ended by the first of length 0. */
#define LGUEST_DMA_SECTIONS	16
struct lguest_dma {
	unsigned int used_len;			/* 0: free for the host; else bytes moved */
	unsigned int addr[LGUEST_DMA_SECTIONS];
	unsigned short len[LGUEST_DMA_SECTIONS];
};

/*
 * Console.  SEND on LGUEST_CONSOLE_KEY is output to the host's standard
 * output, on LGUEST_STDERR_KEY to its standard error; used_len becomes the
 * bytes taken, which may be fewer than offered (0 as well) when the host's
 * reader is slow: the console's irq comes when there is room again.  BIND
 * LGUEST_CONSOLE_KEY gives buffers for input; an array of DMAs is filled from its
 * element 0 upwards, once every element of it is free (used_len 0); the host looks
 * at the latest at the next HALT or interrupt.  When input has ended for good
 * the host sets LGUEST_DEVICE_REMOVED in the console's status, and raises the
 * irq, after the last input was delivered.
 */
#define LGUEST_CONSOLE_KEY	0
#define LGUEST_STDERR_KEY	4

/*
 * The device page, at the first byte past RAM: descriptors, irq = index + 1.
 * Guests of 2.6.23 look at the first 16.
 */
#define LGUEST_MAX_DEVICES	31
enum {
	LGUEST_DEVICE_CONSOLE	= 1,
	LGUEST_DEVICE_NET	= 2,
	LGUEST_DEVICE_BLOCK	= 3,

	/* 9guest's own, served by LHCALL_REQUEST. */
	LGUEST_DEVICE_SHARE	= 64,	/* a host directory by 9P2000 */
};
enum {	/* features */
	LGUEST_CONSOLE_TTY	= 0x0001,	/* input is a terminal in raw mode: echo and edit;
						 * without it input is a byte stream: neither */
	LGUEST_SHARE_ROOT	= 0x0001,	/* this share is to be the root */
	LGUEST_BLOCK_REQUESTS	= 0x0001,	/* LHCALL_REQUEST works, and sectors_lo, _hi are there */
	LGUEST_BLOCK_READONLY	= 0x0002,
	LGUEST_BLOCK_GROUPS	= 0x0004,	/* it takes LGUEST_BLOCK_GROUP */
	LGUEST_DEVICE_RANDOMNESS = 0x8000,
};
enum {	/* status */
	LGUEST_DEVICE_ACKNOWLEDGE = 1,
	LGUEST_DEVICE_DRIVER	= 2,
	LGUEST_DEVICE_DRIVER_OK	= 4,
	LGUEST_DEVICE_REMOVED	= 8,		/* host */
	LGUEST_DEVICE_REMOVED_ACK = 16,
	LGUEST_DEVICE_FAILED	= 128,
	/* The console's: the host sets them with an irq, the guest clears them.  Somebody asks the host to end: */
	LGUEST_CONSOLE_INTERRUPT = 256,		/* by the interrupt key */
	LGUEST_CONSOLE_HANGUP	= 512,		/* by leaving, or in other ways */
	LGUEST_CONSOLE_ABORT	= 1024,		/* and to say what it was doing */
};
struct lguest_device_desc {
	unsigned short type, features, status, num_pages;
	unsigned int pfn;
};

/*
 * A network interface.  Its page of device memory is 2.6.23's table of hardware addresses, 6 bytes
 * each; the features say which slot is the guest's; a first byte of 0 means that nobody is there.  Slot 0
 * is the other end of the wire.  What is behind LGUEST_NET_NEWS is 9guest's own, and the host's to write; the irq comes when
 * the wire has died: then slot 0 is empty and `why' says what has happened.
 *
 * A packet that is longer than the mtu is cut by the host: it is TCP in IPv4 or IPv6 without options or extension headers of these, its headers are in
 * the first section, and its checksum field holds the sum of the pseudo header alone, not complemented.  All packets made of it but the last have the mtu.
 *
 * Where longest_in is not 0 a guest may set `joins' before it binds.  Then each frame that it receives has a struct lguest_net_head in front, and has
 * up to longest_in bytes behind that; it goes on in the next buffer of the array where one is full.  The used_len of its first buffer is that of all of it,
 * its head included; of the others, what they hold.  Nothing comes while the next LGUEST_NET_BUFFERS free buffers, of a section each, would not
 * hold the longest.
 */
#define LGUEST_NET_NEWS		3584
#define LGUEST_NET_BUFFERS	64
struct lguest_net_news {
	unsigned int mtu;			/* packets that the wire carries have up to so many bytes; 0: 1500 */
	unsigned int lost;			/* frames for the guest for which there was no room */
	char why[256];				/* with a NUL */
	unsigned int longest;			/* 0, or bytes that a packet of TCP may have although it is longer than the mtu */
	unsigned int longest_in;		/* 0, or bytes that a frame for the guest may have */
	unsigned int joins;			/* guest: 1 if it takes such frames */
	unsigned int bad;			/* frames for the guest about which the wire said what cannot be */
};
enum {	/* lguest_net_head.flags */
	LGUEST_NET_SUMMED	= 1,		/* the checksum of TCP or UDP is known to be right */
	LGUEST_NET_LONG		= 2,		/* several segments, as those that the host cuts for the guest; its checksum field as theirs */
};
struct lguest_net_head {
	unsigned short flags;
	unsigned short segment;			/* of a long one: bytes of data in each of its segments, but the last */
};

/*
 * A request to one of 9guest's own devices.  Its segments are first those that
 * the host reads, then those that it writes.  From the hypercall until `state` is
 * LGUEST_REQUEST_DONE all of it, and the memory that it names, is the host's.  A
 * request that needs no waiting is done when the hypercall returns, with
 * no interrupt; others are done later, in any order, and then the device's irq comes.
 * A guest that names memory that it does not have, or has more than LGUEST_REQUESTS
 * under way on one device, is killed.
 */
#define LGUEST_REQUEST_SEGMENTS	600	/* at most, both ways together */
#define LGUEST_REQUESTS		8192
enum {
	LGUEST_REQUEST_FREE	= 0,
	LGUEST_REQUEST_BUSY	= 1,	/* the host has it */
	LGUEST_REQUEST_DONE	= 2,
};
struct lguest_segment {
	unsigned int addr, len;
};
struct lguest_request {
	unsigned int state;			/* host */
	unsigned int used;			/* host: bytes in the segments that it writes */
	unsigned int status;			/* host: 0, or what the device calls an error */
	unsigned short nout, nin;		/* guest: segments that the host reads, writes */
	struct lguest_segment segment[];
};

/*
 * A share: the argument of LHCALL_REQUEST is the number of a session, of which
 * each has fids of its own.  A request carries one T-message; the reply, R-message or
 * Rerror, is put into the segments to be written, of which the first must hold 256
 * bytes.  If there is a second, then the data of Rread begins there, whatever room the
 * first has left; in the same way the data of Twrite may begin in a second segment.
 * A request without any segments ends the session.  status is 0; or
 * LGUEST_SHARE_FLUSHED: there is no reply, as the request was flushed; or
 * LGUEST_SHARE_BAD: there is none as the message was none, or the reply does not fit.
 * The page of device memory holds the share's name, with a NUL.
 */
#define LGUEST_SHARE_SESSIONS	256	/* numbers are below this */
enum {
	LGUEST_SHARE_FLUSHED	= 1,
	LGUEST_SHARE_BAD	= 2,
};

/*
 * A disk.  Its page of device memory is 2.6.23's: the guest binds one DMA at the page's
 * address, fills in type, sector and bytes, sets result to 0, and sends on that
 * address: nothing to read, what is to be written to write.  When the transfer is over, perhaps
 * before the send returns, result becomes LGUEST_BLOCK_OK or _FAILED, and the irq of the binding is
 * raised.  Until then there is no other; the memory is the host's, the list that was sent is not.
 *
 * With LGUEST_BLOCK_REQUESTS many requests can be under way, and end in any order.  The
 * argument of LHCALL_REQUEST is what to do; the first 16 bytes of what the host reads
 * are a struct lguest_block_range; data to be written follow, data read go to the
 * segments that the host writes.  Offset and length are any number of bytes inside
 * of the disk.  A request that fails has no effect on others; `used' counts the bytes
 * that were read or written.  What a flush that begins after a write has
 * ended acknowledges is on the host's disk.
 *
 * A group writes many ranges at once: whatever ends the host's process, the file has all of them or none, unless
 * the request fails.  Its header's offset is the number of ranges, its length the bytes of all; the ranges
 * follow, each a struct lguest_block_range, and then their data.
 */
#define LGUEST_BLOCK_OK		1
#define LGUEST_BLOCK_FAILED	2
#define LGUEST_SECTOR		512
#define LGUEST_BLOCK_GROUP_RANGES 512		/* at most, of one group */
#define LGUEST_BLOCK_GROUP_BYTES (1 << 20)	/* of data */
struct lguest_block_page {
	int type;				/* guest: 0 read, 1 write */
	unsigned int sector, bytes;		/* guest */
	int result;				/* both */
	unsigned int num_sectors;		/* host: at most 0xffffffff */
	unsigned int sectors_lo, sectors_hi;	/* host: all of them */
};
enum {
	LGUEST_BLOCK_READ	= 0,		/* length is what the segments hold */
	LGUEST_BLOCK_WRITE	= 1,
	LGUEST_BLOCK_FLUSH	= 2,		/* range is of no matter */
	LGUEST_BLOCK_DISCARD	= 3,		/* the range reads as zeros, and takes no room */
	LGUEST_BLOCK_GROUP	= 4,		/* with LGUEST_BLOCK_GROUPS */

	LGUEST_BLOCK_ATONCE	= 0x100,	/* with read and write: only if that is done when the hypercall
						 * returns; else status is LGUEST_BLOCK_EAGAIN */
};
struct lguest_block_range {
	unsigned int offset_lo, offset_hi;	/* bytes */
	unsigned int length_lo, length_hi;
};
enum {	/* status */
	LGUEST_BLOCK_EIO	= 1,
	LGUEST_BLOCK_ENOSPC	= 2,
	LGUEST_BLOCK_EROFS	= 3,
	LGUEST_BLOCK_ERANGE	= 4,		/* outside of the disk */
	LGUEST_BLOCK_EINVAL	= 5,		/* unknown request, or sizes that do not agree */
	LGUEST_BLOCK_ENOTSUP	= 6,
	LGUEST_BLOCK_EAGAIN	= 7,		/* it would have had to wait; what it would have changed may be half done */
};

#define LGUEST_AT(type, field, offset) \
	_Static_assert(__builtin_offsetof(struct type, field) == (offset), #type "." #field)

LGUEST_AT(lguest_data, cr2, 8);
LGUEST_AT(lguest_data, hcall_status, 20);
LGUEST_AT(lguest_data, hcalls, 84);
LGUEST_AT(lguest_data, reserve_mem, 1108);
LGUEST_AT(lguest_data, guestid, 1112);
LGUEST_AT(lguest_data, tsc_khz, 1116);
LGUEST_AT(lguest_data, noirq_end, 1124);
LGUEST_AT(lguest_data, syscall_vec, 1128);
_Static_assert(sizeof(struct lguest_data) == 1132, "lguest_data");
LGUEST_AT(lguest_dma, len, 68);
_Static_assert(sizeof(struct lguest_dma) == 100, "lguest_dma");
_Static_assert(sizeof(struct lguest_device_desc) == 12, "lguest_device_desc");
LGUEST_AT(lguest_request, segment, 16);
LGUEST_AT(lguest_block_page, num_sectors, 16);
_Static_assert(sizeof(struct lguest_block_range) == 16, "lguest_block_range");
LGUEST_AT(lguest_net_news, why, 8);
LGUEST_AT(lguest_net_news, longest, 264);
LGUEST_AT(lguest_net_news, bad, 276);
_Static_assert(sizeof(struct lguest_net_head) == 4, "lguest_net_head");

/* Boot parameters: offsets in the page that ESI points to (Linux's boot protocol). */
enum {
	BOOT_E820_COUNT		= 0x1e8,	/* u8 */
	BOOT_LOADER_TYPE	= 0x210,	/* u8: 0xff if there is an initrd */
	BOOT_INITRD_ADDR	= 0x218,	/* u32 */
	BOOT_INITRD_SIZE	= 0x21c,	/* u32 */
	BOOT_CMDLINE_ADDR	= 0x228,	/* u32 */
	BOOT_SUBARCH		= 0x23c,	/* u32: 1 is lguest */
	BOOT_E820_MAP		= 0x2d0,	/* { u64 addr, u64 size, u32 type }, 20 bytes each */
	BOOT_E820_STRIDE	= 20,
	BOOT_CMDLINE_GPA	= 0x1000,
};

#endif
