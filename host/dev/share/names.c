/*
 * Users and groups as names: a stat entry has names where the host has numbers.  The tables are read once, before system calls
 * are restricted; a number that has no name is shown as itself.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "share.h"

#define MAX_NAMES	20000		/* of a directory service that lists everybody */
#define MAX_NAME	64		/* longer ones are shown as numbers */

struct table {
	struct name {
		uint32_t id;
		char *text;
	} *names;
	size_t count, room;
};

static struct table users, groups;
uid_t our_uid;

static void add(struct table *t, uint32_t id, const char *text)
{
	if (strlen(text) == 0 || strlen(text) > MAX_NAME || t->count >= MAX_NAMES)
		return;
	if (t->count == t->room) {
		size_t room = t->room ? 2 * t->room : 64;
		struct name *names = realloc(t->names, room * sizeof *names);

		if (!names)
			return;
		t->names = names;
		t->room = room;
	}
	t->names[t->count] = (struct name){ id, strdup(text) };
	if (t->names[t->count].text)
		t->count++;
}

static int compare(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static const char *find(const struct table *t, uint32_t id)
{
	struct name key = { id, NULL };
	const struct name *n = t->count ? bsearch(&key, t->names, t->count, sizeof key, compare) : NULL;

	return n ? n->text : NULL;
}

void names_load(void)
{
	const struct passwd *pw;
	const struct group *gr;

	our_uid = geteuid();
	/* Ours first, also where a directory service lists nobody; qsort need not be stable, so no number twice. */
	if ((pw = getpwuid(our_uid)))
		add(&users, pw->pw_uid, pw->pw_name);
	if ((gr = getgrgid(getegid())))
		add(&groups, gr->gr_gid, gr->gr_name);
	setpwent();
	while ((pw = getpwent()))
		if (pw->pw_uid != our_uid)
			add(&users, pw->pw_uid, pw->pw_name);
	endpwent();
	setgrent();
	while ((gr = getgrent()))
		if (gr->gr_gid != getegid())
			add(&groups, gr->gr_gid, gr->gr_name);
	endgrent();
	qsort(users.names, users.count, sizeof users.names[0], compare);
	qsort(groups.names, groups.count, sizeof groups.names[0], compare);
}

static const char *name(const struct table *t, uint32_t id, char buf[16])
{
	const char *text = find(t, id);

	if (text)
		return text;
	snprintf(buf, 16, "%u", id);
	return buf;
}

const char *user_name(uid_t uid, char buf[16])
{
	return name(&users, uid, buf);
}

const char *group_name(gid_t gid, char buf[16])
{
	return name(&groups, gid, buf);
}

int group_number(const char *text, gid_t *gid)
{
	char *end;
	unsigned long n;

	for (size_t i = 0; i < groups.count; i++)
		if (strcmp(groups.names[i].text, text) == 0) {
			*gid = groups.names[i].id;
			return 0;
		}
	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || *text < '0' || *text > '9' || *end || n >= UINT32_MAX)
		return -1;
	*gid = (gid_t)n;
	return 0;
}
