/* block.c: disks, -d FILE[,ro]. */
#ifndef HOST_DEV_BLOCK_H
#define HOST_DEV_BLOCK_H

#include "../error.h"

#define MAX_DISKS	16

/* Open and lock the image that an argument of -d names, and add it to the devices; before the machine is made. */
int block_add(const char *arg, struct error *err);

#endif
