/* console.c: what main decides about the console before the machine is made. */
#ifndef HOST_DEV_CONSOLE_H
#define HOST_DEV_CONSOLE_H

#include <stdbool.h>

#include "../error.h"

/* Take standard input, output and error.  interactive: a terminal that we may put in raw mode is on both ends. */
int console_open(bool interactive, struct error *err);
/* The first ^A x asks the guest to end, which may have something to write; the second ends it. */
void console_leave_politely(bool politely);
/* From any thread: have the guest hear that it shall end: LGUEST_CONSOLE_INTERRUPT, _HANGUP or _ABORT. */
void console_ask(unsigned what);
/* The terminal is ours again after a stop. */
void console_resumed(void);

#endif
