/* lookup.c: one question to the host's resolver, answered while the caller waits. */
#ifndef HOST_NET_LOOKUP_H
#define HOST_NET_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>

/* Load what nsswitch.conf names, which cannot be done once the process is confined.  True: some of it is not glibc's own, and may
 * want to ask a service of this host. */
bool lookup_prepare(void);

/* See resolve.h for questions and answers; false: `answer` is an error text, as Plan 9's ndb/cs and ndb/dns word it. */
bool lookup(char *question, char *answer, size_t size);

#endif
