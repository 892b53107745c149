/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bounded cursors over linear memory for XDR (RFC 4506). Pure.
 *
 * Reader: each call checks once that its bytes are there. The first failure sticks (c->bad): later calls fail too and
 * give zeros, so a decoder may read a run of fields and test once. A record may go on behind the linear memory
 * (c->beyond bytes): then c->pull() is asked to make the rest linear; only the body of an opaque taken with
 * kefs_xdr_payload() is left where it is. Linear memory is aligned to 4, and its length a multiple of 4 if something
 * lies beyond; with XDR's padding, so is then every item.
 *
 * Writer: likewise; c->full sticks. Space can be reserved and filled in later by address: memory does not move while
 * a cursor is in use, except by kefs_xdr_grow() of its owner.
 */
#ifndef KEFS_XDR_CURSOR_H
#define KEFS_XDR_CURSOR_H

#include <linux/types.h>
#include <linux/string.h>
#include <asm/byteorder.h>

#define KEFS_XDR_PAD(n) (((n) + 3u) & ~3u)

struct kefs_xdr_in {
	const u8 *p, *end;	/* linear bytes not yet read */
	size_t beyond;		/* bytes of the record behind end */
	/* Make the last @len bytes of the record linear; NULL for want of memory. Absent: nothing lies beyond. */
	const u8 *(*pull)(void *arg, size_t len);
	void *arg;
	bool bad;
	bool nomem;		/* bad because pull() failed */
};

/* Bytes of an opaque, partly linear: head_len bytes at head, then the rest at offset off_end from the record's end. */
struct kefs_xdr_opaque {
	const u8 *head;
	size_t head_len;
	size_t rest_len;	/* bytes behind the linear memory */
	size_t rest_from_end;	/* where they start, counted back from the end of the record */
};

static inline void kefs_xdr_in_init(struct kefs_xdr_in *c, const void *buf, size_t len)
{
	memset(c, 0, sizeof(*c));
	c->p = buf;
	c->end = c->p + len;
}

static inline size_t kefs_xdr_left(const struct kefs_xdr_in *c)
{
	return (size_t)(c->end - c->p) + c->beyond;
}

/* The slow road of kefs_xdr_take(). */
const u8 *kefs_xdr_take_slow(struct kefs_xdr_in *c, size_t len);

/* The next @len bytes (no padding), linear, or NULL and bad. */
static inline const u8 *kefs_xdr_take(struct kefs_xdr_in *c, size_t len)
{
	const u8 *p = c->p;

	if (unlikely(len > (size_t)(c->end - p)))
		return kefs_xdr_take_slow(c, len);
	c->p = p + len;
	return p;
}

static inline u32 kefs_xdr_u32(struct kefs_xdr_in *c)
{
	const u8 *p = kefs_xdr_take(c, 4);

	return p ? be32_to_cpup((const __be32 *)p) : 0;
}

static inline u64 kefs_xdr_u64(struct kefs_xdr_in *c)
{
	const u8 *p = kefs_xdr_take(c, 8);

	return p ? ((u64)be32_to_cpup((const __be32 *)p) << 32) | be32_to_cpup((const __be32 *)(p + 4)) : 0;
}

/* XDR bool: anything but 0 and 1 is bad. */
bool kefs_xdr_bool(struct kefs_xdr_in *c);
/* Fixed opaque with padding; NULL and bad if short. */
const u8 *kefs_xdr_fixed(struct kefs_xdr_in *c, size_t len);
/* Counted opaque or string of at most @max bytes, with padding; *len set, NULL and bad on error (also if longer). A
 * zero-length one gives a non-NULL pointer. */
const u8 *kefs_xdr_opaque(struct kefs_xdr_in *c, size_t max, u32 *len);
/* Count of an array whose elements take at least @elem_min bytes each on the wire: at most @max, and no more than can
 * be there. */
u32 kefs_xdr_count(struct kefs_xdr_in *c, u32 max, size_t elem_min);
/* Counted opaque of any length up to @max that need not be linear; the cursor goes on behind it and its padding. */
bool kefs_xdr_payload(struct kefs_xdr_in *c, size_t max, u32 *len, struct kefs_xdr_opaque *body);
/* bitmap4: up to KEFS_BITMAP_WORDS_MAX words, the first @n kept, words missing are 0; *high says whether any bit
 * behind the kept ones is set. */
bool kefs_xdr_bitmap(struct kefs_xdr_in *c, u32 *words, unsigned int n, bool *high);

struct kefs_xdr_out {
	u8 *start, *p, *end;
	bool full;
};

static inline void kefs_xdr_out_init(struct kefs_xdr_out *c, void *buf, size_t len)
{
	c->start = buf;
	c->p = buf;
	c->end = c->p + len;
	c->full = false;
}

static inline size_t kefs_xdr_used(const struct kefs_xdr_out *c)
{
	return (size_t)(c->p - c->start);
}

static inline size_t kefs_xdr_room(const struct kefs_xdr_out *c)
{
	return (size_t)(c->end - c->p);
}

/* Room for @len bytes, or NULL and full. The bytes are the caller's to fill. */
static inline u8 *kefs_xdr_reserve(struct kefs_xdr_out *c, size_t len)
{
	u8 *p = c->p;

	if (unlikely(c->full || len > (size_t)(c->end - p))) {
		c->full = true;
		return NULL;
	}
	c->p = p + len;
	return p;
}

static inline void kefs_xdr_poke_u32(u8 *p, u32 v)
{
	*(__be32 *)p = cpu_to_be32(v);
}

static inline void kefs_xdr_put_u32(struct kefs_xdr_out *c, u32 v)
{
	u8 *p = kefs_xdr_reserve(c, 4);

	if (likely(p))
		kefs_xdr_poke_u32(p, v);
}

static inline void kefs_xdr_put_u64(struct kefs_xdr_out *c, u64 v)
{
	u8 *p = kefs_xdr_reserve(c, 8);

	if (likely(p)) {
		kefs_xdr_poke_u32(p, (u32)(v >> 32));
		kefs_xdr_poke_u32(p + 4, (u32)v);
	}
}

/* Fixed opaque, padded with zeros. */
void kefs_xdr_put_fixed(struct kefs_xdr_out *c, const void *data, size_t len);
/* Counted opaque or string. */
void kefs_xdr_put_opaque(struct kefs_xdr_out *c, const void *data, u32 len);
/* bitmap4 without trailing zero words. */
void kefs_xdr_put_bitmap(struct kefs_xdr_out *c, const u32 *words, unsigned int n);

#endif
