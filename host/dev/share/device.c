/*
 * A share as a device: what the command line says of it, and its place on the device page.  main adds each share before the
 * machine is made; from then on server.c answers the guest's requests.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "device.h"
#include "share.h"

#define THREADS		4
#define ROOT_NAME	".root"		/* a name that no -s can give */

static struct share *shares[LGUEST_MAX_DEVICES];
static unsigned nshares;

/* One element of a guest's path, which boot scripts can handle, and none of the kernel's own. */
static int check_name(const char *text, const char *name, struct error *err)
{
	if (!*name)
		return error_set(err, "-s %s: a share needs a name: -s DIR:NAME", text);
	if (strlen(name) >= sizeof shares[0]->name)
		return error_set(err, "-s %s: the name '%s' is longer than %zu bytes; give another: -s DIR:NAME", text, name,
				 sizeof shares[0]->name - 1);
	if (*name == '.')
		return error_set(err, "-s %s: the name '%s' begins with a dot; give another: -s DIR:NAME", text, name);
	for (const unsigned char *p = (const unsigned char *)name; *p; p++)
		if (*p < 0x20 || *p == 0x7f || *p == '/' || *p == '\'')
			return error_set(err, "-s %s: the name has a character that a guest's name cannot have; give another: "
					 "-s DIR:NAME", text);
	for (unsigned i = 0; i < nshares; i++)
		if (strcmp(shares[i]->name, name) == 0)
			return error_set(err, "-s %s: there is a share of the name '%s' already; give another: -s DIR:NAME", text,
					 name);
	return 0;
}

/*
 * Take DIR[:NAME][,ro] apart.  A directory whose name ends as if it were an option can be given as DIR/.
 * The name of "." and "..", and of DIR/, is that of the directory that they mean.
 */
static int parse(struct share *s, const char *text, bool root, struct error *err)
{
	char *dir = strdup(text), *colon, *slash;
	size_t len = strlen(text);
	const char *name;

	if (!dir)
		return error_set(err, "out of memory");
	s->dir = dir;
	if (len > 3 && strcmp(dir + len - 3, ",ro") == 0) {
		s->readonly = true;
		dir[len - 3] = '\0';
	}
	colon = root ? NULL : strrchr(dir, ':');
	if (colon && !strchr(colon, '/'))
		*colon = '\0';
	else
		colon = NULL;
	s->real = realpath(dir, NULL);
	if (!s->real)
		return error_set(err, "%s: %s", dir, strerror(errno));
	slash = strrchr(s->real, '/');
	name = root ? ROOT_NAME : colon ? colon + 1 : slash + 1;
	if (!root && check_name(text, name, err) < 0)
		return -1;
	strncpy(s->name, name, sizeof s->name - 1);
	return 0;
}

/* Is anything mounted below?  What is mounted later is noticed when it is met (step.c). */
static bool mounts_below(const char *dir)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	size_t len = strcmp(dir, "/") == 0 ? 0 : strlen(dir);
	char *line = NULL, *path;
	size_t room = 0;
	bool found = false;

	while (f && !found && getline(&line, &room, f) > 0) {
		path = line;
		for (int i = 0; i < 4 && path; i++)	/* ID, parent, device, root: the fifth is where */
			path = (path = strchr(path, ' ')) ? path + 1 : NULL;
		found = path && strncmp(path, dir, len) == 0 && path[len] == '/' && path[len + 1] != ' ';
	}
	free(line);
	if (f)
		fclose(f);
	return found;
}

static int share_start(struct device *d, struct error *err)
{
	struct share *s = (struct share *)d;
	char *page = ram_write(&d->machine->ram, (uint64_t)d->desc->pfn << PAGE_SHIFT, PAGE_SIZE);

	if (!page)
		return error_set(err, "no room for the device memory of a share");
	strncpy(page, s->name, PAGE_SIZE - 1);
	waited_for_disk();		/* what our own start cost is not the share's fault */
	d->pool = pool_start(d, THREADS, err);
	return d->pool ? 0 : -1;
}

static struct share *new_share(struct error *err)
{
	struct share *s = calloc(1, sizeof *s);

	if (!s || !(s->nodes = calloc(NODE_BUCKETS, sizeof *s->nodes))) {
		error_set(err, "out of memory");
		return NULL;
	}
	return s;
}

/* Put a share whose names are known among the devices. */
static int serve(struct share *s, bool root, bool defer, struct error *err)
{
	int fd;

	fd = open(s->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, "%s: %s", s->dir, errno == ENOTDIR ? "not a directory; a share is one" : strerror(errno));
	s->mounts = mounts_below(s->real);
	s->root_share = root;
	s->always_defer = defer;
	if (nshares == 0) {
		fds_budget();
		names_load();
	}
	if (node_root(s, fd, err) < 0)
		return -1;
	s->device = (struct device){ .name = "share", .type = LGUEST_DEVICE_SHARE, .pages = 1, .start = share_start,
				     .stop = server_stop, .request = server_request, .thread = confine_thread };
	s->device.features = root ? LGUEST_SHARE_ROOT : 0;
	if (devices_add(&s->device, err) < 0)
		return -1;
	confine_add(s);
	shares[nshares++] = s;
	return 0;
}

int share_add(const char *text, bool root, bool defer, struct error *err)
{
	struct share *s = new_share(err);

	return s && parse(s, text, root, err) == 0 ? serve(s, root, defer, err) : -1;
}

int share_add_hidden(const char *dir, const char *name, bool defer, struct error *err)
{
	struct share *s = new_share(err);

	if (!s)
		return -1;
	s->dir = strdup(dir);
	s->real = realpath(dir, NULL);
	if (!s->dir || !s->real)
		return error_set(err, "%s: %s", dir, strerror(errno));
	strncpy(s->name, name, sizeof s->name - 1);
	return serve(s, false, defer, err);
}

const char *share_name(unsigned i, const char **dir)
{
	if (i >= nshares)
		return NULL;
	*dir = shares[i]->real;
	return shares[i]->name;
}

bool share_any(void)
{
	return nshares > 0;
}

void share_confine(void)
{
	if (share_any())
		confine_thread();
}
