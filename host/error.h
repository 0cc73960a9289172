/*
 * How host functions say what went wrong: they return -1 (or NULL) and leave one message here.  The first
 * message wins; main prints it behind "9guest: ".
 */
#ifndef HOST_ERROR_H
#define HOST_ERROR_H

struct error {
	char text[512];
};

/* error.c: leave a message unless there is one already; always returns -1. */
int error_set(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
