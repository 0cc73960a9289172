/*
 * 9P2000's encoding: T-messages taken apart, R-messages and stat entries put together.  Nothing here knows of files.  Whatever
 * the guest sends, message_parse reads no byte outside of it and says whether it is exactly one message.
 */
#include <string.h>

#include "share.h"

/* ---- reading ---- */

struct cursor {
	uint8_t *at, *end;
	bool bad;
};

static uint64_t take(struct cursor *c, unsigned bytes)
{
	uint64_t v = 0;

	if ((size_t)(c->end - c->at) < bytes) {
		c->bad = true;
		return 0;
	}
	memcpy(&v, c->at, bytes);
	c->at += bytes;
	return v;
}

static struct str take_str(struct cursor *c)
{
	uint16_t len = (uint16_t)take(c, 2);
	char *s = (char *)c->at - 1;		/* over the length's second byte */

	if (c->bad || (size_t)(c->end - c->at) < len) {
		c->bad = true;
		return (struct str){ "", 0 };
	}
	memmove(s, c->at, len);
	s[len] = '\0';
	c->at += len;
	return (struct str){ s, len };
}

static struct qid take_qid(struct cursor *c)
{
	struct qid q;

	q.type = (uint8_t)take(c, 1);
	q.version = (uint32_t)take(c, 4);
	q.path = take(c, 8);
	return q;
}

/* nstat[2] and one stat entry, whose own size comes first. */
static void take_stat(struct cursor *c, struct wstat *w)
{
	uint16_t total = (uint16_t)take(c, 2), size = (uint16_t)take(c, 2);

	if (total != size + 2 || (size_t)(c->end - c->at) != size) {
		c->bad = true;
		return;
	}
	take(c, 2 + 4);			/* type, dev: the guest kernel's */
	w->qid = take_qid(c);
	w->mode = (uint32_t)take(c, 4);
	w->atime = (uint32_t)take(c, 4);
	w->mtime = (uint32_t)take(c, 4);
	w->length = take(c, 8);
	w->name = take_str(c);
	w->uid = take_str(c);
	w->gid = take_str(c);
	w->muid = take_str(c);
}

static void take_walk(struct cursor *c, struct tmessage *t)
{
	t->newfid = (uint32_t)take(c, 4);
	t->nwname = (uint16_t)take(c, 2);
	if (t->nwname > MAXWELEM) {
		c->bad = true;
		return;
	}
	for (unsigned i = 0; i < t->nwname; i++)
		t->wname[i] = take_str(c);
}

static void take_body(struct cursor *c, struct tmessage *t)
{
	switch (t->type) {
	case TVERSION:
		t->msize = (uint32_t)take(c, 4);
		t->version = take_str(c);
		return;
	case TAUTH:
		t->afid = (uint32_t)take(c, 4);
		t->uname = take_str(c);
		t->aname = take_str(c);
		return;
	case TFLUSH:
		t->oldtag = (uint16_t)take(c, 2);
		return;
	}
	t->fid = (uint32_t)take(c, 4);
	switch (t->type) {
	case TATTACH:
		t->afid = (uint32_t)take(c, 4);
		t->uname = take_str(c);
		t->aname = take_str(c);
		break;
	case TWALK:
		take_walk(c, t);
		break;
	case TOPEN:
		t->mode = (uint8_t)take(c, 1);
		break;
	case TCREATE:
		t->name = take_str(c);
		t->perm = (uint32_t)take(c, 4);
		t->mode = (uint8_t)take(c, 1);
		break;
	case TREAD:
	case TWRITE:
		t->offset = take(c, 8);
		t->count = (uint32_t)take(c, 4);
		break;
	case TWSTAT:
		take_stat(c, &t->stat);
		break;
	case TCLUNK:
	case TREMOVE:
	case TSTAT:
		break;
	default:
		c->bad = true;
	}
}

int message_parse(struct tmessage *t, uint8_t *bytes, uint32_t size, uint32_t total)
{
	struct cursor c = { bytes, bytes + size, false };

	memset(t, 0, sizeof *t);
	if (take(&c, 4) != total)
		return -1;
	t->type = (uint8_t)take(&c, 1);
	t->tag = (uint16_t)take(&c, 2);
	take_body(&c, t);
	if (c.bad || c.at != c.end)
		return -1;
	return t->type == TWRITE && t->count != total - WRITE_HEADER ? -1 : 0;
}

/* ---- writing ---- */

static void put(struct op *op, uint64_t v, unsigned bytes)
{
	memcpy(op->reply + op->size, &v, bytes);	/* MAX_REPLY is more than any handler puts */
	op->size += bytes;
}

void reply_begin(struct op *op, unsigned type)
{
	op->size = 4;			/* server.c puts the size there */
	put(op, type, 1);
	put(op, op->t.tag, 2);
}

void reply8(struct op *op, uint8_t v)
{
	put(op, v, 1);
}

void reply16(struct op *op, uint16_t v)
{
	put(op, v, 2);
}

void reply32(struct op *op, uint32_t v)
{
	put(op, v, 4);
}

void reply64(struct op *op, uint64_t v)
{
	put(op, v, 8);
}

void reply_qid(struct op *op, const struct qid *q)
{
	put(op, q->type, 1);
	put(op, q->version, 4);
	put(op, q->path, 8);
}

static uint8_t *put_number(uint8_t *p, uint64_t v, unsigned bytes)
{
	memcpy(p, &v, bytes);
	return p + bytes;
}

static uint8_t *put_text(uint8_t *p, const char *text, size_t len)
{
	p = put_number(p, len, 2);
	memcpy(p, text, len);
	return p + len;
}

/* A time as 9P has it: from 1970 to 2106. */
static uint32_t seconds(time_t t)
{
	return t < 0 ? 0 : t > UINT32_MAX ? UINT32_MAX : (uint32_t)t;
}

uint32_t stat_encode(uint8_t *p, uint32_t room, const char *name, const struct stat *st, uint32_t marks)
{
	char ubuf[16], gbuf[16];
	const char *uid = user_name(st->st_uid, ubuf), *gid = group_name(st->st_gid, gbuf);
	size_t nlen = strlen(name), ulen = strlen(uid), glen = strlen(gid);
	size_t size = STAT_FIXED + nlen + 2 * ulen + glen;
	struct qid q = qid_of(st, marks);
	uint32_t mode = (st->st_mode & 0777) | marks | (S_ISDIR(st->st_mode) ? DMDIR : 0);

	if (size > room)
		return 0;
	p = put_number(p, size - 2, 2);
	p = put_number(p, 'M', 2);
	p = put_number(p, 0, 4);
	p = put_number(p, q.type, 1);
	p = put_number(p, q.version, 4);
	p = put_number(p, q.path, 8);
	p = put_number(p, S_ISLNK(st->st_mode) ? 0 : mode, 4);
	p = put_number(p, seconds(st->st_atime), 4);
	p = put_number(p, seconds(st->st_mtime), 4);
	p = put_number(p, S_ISREG(st->st_mode) ? (uint64_t)st->st_size : 0, 8);
	p = put_text(p, name, nlen);
	p = put_text(p, uid, ulen);
	p = put_text(p, gid, glen);
	put_text(p, uid, ulen);
	return (uint32_t)size;
}
