/* options.c: the command line. */
#ifndef HOST_OPTIONS_H
#define HOST_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "net/addr.h"

#define MOST_NETS	8
#define MOST_PUBLISHED	32

#define MAX_SHARES	15		/* and the console: a full device page */

struct options {
	const char *command;		/* -c, or NULL */
	char **program;			/* -x: the program's file and its arguments, ended by NULL; or NULL */
	const char *kernel, *initrd;	/* files, or NULL for the embedded ones */
	const char *append;		/* kernel command line */
	const char *disks[16];		/* -d, as given */
	unsigned ndisks;
	const char *shares[MAX_SHARES];	/* -s, as given */
	unsigned nshares;
	const char *root;		/* -r, or NULL */
	bool defer_shares;		/* for tests: let threads do all of a share's work */
	uint64_t memory;		/* bytes, a multiple of the page size */
	unsigned trace;			/* TRACE_* */
	bool stats, stats_json, exec;
	bool help, version;
	const char *nets[MOST_NETS];	/* -n, as given: user, host, tap=IF or net=NAME */
	unsigned nnets;
	bool net_named, net_by_default;	/* -n was given; or nets is what there is without it */
	struct publish published[MOST_PUBLISHED];	/* -p */
	unsigned npublished;
	const char *allow;		/* --allow, or NULL */
	const char *without;		/* a system call that the filter shall not allow (for its test), or NULL */
};

/* 0, or -1 and a message: a usage error. */
int options_parse(struct options *options, int argc, char **argv, struct error *err);
void options_help(void);

#endif
