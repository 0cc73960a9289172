/*
 * The C library's part for the IP stack's core when it is a host program: the guest's own header, whose declarations
 * fit the host's functions as well, on a machine where long has 64 bits.
 */
#ifndef KERNEL
#define KERNEL
#endif
#include <libc.h>
