/* device.c: host directories as devices of the guest. */
#ifndef HOST_DEV_SHARE_DEVICE_H
#define HOST_DEV_SHARE_DEVICE_H

#include <stdbool.h>

#include "../../error.h"

/*
 * Add a share as a command line option gives it, DIR[:NAME][,ro].  root: it is to be the guest's root, and has no name.
 * defer: let threads do everything, as for a file system that may hang (for tests).  The directory is opened here.
 * Before the machine is made.
 */
int share_add(const char *text, bool root, bool defer, struct error *err);
/* Add the directory dir as a share whose name, which begins with a dot, is for the guest's own programs. */
int share_add_hidden(const char *dir, const char *name, bool defer, struct error *err);
/* The i-th share: its name and its directory's absolute one; NULL beyond the last. */
const char *share_name(unsigned i, const char **dir);
/* Are there shares?  Then host files are opened while the guest runs. */
bool share_any(void);
/* From here on this thread can open nothing that is not shared.  No effect without shares. */
void share_confine(void);

#endif
