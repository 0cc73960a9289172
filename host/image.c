/*
 * Images: files that the guest's memory is made of.  The kernel and the root archive are embedded in the executable as
 * page-aligned data (embed.S), and are used as parts of the file /proc/self/exe, so that all guests on a host
 * share their pages.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loader.h"

extern const char embedded_kernel[], embedded_kernel_end[], embedded_root[], embedded_root_end[],
	embedded_boot[], embedded_boot_end[];

int image_open(struct image *image, const char *name, struct error *err)
{
	struct stat st;

	*image = (struct image){ .name = name, .fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK) };
	if (image->fd < 0)
		return error_set(err, "%s: %s", name, strerror(errno));
	if (fstat(image->fd, &st) < 0)
		return error_set(err, "%s: %s", name, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return error_set(err, "%s: is a directory", name);
	if (!S_ISREG(st.st_mode) && strcmp(name, "/dev/null") != 0)
		return error_set(err, "%s: not a regular file", name);
	image->size = (uint64_t)st.st_size;
	return 0;
}

int image_read(const struct image *image, uint64_t at, void *buf, size_t len)
{
	char *to = buf;

	if (at > image->size || len > image->size - at)
		return -1;
	if (image->fd < 0) {
		memcpy(buf, image->memory + at, len);
		return 0;
	}
	while (len > 0) {
		ssize_t n = pread(image->fd, to, len, (off_t)(image->offset + at));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		to += n, at += (uint64_t)n, len -= (size_t)n;
	}
	return 0;
}

/* Where in the executable's file is the byte at p?  The program headers tell. */
static int64_t file_offset(const void *p)
{
	const ElfW(Phdr) *ph = (const ElfW(Phdr) *)getauxval(AT_PHDR);
	unsigned long n = getauxval(AT_PHNUM);
	uintptr_t base = 0, at;

	for (unsigned long i = 0; i < n; i++)
		if (ph[i].p_type == PT_PHDR)
			base = (uintptr_t)ph - ph[i].p_vaddr;
	at = (uintptr_t)p - base;
	for (unsigned long i = 0; i < n; i++)
		if (ph[i].p_type == PT_LOAD && at >= ph[i].p_vaddr && at < ph[i].p_vaddr + ph[i].p_filesz)
			return (int64_t)(at - ph[i].p_vaddr + ph[i].p_offset);
	return -1;
}

/* Without /proc there is no file to map: then the bytes are copied from our own memory. */
static void embedded(struct image *image, const char *name, const char *start, const char *end)
{
	static int self = -1;
	int64_t offset = file_offset(start);

	*image = (struct image){ .name = name, .fd = -1, .memory = start, .size = (uint64_t)(end - start) };
	if (image->size == 0 || offset < 0)
		return;
	if (self < 0)
		self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	image->fd = self;
	image->offset = (uint64_t)offset;
}

void image_embedded_kernel(struct image *image)
{
	embedded(image, "embedded kernel", embedded_kernel, embedded_kernel_end);
}

void image_embedded_root(struct image *image)
{
	embedded(image, "embedded root archive", embedded_root, embedded_root_end);
}

void image_embedded_boot(struct image *image)
{
	embedded(image, "embedded boot archive", embedded_boot, embedded_boot_end);
}
