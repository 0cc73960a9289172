/* resolve.c: names of the host's network, asked of a helper process so that nobody waits. */
#ifndef HOST_NET_RESOLVE_H
#define HOST_NET_RESOLVE_H

#include <stdbool.h>
#include <stdint.h>

#include "../error.h"

#define RESOLVE_TEXT	4096		/* the longest question or answer, with its NUL */

/* A question under way; the asker's, until done is called or it is cancelled. */
struct resolve {
	struct resolve *next;
	uint32_t id;
	/* ok: lines, each ended by \n; else an error text.  answer goes away when done returns. */
	void (*done)(struct resolve *r, bool ok, char *answer);
};

/* Start the helper; before threads are made and before the system call filter.  Its descriptor, or -1. */
int resolve_start(struct error *err);
/*
 * Questions, words separated by blanks:
 *	addr PROTO HOST SERVICE		lines IP PORT; HOST "*": lines * PORT
 *	dns NAME TYPE			lines NAME TYPE WORDS, as ndb/dns says them
 *	protocol NAME			a line with the protocol's number
 * -1 and a text in *why: not asked.
 */
int resolve_ask(struct resolve *r, const char *question, const char **why);
void resolve_cancel(struct resolve *r);
/* The descriptor is readable: take the answers that are there. */
void resolve_ready(void);

#endif
