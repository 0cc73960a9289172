/* segment.c: the guest's GDT and what loading a selector from it means. */
#ifndef HOST_SEGMENT_H
#define HOST_SEGMENT_H

#include "machine.h"

/* The outcome of checking a selector: 0, or the vector of the fault to raise with the selector as error code. */
struct segment_fault {
	uint8_t vector;
	uint32_t error;
};

void segment_init(struct machine *m);
/* Store n entries from `first` on (8 bytes each, in guest order), as LOAD_GDT and LOAD_TLS do. */
void segment_store(struct machine *m, unsigned first, const uint64_t *entries, unsigned n);
/* Load selector into segment register `index` (not CS) at the current CPL.  0, or -1 and *fault. */
int segment_load(struct machine *m, unsigned index, uint16_t selector, struct segment_fault *fault);
/* May control go to `selector` at privilege `rpl` (1 or 3)?  0, or -1 and *fault. */
int segment_check_code(struct machine *m, uint16_t selector, unsigned rpl, struct segment_fault *fault);
/* May SS be `selector` at privilege `cpl`?  0, or -1 and *fault. */
int segment_check_stack(struct machine *m, uint16_t selector, unsigned cpl, struct segment_fault *fault);
/* On a return to CPL 3, data segments of the kernel become null. */
void segment_drop_privileged(struct machine *m);

#endif
