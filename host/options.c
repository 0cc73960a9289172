/*
 * The command line: every option in one table, with what --help says of it.  Usage errors leave one message and main
 * exits with status 2.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/netfs.h"
#include "options.h"
#include "trace.h"

#define MIB		(1ull << 20)
#define MEMORY_DEFAULT	(256 * MIB)
#define MEMORY_LEAST	(4 * MIB)
#define MEMORY_MOST	(4088 * MIB)	/* the device pages must be below 4 GiB too */

enum { OPT_INITRD = 256, OPT_APPEND, OPT_TRACE, OPT_STATS, OPT_VERSION, OPT_WITHOUT, OPT_DEFER, OPT_ALLOW };

static const struct {
	struct option option;
	const char *value, *help;	/* help NULL: not shown */
} table[] = {
	{ { "command", required_argument, NULL, 'c' }, "COMMAND", "run an rc command and exit with its status" },
	{ { "share", required_argument, NULL, 's' }, "DIR[:NAME][,ro]", "show a host directory at /n/NAME; may be repeated" },
	{ { "root", required_argument, NULL, 'r' }, "DIR[,ro]", "boot with a host directory as the root" },
	{ { "disk", required_argument, NULL, 'd' }, "FILE[,ro]", "a disk: a raw image or block device (repeatable)" },
	{ { "exec", no_argument, NULL, 'x' }, NULL, "PROGRAM [ARGUMENT...]: run a program of the host's and exit with its status" },
	{ { "memory", required_argument, NULL, 'm' }, "SIZE", "guest memory, with suffix K, M or G (default 256M)" },
	{ { "kernel", required_argument, NULL, 'k' }, "FILE", "boot another kernel for lguest (ELF)" },
	{ { "initrd", required_argument, NULL, OPT_INITRD }, "FILE", "another root archive (cpio, newc format)" },
	{ { "append", required_argument, NULL, OPT_APPEND }, "TEXT", "the kernel's command line" },
	{ { "net", required_argument, NULL, 'n' }, "KIND", "a network: user (default), host, tap=IF, net=NAME or none" },
	{ { "publish", required_argument, NULL, 'p' }, "[ADDR:]PORT:GUESTPORT[/udp]", "let callers of a host port in" },
	{ { "allow", required_argument, NULL, OPT_ALLOW }, "HOST:PORT,...", "with -n host: whom the guest may call (default all)" },
	{ { "trace", required_argument, NULL, OPT_TRACE }, "WHAT,...",
	  "tell on standard error of: hcall trap page dma irq segment all" },
	{ { "stats", optional_argument, NULL, OPT_STATS }, "json", "say at the end what the guest cost" },
	{ { "help", no_argument, NULL, 'h' }, NULL, "this text" },
	{ { "version", no_argument, NULL, OPT_VERSION }, NULL, "the version" },
	{ { "defer-shares", no_argument, NULL, OPT_DEFER }, NULL, NULL },
	{ { "seccomp-without", required_argument, NULL, OPT_WITHOUT }, NULL, NULL },
};
#define OPTIONS	(sizeof table / sizeof table[0])

static int parse_memory(const char *text, uint64_t *bytes, struct error *err)
{
	static const struct { char suffix; uint64_t unit; } units[] = {
		{ 'K', 1 << 10 }, { 'k', 1 << 10 }, { 'M', MIB }, { 'm', MIB }, { 'G', 1 << 30 }, { 'g', 1 << 30 }, { '\0', MIB },
	};
	uint64_t unit = 0;
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(text, &end, 10);
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		if (*end == units[i].suffix && (*end == '\0' || end[1] == '\0'))
			unit = units[i].unit;
	if (text[0] < '0' || text[0] > '9' || !unit)
		return error_set(err, "-m %s: not a size; say for example 256M or 1G", text);
	if (errno || n > MEMORY_MOST / unit)
		return error_set(err, "-m %s: too much; a 32-bit guest can have up to %lluM", text, MEMORY_MOST / MIB);
	if (n * unit < MEMORY_LEAST)
		return error_set(err, "-m %s: too little; a guest needs at least %lluM", text, MEMORY_LEAST / MIB);
	*bytes = n * unit & ~4095ull;
	return 0;
}

static int parse_stats(struct options *o, const char *value, struct error *err)
{
	o->stats = true;
	if (!value)
		return 0;
	if (strcmp(value, "json") != 0)
		return error_set(err, "--stats=%s: the one format there is to choose is json", value);
	o->stats_json = true;
	return 0;
}

static int add_disk(struct options *o, const char *arg, struct error *err)
{
	if (o->ndisks == sizeof o->disks / sizeof o->disks[0])
		return error_set(err, "-d %s: more than %u disks", arg, o->ndisks);
	o->disks[o->ndisks++] = arg;
	return 0;
}

static int take_share(struct options *o, struct error *err)
{
	if (o->nshares == MAX_SHARES)
		return error_set(err, "-s %s: more than %d shares", optarg, MAX_SHARES);
	o->shares[o->nshares++] = optarg;
	return 0;
}

/* -n: the word is checked here, what it names when it is opened. */
static int parse_net(struct options *o, const char *value, struct error *err)
{
	static const char *const kinds[] = { "user", "host", "tap=", "net=" };

	o->net_named = true;
	if (strcmp(value, "none") == 0) {
		o->nnets = 0;
		return 0;
	}
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		size_t n = strlen(kinds[i]);
		bool named = kinds[i][n - 1] == '=';

		if (strncmp(value, kinds[i], n) != 0 || named != (value[n] != '\0'))
			continue;
		if (!named)
			for (unsigned k = 0; k < o->nnets; k++)
				if (strcmp(o->nets[k], value) == 0)
					return error_set(err, "-n %s: once is enough", value);
		if (o->nnets == MOST_NETS)
			return error_set(err, "-n %s: more than %d networks", value, MOST_NETS);
		o->nets[o->nnets++] = value;
		return 0;
	}
	return error_set(err, "-n %s: not a network; say user, host, tap=IF, net=NAME or none", value);
}

static int parse_publish(struct options *o, const char *value, struct error *err)
{
	if (o->npublished == MOST_PUBLISHED)
		return error_set(err, "-p %s: more than %d published ports", value, MOST_PUBLISHED);
	return publish_parse(value, &o->published[o->npublished++], err);
}

static bool has_net(const struct options *o, const char *kind)
{
	for (unsigned i = 0; i < o->nnets; i++)
		if (strcmp(o->nets[i], kind) == 0)
			return true;
	return false;
}

/* What options say of each other.  A kernel that is not ours gets what it is told to get. */
static int check_nets(struct options *o, struct error *err)
{
	if (!o->net_named && !o->kernel) {
		o->nets[o->nnets++] = "user";
		o->net_by_default = true;
	}
	if (o->npublished && !has_net(o, "user") && !has_net(o, "host"))
		return error_set(err, "-p: only networks of the kinds user and host have ports to publish");
	if (o->allow && !has_net(o, "host"))
		return error_set(err, "--allow: limits -n host, which is not asked for");
	if (o->allow && has_net(o, "user"))
		return error_set(err, "--allow: limits -n host, and -n user would go round it: leave one of them out");
	return 0;
}

static int take(struct options *o, int opt, struct error *err)
{
	switch (opt) {
	case 'c': o->command = optarg; return 0;
	case 'x': o->exec = true; return 0;
	case 'k': o->kernel = optarg; return 0;
	case 'm': return parse_memory(optarg, &o->memory, err);
	case 'd': return add_disk(o, optarg, err);
	case 'h': o->help = true; return 0;
	case OPT_INITRD: o->initrd = optarg; return 0;
	case OPT_APPEND: o->append = optarg; return 0;
	case OPT_TRACE: return trace_parse(optarg, &o->trace, err);
	case OPT_STATS: return parse_stats(o, optarg, err);
	case OPT_VERSION: o->version = true; return 0;
	case OPT_WITHOUT: o->without = optarg; return 0;
	case OPT_DEFER: o->defer_shares = true; return 0;
	case 's': return take_share(o, err);
	case 'r': o->root = optarg; return 0;
	case 'n': return parse_net(o, optarg, err);
	case 'p': return parse_publish(o, optarg, err);
	case OPT_ALLOW: o->allow = optarg; return netfs_allow_check(optarg, err);
	}
	return -1;
}

/* What stands behind the options of -x. */
static int parse_program(struct options *o, char **words, struct error *err)
{
	if (o->command)
		return error_set(err, "-c and -x: one of them, not both");
	if (!words[0])
		return error_set(err, "-x: needs a program: 9guest -x PROGRAM [ARGUMENT...]");
	o->program = words;
	return 0;
}

/* getopt's own complaints, in our form. */
static int complain(int opt, char **argv, struct error *err)
{
	const char *word = argv[optind - 1];
	const char *what = opt == ':' ? "needs an argument" : "unknown option, or an argument it does not take";

	if (optopt > 0 && optopt < 256)
		return error_set(err, "-%c: %s; --help lists the options", optopt, opt == ':' ? what : "unknown option");
	return error_set(err, "%s: %s; --help lists the options", word, what);
}

int options_parse(struct options *o, int argc, char **argv, struct error *err)
{
	struct option longs[OPTIONS + 1] = { { 0 } };
	int opt;

	*o = (struct options){ .memory = MEMORY_DEFAULT, .append = "" };
	for (size_t i = 0; i < OPTIONS; i++)
		longs[i] = table[i].option;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, "+:c:xk:m:hs:r:d:n:p:", longs, NULL)) != -1) {
		if (opt == '?' || opt == ':')
			return complain(opt, argv, err);
		if (take(o, opt, err) < 0)
			return error_set(err, "bad option");
	}
	if (o->help || o->version)
		return 0;
	if (o->exec)
		return parse_program(o, argv + optind, err) < 0 ? -1 : check_nets(o, err);
	if (optind < argc)
		return error_set(err, "%s: takes no operands (commands go behind -c)", argv[optind]);
	return check_nets(o, err);
}

void options_help(void)
{
	printf("usage: 9guest [option...]\n"
	       "Boot Plan 9 in a paravirtual machine and show its rc prompt; ^A x leaves.\n\n");
	for (size_t i = 0; i < OPTIONS; i++) {
		char left[64], brief[8] = "    ";
		const struct option *o = &table[i].option;

		if (!table[i].help)
			continue;
		if (o->val < 256)
			snprintf(brief, sizeof brief, "-%c, ", o->val);
		snprintf(left, sizeof left, "%s--%s%s%s%s", brief, o->name,
			 !table[i].value ? "" : o->has_arg == optional_argument ? "[=" : "=", table[i].value ? table[i].value : "",
			 o->has_arg == optional_argument ? "]" : "");
		printf("  %-26s %s\n", left, table[i].help);
	}
	printf("\nExit status: the command's (0, or 1 with its Plan 9 status on standard error);\n"
	       "1 also for errors of the host, 2 for usage errors, 3 when the guest crashes.\n");
}
