/*
 * What the IP stack's core needs of the kernel, when it is a host program of one thread.
 */
typedef struct Proc Proc;
typedef struct Conf Conf;

struct Conf {
	ulong	kmallocmax;
};
extern Conf	conf;

void	panic(char*, ...) noreturn;

#include "../../../../guest/kernel/port/error.h"
