/*
 * The overlay: a small cpio archive (newc format: 110 bytes of ASCII header, name and data padded to 4) that goes
 * behind the root archive, whose files it replaces, as in Linux's initramfs.  It tells the guest what the command
 * line said: boot/config holds lines name=value, boot/command the exact bytes of an rc command, boot/program, boot/args,
 * boot/env, boot/dir, boot/name and boot/shares what exec.c has collected for a program.  The program itself comes last, in an archive of
 * its own (zeros between archives are nothing), so that its bytes can be whole pages of its file.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "exec.h"
#include "overlay.h"

#define MODE_FILE	0100444u
#define MODE_DIR	0040555u
#define MODE_PROGRAM	0100555u
#define HEADER_BYTES	110
#define MOST_AUTHORITIES	(2 << 20)

static void pad(FILE *f, size_t n)
{
	while (n++ & 3)
		fputc(0, f);
}

static void header(FILE *f, unsigned inode, const char *name, unsigned mode, size_t len)
{
	size_t namesize = strlen(name) + 1;

	/* magic ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check */
	fprintf(f, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", inode, mode, 0u, 0u, 1u,
		(unsigned)time(NULL), (unsigned)len, 0u, 0u, 0u, 0u, (unsigned)namesize, 0u);
	fwrite(name, 1, namesize, f);
	pad(f, HEADER_BYTES + namesize);
}

static void entry(FILE *f, unsigned inode, const char *name, unsigned mode, const char *data, size_t len)
{
	header(f, inode, name, mode, len);
	fwrite(data, 1, len, f);
	pad(f, len);
}

/* A name that cannot upset a file of name=value lines, nor a user id. */
static bool plain(const char *name)
{
	return name && *name && strlen(name) < 28 && name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
								 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] == '\0';
}

void overlay_end(char end[OVERLAY_END_BYTES])
{
	FILE *f = fmemopen(end, OVERLAY_END_BYTES, "w");

	if (!f)
		return;
	setvbuf(f, NULL, _IONBF, 0);
	entry(f, 0, "TRAILER!!!", 0, "", 0);
	fclose(f);
}

static void text(FILE *f, unsigned inode, const char *name, const struct exec_text *t)
{
	entry(f, inode, name, MODE_FILE, t->bytes, t->len);
}

/* The second of each two words is a directory that the guest shall show at the same place. */
static void mount_points(FILE *f, unsigned inode, const struct exec_text *shares)
{
	const char *word = shares->bytes, *end = word + shares->len;

	for (unsigned n = 0; word < end; word += strlen(word) + 1, n++)
		if (n & 1 && word[strspn(word, "/")])
			entry(f, inode + n, word + 1, MODE_DIR, "", 0);
}

static void program(FILE *f, const struct exec *x)
{
	long before = ftell(f);
	size_t end = (size_t)before + HEADER_BYTES + x->path.len;

	end += -end & 3;
	for (size_t n = -end & PAGE_MASK; n > 0; n--)
		fputc(0, f);
	header(f, 1, x->path.bytes, MODE_PROGRAM, x->program.size);
}

/*
 * The authorities whose certificates the host trusts are those that programs in the guest shall trust, where Go and others
 * look for them.  Without such a file here there is none there.
 */
static void authorities(FILE *f, unsigned inode)
{
	static const char *const files[] = { "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
					     "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem" };
	const char *own = getenv("SSL_CERT_FILE");
	int fd = own ? open(own, O_RDONLY | O_CLOEXEC) : -1;
	struct stat st;
	void *bytes;

	for (size_t i = 0; !own && fd < 0 && i < sizeof files / sizeof files[0]; i++)
		fd = open(files[i], O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 && st.st_size < MOST_AUTHORITIES) {
		bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
		if (bytes != MAP_FAILED) {
			entry(f, inode, "sys/lib/tls/ca.pem", MODE_FILE, bytes, (size_t)st.st_size);
			munmap(bytes, (size_t)st.st_size);
		}
	}
	close(fd);
}

void *overlay_make(const char *command, const struct exec *x, bool tty, const char *user, const char *dhcp, size_t *bytes)
{
	char config[160], *archive = NULL;
	FILE *f = open_memstream(&archive, bytes);
	int n;

	if (!f)
		return NULL;
	n = snprintf(config, sizeof config, "console=%s\nuser=%s\nsysname=9guest\n%s%s%s", tty ? "tty" : "stream",
		     plain(user) ? user : "glenda", dhcp ? "dhcp=" : "", dhcp ? dhcp : "",
		     dhcp ? "\n" : "");
	entry(f, 1, "boot", MODE_DIR, "", 0);
	entry(f, 2, "boot/config", MODE_FILE, config, (size_t)n);
	if (command)
		entry(f, 3, "boot/command", MODE_FILE, command, strlen(command));
	if (dhcp)
		authorities(f, 4);
	if (x) {
		entry(f, 5, "boot/exec", MODE_DIR, "", 0);
		text(f, 6, "boot/program", &x->path);
		text(f, 7, "boot/args", &x->args);
		text(f, 8, "boot/env", &x->env);
		text(f, 9, "boot/dir", &x->dir);
		text(f, 10, "boot/name", &x->name);
		text(f, 11, "boot/shares", &x->shares);
		mount_points(f, 12, &x->shares);
	}
	entry(f, 0, "TRAILER!!!", 0, "", 0);
	if (x)
		program(f, x);
	if (fclose(f) != 0) {
		free(archive);
		return NULL;
	}
	return archive;
}
