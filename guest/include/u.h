/*
 * The types of Plan 9's C on a 386, the variable argument macros, and what
 * programs need to look into the FPU.  Every guest source, kernel and user,
 * includes this first; it includes nothing and declares no function.
 */

#define nil	((void*)0)

typedef unsigned char		uchar;
typedef signed char		schar;
typedef unsigned short		ushort;
typedef unsigned int		uint;
typedef unsigned long		ulong;		/* 32 bits */
typedef long long		vlong;
typedef unsigned long long	uvlong;
typedef unsigned long		uintptr;
typedef long			intptr;
typedef unsigned long		usize;
typedef __WCHAR_TYPE__		Rune;		/* 21 bits; the type of the elements of L"..." */

typedef schar			s8int;
typedef uchar			u8int;
typedef short			s16int;
typedef ushort			u16int;
typedef int			s32int;
typedef uint			u32int;
typedef vlong			s64int;
typedef uvlong			u64int;
typedef u8int			u8;
typedef u16int			u16;
typedef u32int			u32;
typedef u64int			u64;

typedef uint			mpdigit;	/* for mp(2), kept for source compatibility */
typedef long			jmp_buf[6];	/* sp, pc, bp, bx, si, di */

enum
{
	JMPBUFSP	= 0,
	JMPBUFPC	= 1,
	JMPBUFDPC	= 0,
};

typedef union FPdbleword FPdbleword;
union FPdbleword
{
	double	x;
	struct {	/* little endian */
		ulong	lo;
		ulong	hi;
	};
};

/* FPU control word (getfcr, setfcr): a set bit lets the exception trap */
#define FPINEX		(1<<5)
#define FPUNFL		((1<<4)|(1<<1))
#define FPOVFL		(1<<3)
#define FPZDIV		(1<<2)
#define FPINVAL		(1<<0)
#define FPRNR		(0<<10)
#define FPRZ		(3<<10)
#define FPRPINF		(2<<10)
#define FPRNINF		(1<<10)
#define FPRMASK		(3<<10)
#define FPPEXT		(3<<8)
#define FPPSGL		(0<<8)
#define FPPDBL		(2<<8)
#define FPPMASK		(3<<8)
/* FPU status word (getfsr) */
#define FPAINEX		FPINEX
#define FPAOVFL		FPOVFL
#define FPAUNFL		FPUNFL
#define FPAZDIV		FPZDIV
#define FPAINVAL	FPINVAL

typedef __builtin_va_list	va_list;
#define va_start(list, last)	__builtin_va_start(list, last)
#define va_arg(list, type)	__builtin_va_arg(list, type)
#define va_copy(to, from)	__builtin_va_copy(to, from)
#define va_end(list)		__builtin_va_end(list)

/* arguments of any type; says to the compiler that they are wanted */
#define USED(...)	usednone(0, __VA_ARGS__)
#define SET(x)		((x) = 0)

static inline __attribute__((always_inline, unused)) void
usednone(int first, ...)
{
	(void)first;
}
