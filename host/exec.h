/* exec.c: 9guest -x, a program of the host's that the guest runs in place of a shell. */
#ifndef HOST_EXEC_H
#define HOST_EXEC_H

#include <signal.h>
#include <stddef.h>

#include "loader.h"

/* Bytes that the guest finds in a file. */
struct exec_text {
	char *bytes;
	size_t len;
};

/* What the guest's init reads: see guest/cmd/init/exec.c. */
struct exec {
	struct image program;
	struct exec_text path;		/* where in the guest the program is, "boot/exec/NAME" */
	struct exec_text name;		/* what it is told it is called: a name of it in the guest */
	struct exec_text args;		/* the words behind the program's name, each ended by a NUL */
	struct exec_text env;		/* NAME=value, each ended by a NUL */
	struct exec_text dir;		/* the working directory's absolute name */
	struct exec_text shares;	/* for each share its name and its directory's, each ended by a NUL */
};

/*
 * Look at the program and at our own process; words is the program's name and its arguments, ended by NULL.  If no share so
 * far shows the working directory, another one is added that does; and one for what Go's command put beside the program.
 */
int exec_init(struct exec *x, char **words, char **environment, bool defer_shares, struct error *err);
/* The exit status that the guest's last words stand for: a number is one; -1 if they are something else. */
int exec_status(const char *words);

#endif
