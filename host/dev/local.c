/*
 * Which of the host's file systems can be trusted to answer.  Shares ask the others on threads alone, disks write to them on threads
 * alone, since those may wait for a network, or for a process, for ever.
 */
#include "local.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/vfs.h>

#define TMPFS	0x01021994
#define RAMFS	0x858458f6

/* File systems that answer by themselves, in the time that a disk takes at most: magic numbers of statfs(2). */
static const uint32_t local_types[] = {
	0xef53,		/* ext2, 3, 4 */
	0x58465342,	/* xfs */
	0x9123683e,	/* btrfs */
	TMPFS,
	RAMFS,
	0x794c7630,	/* overlay */
	0xf2f52010,	/* f2fs */
	0x2fc12fc1,	/* zfs */
	0xca451a4e,	/* bcachefs */
	0x73717368,	/* squashfs */
	0xe0f5e1e2,	/* erofs */
	0x9660,		/* iso9660 */
	0x4d44,		/* vfat */
	0x2011bab0,	/* exfat */
};

static uint32_t type_of(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) < 0 ? 0 : (uint32_t)fs.f_type;
}

bool fs_local(int fd)
{
	uint32_t type = type_of(fd);

	for (size_t i = 0; i < sizeof local_types / sizeof local_types[0]; i++)
		if (type == local_types[i])
			return true;
	return false;
}

bool fs_memory(int fd)
{
	uint32_t type = type_of(fd);

	return type == TMPFS || type == RAMFS;
}
