/*
 * What the kernel uses of the C library, and the numbers that programs and
 * kernel share: libc.h without the parts that the kernel has in a form of its
 * own.  Every kernel file includes u.h, this, dat.h, in this order.
 */
#ifndef KERNEL
#define KERNEL
#endif
#include "libc.h"
#include "tos.h"

_Static_assert(sizeof(Tos) == 72, "Tos");
_Static_assert(offsetof(Tos, pid) == 48, "Tos.pid");
