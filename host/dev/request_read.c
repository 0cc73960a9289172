/* The bytes of a request, wherever their segments lie: apart from request.c, so that a device can be tested without a machine. */
#include "request.h"

#include <string.h>

void request_read(const struct request *r, uint32_t at, void *to, uint32_t len)
{
	uint8_t *p = to;

	for (unsigned i = 0; i < r->nout && len; i++) {
		uint32_t n = (uint32_t)r->out[i].iov_len;

		if (at >= n) {
			at -= n;
			continue;
		}
		n = n - at < len ? n - at : len;
		memcpy(p, (const uint8_t *)r->out[i].iov_base + at, n);
		p += n;
		len -= n;
		at = 0;
	}
}
