/* overlay.c: the small archive of what this run of 9guest wants of its guest. */
#ifndef HOST_OVERLAY_H
#define HOST_OVERLAY_H

#include <stdbool.h>
#include <stddef.h>

struct exec;

/*
 * A cpio archive (newc) with boot/config; boot/command, if command is not NULL; and for a program of -x, if x is not
 * NULL, what belongs to it, up to where the bytes of its file follow, on a page boundary.  By malloc, NULL without memory.
 * dhcp: NULL, or how (dev/network.h) the network tells the guest its address, and the world is behind it: then sys/lib/tls/ca.pem is there too.
 */
void *overlay_make(const char *command, const struct exec *x, bool tty, const char *user, const char *dhcp, size_t *bytes);

/* What follows the program's bytes, and the padding to a multiple of four: the archive's end. */
#define OVERLAY_END_BYTES	124
void overlay_end(char end[OVERLAY_END_BYTES]);

#endif
