/* hypercall.c: int $0x1f. */
#ifndef HOST_HYPERCALL_H
#define HOST_HYPERCALL_H

#include "machine.h"

/* The call in the guest's registers, after those in its ring. */
void hypercall(struct machine *m);
const char *hypercall_name(uint32_t number);

#endif
