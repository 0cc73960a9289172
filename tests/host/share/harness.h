/*
 * A machine without a guest: 9P messages go to the shares of this process as a guest's would, by request_submit, and the reply
 * comes back.  For unit tests and the fuzzer of host/dev/share.
 */
#ifndef HARNESS_H
#define HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../../abi/lguest.h"

#define REPLY_BYTES	(1u << 21)
#define MESSAGE_BYTES	(1u << 21)

/* After share_add of all shares: start them.  Exits with a message if that fails. */
void harness_start(void);
void harness_stop(void);		/* as at the end of a machine */
extern unsigned harness_shares;		/* share i is device i */

/* How messages travel: pieces of at most so many bytes, 0 for one; the data of Rread in a segment of its own or not. */
extern uint32_t harness_piece;
extern bool harness_apart;
extern const char *harness_killed;	/* the guest was killed, and why */

struct exchange {
	const uint8_t *reply;		/* as the guest finds it, data in its place */
	uint32_t used, status;
	bool deferred;
};

/* Start one; the slot (below HARNESS_SLOTS) is its place in memory. */
#define HARNESS_SLOTS	4
void harness_send(unsigned slot, unsigned share, uint32_t session, const void *message, uint32_t len, uint32_t room);
bool harness_done(unsigned slot, struct exchange *x);
/* Collect what threads have done; wait for something, at most ms. */
void harness_wait(int ms);
/* Send, and wait until it is done. */
struct exchange harness_call(unsigned share, uint32_t session, const void *message, uint32_t len, uint32_t room);
void harness_hangup(unsigned share, uint32_t session);
/* Bytes around the place of the last reply are as they were? */
bool harness_intact(unsigned slot);

#endif
