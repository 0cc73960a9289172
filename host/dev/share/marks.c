/*
 * What Plan 9 knows of a file and Linux does not: append-only, exclusive use, temporary.  They are kept in the extended
 * attribute "user.9guest", a letter each, so that they outlive the guest; S_ISVTX, which means nothing on a file, tells
 * that it is there, so that nobody has to look on all the others.  Where the file system takes no attributes, and for
 * directories, they last as long as 9guest.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "share.h"

#define ATTRIBUTE	"user.9guest"

static const struct {
	char letter;
	uint32_t mark;
} letters[] = { { 'a', DMAPPEND }, { 'e', DMEXCL }, { 't', DMTMP } };
#define LETTERS		(sizeof letters / sizeof letters[0])

/* Files with marks that only we know; and those that are open for exclusive use. */
struct set {
	struct file {
		dev_t dev;
		ino_t ino;
		uint32_t marks;
	} *files;
	size_t count, room;
};
static struct set kept, exclusive;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- sets; lock is held ---- */

static struct file *find(struct set *s, dev_t dev, ino_t ino)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->files[i].ino == ino && s->files[i].dev == dev)
			return &s->files[i];
	return NULL;
}

static bool insert(struct set *s, dev_t dev, ino_t ino, uint32_t marks)
{
	if (s->count == s->room) {
		size_t room = s->room ? 2 * s->room : 16;
		struct file *files = realloc(s->files, room * sizeof *files);

		if (!files)
			return false;
		s->files = files;
		s->room = room;
	}
	s->files[s->count++] = (struct file){ dev, ino, marks };
	return true;
}

static void delete(struct set *s, struct file *f)
{
	if (f)
		*f = s->files[--s->count];
}

/* ---- marks ---- */

static void fd_path(char path[32], int fd)
{
	snprintf(path, 32, "/proc/self/fd/%d", fd);
}

static uint32_t read_attribute(int fd)
{
	char path[32], value[16];
	uint32_t marks = 0;
	ssize_t n;

	fd_path(path, fd);
	n = getxattr(path, ATTRIBUTE, value, sizeof value);
	for (ssize_t i = 0; i < n; i++)
		for (size_t j = 0; j < LETTERS; j++)
			if (value[i] == letters[j].letter)
				marks |= letters[j].mark;
	return marks;
}

uint32_t marks_get(const struct stat *st, int fd)
{
	struct file *f = NULL;
	uint32_t marks = 0;

	if (kept.count) {		/* a glance: whoever set one just now has not been answered yet */
		pthread_mutex_lock(&lock);
		f = find(&kept, st->st_dev, st->st_ino);
		marks = f ? f->marks : 0;
		pthread_mutex_unlock(&lock);
	}
	if (!f && S_ISREG(st->st_mode) && st->st_mode & S_ISVTX)
		marks = read_attribute(fd);
	return marks;
}

static bool write_attribute(int fd, uint32_t marks)
{
	char path[32], value[LETTERS];
	size_t n = 0;

	fd_path(path, fd);
	for (size_t i = 0; i < LETTERS; i++)
		if (marks & letters[i].mark)
			value[n++] = letters[i].letter;
	return setxattr(path, ATTRIBUTE, value, n, 0) == 0;
}

int marks_set(const struct stat *st, int fd, uint32_t marks, mode_t *mode)
{
	char path[32];
	int error = 0;

	if (S_ISREG(st->st_mode)) {
		*mode &= ~(mode_t)S_ISVTX;
		if (!marks && st->st_mode & S_ISVTX) {
			fd_path(path, fd);
			removexattr(path, ATTRIBUTE);
		}
		if (marks && write_attribute(fd, marks)) {
			*mode |= S_ISVTX;
			marks = 0;		/* the attribute says so; we need not */
		}
	}
	pthread_mutex_lock(&lock);
	delete(&kept, find(&kept, st->st_dev, st->st_ino));
	if (marks && !insert(&kept, st->st_dev, st->st_ino, marks))
		error = ENOMEM;
	pthread_mutex_unlock(&lock);
	return error;
}

bool exclusive_take(const struct stat *st)
{
	bool ok;

	pthread_mutex_lock(&lock);
	ok = !find(&exclusive, st->st_dev, st->st_ino) && insert(&exclusive, st->st_dev, st->st_ino, 0);
	pthread_mutex_unlock(&lock);
	return ok;
}

void exclusive_give(dev_t dev, ino_t ino)
{
	pthread_mutex_lock(&lock);
	delete(&exclusive, find(&exclusive, dev, ino));
	pthread_mutex_unlock(&lock);
}
