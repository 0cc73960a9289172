/* tty.c: the terminal's modes and the signals that concern it. */
#ifndef HOST_TTY_H
#define HOST_TTY_H

#include <stdbool.h>

#include "machine.h"

/* Put the terminal fd in raw mode; tty_restore undoes it, may be called at any time, from signal handlers too. */
int tty_raw(int fd, struct error *err);
void tty_restore(void);
/* Are we the terminal's foreground job? */
bool tty_foreground(int fd);
/* Take over SIGTERM and its like: the I/O thread restores the terminal before they have their way.  `resumed` is
 * called on the I/O thread after a stop.  If `asking` is not NULL it is called for a signal that would end us; only a second
 * signal, or a guest that is still there after some seconds, ends us then. */
int tty_signals(struct machine *m, void (*resumed)(void), void (*asking)(int sig), struct error *err);
/* The signal that was asked for and has not ended us so far; 0 if there was none. */
int tty_asked(void);
/* Die of sig as if nobody had caught it; returns if that is not possible. */
void tty_die(int sig);

#endif
