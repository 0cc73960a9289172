/* See local.c. */
#ifndef HOST_DEV_LOCAL_H
#define HOST_DEV_LOCAL_H

#include <stdbool.h>

/* Is the open file on a file system of this machine's own disks or memory? */
bool fs_local(int fd);
/* Is it on one that has nothing but memory?  Such a one knows no RWF_NOWAIT, and needs none. */
bool fs_memory(int fd);

#endif
