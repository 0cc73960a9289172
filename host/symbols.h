/* symbols.c: what lies at an address of the guest's kernel; the report of a guest that died. */
#ifndef HOST_SYMBOLS_H
#define HOST_SYMBOLS_H

#include "machine.h"

/* Print message, registers and a stack trace by symbol on standard error. */
void symbols_report(struct machine *m, const char *what);

#endif
