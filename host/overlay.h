/* overlay.c: the small archive of what this run of 9guest wants of its guest. */
#ifndef HOST_OVERLAY_H
#define HOST_OVERLAY_H

#include <stdbool.h>
#include <stddef.h>

/* A cpio archive (newc) with boot/config and, if command is not NULL, boot/command; by malloc, NULL without memory. */
void *overlay_make(const char *command, bool tty, const char *user, size_t *bytes);

#endif
