/*
 * Guest RAM: one memfd, shown in the host's own view (ram->host) and, by the engine, in many windows.  The loader
 * backs pages by a file; the devices and the traps read and write through ram_read and ram_write.  ram_write
 * runs in light exits, where the FPU holds guest state: general registers only, and no library call but bare system calls.
 */
#pragma GCC target("general-regs-only")
#include "ram.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct ram_extent {
	struct ram_extent *next;
	uint32_t pfn, count;
	int fd;
	uint64_t offset;	/* of the first page in the file */
};

/* Make RAM of ram_bytes and device_pages behind it.  Nothing is allocated until it is touched. */
int ram_init(struct ram *ram, uint64_t ram_bytes, unsigned device_pages, struct error *err)
{
	uint64_t size = (ram_bytes + PAGE_MASK) / PAGE_SIZE * PAGE_SIZE + (uint64_t)device_pages * PAGE_SIZE;

	memset(ram, 0, sizeof(*ram));
	ram->size_bytes = size;
	ram->ram_bytes = size - (uint64_t)device_pages * PAGE_SIZE;
	ram->memfd = -1;
	if (size > 1ULL << 32)
		return error_set(err, "guest memory: %llu bytes are more than 32 bits can address", (unsigned long long)size);
	ram->memfd = memfd_create("9guest-ram", MFD_CLOEXEC);
	if (ram->memfd < 0 || ftruncate(ram->memfd, (off_t)size) < 0) {
		error_set(err, "guest memory: cannot make %llu bytes: %s", (unsigned long long)size, strerror(errno));
		ram_free(ram);
		return -1;
	}
	ram->host = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, ram->memfd, 0);
	ram->flags = mmap(NULL, size / PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (ram->host == MAP_FAILED || ram->flags == MAP_FAILED) {
		error_set(err, "guest memory: cannot map %llu bytes: %s", (unsigned long long)size, strerror(errno));
		ram_free(ram);
		return -1;
	}
	return 0;
}

void ram_free(struct ram *ram)
{
	struct ram_extent *x, *next;

	for (x = ram->extents; x; x = next) {
		next = x->next;
		free(x);
	}
	if (ram->host && ram->host != MAP_FAILED)
		munmap(ram->host, ram->size_bytes);
	if (ram->flags && ram->flags != MAP_FAILED)
		munmap(ram->flags, ram->size_bytes / PAGE_SIZE);
	if (ram->memfd >= 0)
		close(ram->memfd);
	memset(ram, 0, sizeof(*ram));
	ram->memfd = -1;
}

/* Back [gpa, gpa+len) by the file's pages at offset.  fd stays the caller's and must stay open. */
int ram_map_file(struct ram *ram, uint32_t gpa, int fd, uint64_t offset, uint64_t len, struct error *err)
{
	uint64_t size = (len + PAGE_MASK) & ~(uint64_t)PAGE_MASK;
	struct ram_extent *x;
	struct stat st;

	if (gpa & PAGE_MASK || offset & PAGE_MASK)
		return error_set(err, "file mapping at %#x from offset %#llx: not page aligned", gpa, (unsigned long long)offset);
	if (!len)
		return 0;
	if (gpa + size > ram->ram_bytes)
		return error_set(err, "file mapping at %#x: %llu bytes do not fit in guest memory", gpa, (unsigned long long)len);
	if (fstat(fd, &st) < 0 || (uint64_t)st.st_size < offset + len)
		return error_set(err, "file mapping at %#x: the file is shorter than %llu bytes", gpa,
				 (unsigned long long)(offset + len));
	x = malloc(sizeof(*x));
	if (!x)
		return error_set(err, "out of memory");
	if (mmap(ram->host + gpa, size, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, (off_t)offset) == MAP_FAILED) {
		free(x);
		return error_set(err, "file mapping at %#x: %s", gpa, strerror(errno));
	}
	*x = (struct ram_extent){ ram->extents, gpa >> PAGE_SHIFT, (uint32_t)(size >> PAGE_SHIFT), fd, offset };
	ram->extents = x;
	for (uint32_t i = 0; i < x->count; i++)
		ram->flags[x->pfn + i] |= RAM_FILE;
	return 0;
}

/* The file behind a RAM_FILE page, and the page's offset in it; -1 if no file is behind it. */
int ram_backing(const struct ram *ram, uint32_t pfn, uint64_t *offset)
{
	for (const struct ram_extent *x = ram->extents; x; x = x->next)
		if (pfn - x->pfn < x->count) {
			*offset = x->offset + (uint64_t)(pfn - x->pfn) * PAGE_SIZE;
			return x->fd;
		}
	return -1;
}

const void *ram_read(const struct ram *ram, uint64_t gpa, uint64_t len)
{
	if (gpa > ram->size_bytes || len > ram->size_bytes - gpa)
		return NULL;
	return ram->host + gpa;
}

void *ram_write(struct ram *ram, uint64_t gpa, uint64_t len)
{
	if (gpa > ram->size_bytes || len > ram->size_bytes - gpa)
		return NULL;
	if (len) {
		uint32_t last = (uint32_t)((gpa + len - 1) >> PAGE_SHIFT);

		for (uint32_t pfn = (uint32_t)(gpa >> PAGE_SHIFT); pfn <= last; pfn++) {
			if (ram->flags[pfn] & RAM_FILE)
				ram_privatize(ram, pfn);
			if (ram->flags[pfn] & RAM_CODE && ram->on_write)
				ram->on_write(ram->on_write_ctx, pfn);
		}
	}
	return ram->host + gpa;
}

/*
 * Make a file page private: copy it into the memfd, show that in the host's view, and tell the engine.  A failure
 * here means that the host is out of memory; there is no way to go on.
 */
void ram_privatize(struct ram *ram, uint32_t pfn)
{
	uint8_t *page = ram->host + (uint64_t)pfn * PAGE_SIZE;
	off_t offset = (off_t)pfn * PAGE_SIZE;
	static const char message[] = "9guest: no memory for a page of the guest: free some and start again\n";

	if (!(ram->flags[pfn] & RAM_FILE))
		return;
	if (pwrite(ram->memfd, page, PAGE_SIZE, offset) != (ssize_t)PAGE_SIZE ||
	    mmap(page, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, ram->memfd, offset) == MAP_FAILED) {
		if (write(2, message, sizeof(message) - 1) < 0)
			_exit(1);
		_exit(1);
	}
	ram->flags[pfn] &= (uint8_t)~RAM_FILE;
	if (ram->on_write)
		ram->on_write(ram->on_write_ctx, pfn);
}
