/*
 * 9guest -x: the guest runs a program of the host's as if it were one here.  This file collects what such a program gets
 * of us: its file, which is mapped behind the root archive, arguments, environment, and the working directory, which is
 * shared; the guest's init takes it from there.  Everything may hold any byte that a NUL-ended string can.
 */
#include "exec.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dev/share/device.h"

#define DIR_SHARE	".host"		/* shares that nobody asked for by -s */
#define PROGRAM_SHARE	".program"
#define ENV_NAME_BYTES	127		/* what the guest's /env takes */
#define ENV_VALUE_BYTES	16000

/* Variables that speak of the host's file system, terminal and sessions, or that the guest has an own idea of. */
static const char *const ours[] = {
	"PATH", "HOME", "PWD", "OLDPWD", "SHELL", "SHLVL", "_", "USER", "LOGNAME", "MAIL", "TMPDIR", "TMP", "TEMP", "TERM", "TERMCAP",
	"TERMINFO", "HOSTNAME", "HOSTTYPE", "OSTYPE", "MACHTYPE", "COLUMNS", "LINES", "DISPLAY", "XAUTHORITY", "LS_COLORS", "IFS",
	"LD_*", "XDG_*", "SSH_*", "DBUS_*", "WAYLAND_*", "BASH_FUNC_*", "TMUX*", "SUDO_*", "GPG_*",
	"user", "home", "sysname", "objtype", "cputype", "service", "terminal", "timezone", "console", "path", "ifs", "prompt", "pid",
	"status", "apid", "*",
};

static int append(struct exec_text *t, const char *bytes, size_t len, struct error *err)
{
	char *more = realloc(t->bytes, t->len + len);

	if (!more)
		return error_set(err, "out of memory");
	memcpy(more + t->len, bytes, len);
	t->bytes = more;
	t->len += len;
	return 0;
}

static int append_word(struct exec_text *t, const char *word, struct error *err)
{
	return append(t, word, strlen(word) + 1, err);
}

static bool stays_here(const char *name)
{
	for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
		size_t len = strlen(ours[i]);

		if (len > 1 && ours[i][len - 1] == '*' ? !strncmp(name, ours[i], len - 1) : !strcmp(name, ours[i]))
			return true;
	}
	return false;
}

/* Can a file in /env have this name, and this contents? */
static bool passes(const char *entry)
{
	char name[ENV_NAME_BYTES + 1];
	const char *equals = strchr(entry, '=');
	size_t len = equals ? (size_t)(equals - entry) : 0;

	if (len == 0 || len > ENV_NAME_BYTES || strlen(equals + 1) > ENV_VALUE_BYTES)
		return false;
	memcpy(name, entry, len);
	name[len] = '\0';
	return !strchr(name, '/') && strcmp(name, ".") && strcmp(name, "..") && !stays_here(name);
}

/* The program must be one of the guest's: what people forget is to say GOOS and GOARCH. */
static int check_format(const struct image *p, struct error *err)
{
	static const unsigned char aout_386[4] = { 0, 0, 1, 0xeb };
	static const struct { unsigned char magic[4]; const char *cpu; } others[] = {
		{ { 0, 0, 0x8a, 0x97 }, "amd64" }, { { 0, 0, 6, 0x47 }, "arm" },
	};
	unsigned char magic[4] = { 0 };

	if (p->size >= sizeof magic && image_read(p, 0, magic, sizeof magic) < 0)
		return error_set(err, "%s: cannot be read", p->name);
	if (!memcmp(magic, aout_386, sizeof magic) || !memcmp(magic, "#!", 2))
		return 0;
	if (!memcmp(magic, "\177ELF", sizeof magic))
		return error_set(err, "%s: an ELF program, which Plan 9 does not run; Go builds one that it does with GOOS=plan9 "
				 "GOARCH=386", p->name);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (!memcmp(magic, others[i].magic, sizeof magic))
			return error_set(err, "%s: a Plan 9 program for %s; the guest's CPU is a 386: Go builds for it with GOARCH=386",
					 p->name, others[i].cpu);
	return error_set(err, "%s: not a Plan 9 program for the 386, and no script", p->name);
}

static int find_program(struct exec *x, const char *name, struct error *err)
{
	const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;

	if (image_open(&x->program, name, err) < 0 || check_format(&x->program, err) < 0)
		return -1;
	if (append(&x->path, "boot/exec/", strlen("boot/exec/"), err) < 0)
		return -1;
	return append_word(&x->path, base, err);
}

/* Is dir the same as top, or below it?  Both are absolute and clean. */
static bool below(const char *dir, const char *top)
{
	size_t len = strlen(top);

	return !strncmp(dir, top, len) && (dir[len] == '\0' || dir[len] == '/' || len == 1);
}

/* The directory that holds all that a program started in dir is likely to want: the Go module's, else dir itself. */
static void find_top(char *top, const char *dir)
{
	char file[PATH_MAX + 8];
	char *slash;

	strcpy(top, dir);
	for (;;) {
		snprintf(file, sizeof file, "%s/go.mod", top);
		if (access(file, F_OK) == 0)
			return;
		slash = strrchr(top, '/');
		if (!slash || slash == top)
			break;
		*slash = '\0';
	}
	strcpy(top, dir);
}

static bool is_shown(const char *path)
{
	const char *shared;

	for (unsigned i = 0; share_name(i, &shared); i++)
		if (below(path, shared))
			return true;
	return false;
}

static int find_dir(struct exec *x, bool defer, struct error *err)
{
	char dir[PATH_MAX], top[PATH_MAX];

	if (!getcwd(dir, sizeof dir))
		return error_set(err, "working directory: %s", strerror(errno));
	find_top(top, dir);
	if (!is_shown(dir) && share_add_hidden(top, DIR_SHARE, defer, err) < 0)
		return -1;
	return append(&x->dir, dir, strlen(dir), err);
}

/*
 * The program's own name, if the guest will have that.  Go's command builds in a directory of its own, go-build*, and wants
 * coverage and the like written there.
 */
static int find_name(struct exec *x, bool defer, struct error *err)
{
	char real[PATH_MAX], dir[PATH_MAX], *slash;

	if (!realpath(x->program.name, real))
		return error_set(err, "%s: %s", x->program.name, strerror(errno));
	strcpy(dir, real);
	slash = strrchr(dir, '/');
	*slash = '\0';
	if (!is_shown(real) && strstr(dir, "/go-build") && share_add_hidden(dir, PROGRAM_SHARE, defer, err) < 0)
		return -1;
	if (is_shown(real))
		return append_word(&x->name, real, err);
	return append(&x->name, "/", 1, err) < 0 ? -1 : append_word(&x->name, x->path.bytes, err);
}

static int list_shares(struct exec *x, struct error *err)
{
	const char *name, *dir;

	for (unsigned i = 0; (name = share_name(i, &dir)); i++)
		if (append_word(&x->shares, name, err) < 0 || append_word(&x->shares, dir, err) < 0)
			return -1;
	return 0;
}

int exec_init(struct exec *x, char **words, char **environment, bool defer_shares, struct error *err)
{
	*x = (struct exec){ 0 };
	if (find_program(x, words[0], err) < 0)
		return -1;
	for (char **w = words + 1; *w; w++)
		if (append_word(&x->args, *w, err) < 0)
			return -1;
	for (char **e = environment; *e; e++)
		if (passes(*e) && append_word(&x->env, *e, err) < 0)
			return -1;
	if (find_dir(x, defer_shares, err) < 0 || find_name(x, defer_shares, err) < 0)
		return -1;
	return list_shares(x, err);
}

int exec_status(const char *words)
{
	char *end;
	unsigned long n;

	if (words[0] < '0' || words[0] > '9')
		return words[0] == '\0' ? 0 : -1;
	n = strtoul(words, &end, 10);
	if (*end)
		return -1;
	return n & 0xff || n == 0 ? (int)(n & 0xff) : 1;	/* never success by being cut */
}
