/* seccomp.c: the system calls that are left once the guest runs. */
#ifndef HOST_SECCOMP_H
#define HOST_SECCOMP_H

#include "error.h"

/* From here on this process (all threads) can do only what the table in seccomp.c lists; but not the rule
 * called `without`, if that is not NULL: the test that each rule is needed.  uses: what this guest has that needs more. */
enum { SECCOMP_SHARES = 1, SECCOMP_NETWORK = 2, SECCOMP_DISKS = 4, SECCOMP_STATS = 8, SECCOMP_INTERFACES = 16 };
int seccomp_enter(const char *without, unsigned uses, struct error *err);
/* One name of the table after the other, NULL at the end. */
const char *seccomp_rule(unsigned i);

#endif
