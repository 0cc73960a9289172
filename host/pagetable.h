/* pagetable.c: the guest's page tables, as lguest reads them. */
#ifndef HOST_PAGETABLE_H
#define HOST_PAGETABLE_H

#include "machine.h"

enum { PTE_P = 1, PTE_W = 2, PTE_U = 4, PTE_PWT = 8, PTE_A = 0x20, PTE_D = 0x40, PTE_PS = 0x80 };

/* struct engine_host.walk */
int pagetable_walk(void *ctx, uint32_t space, uint32_t va, unsigned flags, struct mapping *out, uint32_t *error_code);
/* The guest-physical address of va in the current space, walked with `flags`; -1 and *error when not allowed. */
int64_t pagetable_gpa(struct machine *m, uint32_t va, unsigned flags, uint32_t *error);
/* Copy to or from virtual memory of the current space (flags: WALK_USER for CPL 3); -1: *fault is the address that is
 * not there, *error the page fault's P bit; bytes before it have been copied. */
int guest_read(struct machine *m, uint32_t va, void *buf, uint32_t len, unsigned flags, uint32_t *fault, uint32_t *error);
int guest_write(struct machine *m, uint32_t va, const void *buf, uint32_t len, unsigned flags, uint32_t *fault, uint32_t *error);

#endif
