// SPDX-License-Identifier: GPL-2.0
#include "../core/limits.h"
#include "cursor.h"

static const u8 *fail(struct kefs_xdr_in *c)
{
	c->bad = true;
	/* Nothing is left: later calls fail on their own, also those that only compare lengths. */
	c->p = c->end;
	c->beyond = 0;
	return NULL;
}

const u8 *kefs_xdr_take_slow(struct kefs_xdr_in *c, size_t len)
{
	size_t left = kefs_xdr_left(c);
	const u8 *p;

	if (len > left)
		return fail(c);
	/* The bytes are there but not linear: make all that is left so. This happens once, then nothing is beyond. */
	p = c->pull ? c->pull(c->arg, left) : NULL;
	if (!p) {
		c->nomem = true;
		return fail(c);
	}
	c->beyond = 0;
	c->p = p + len;
	c->end = p + left;
	return p;
}

bool kefs_xdr_bool(struct kefs_xdr_in *c)
{
	u32 v = kefs_xdr_u32(c);

	if (v > 1)
		fail(c);
	return v == 1;
}

const u8 *kefs_xdr_fixed(struct kefs_xdr_in *c, size_t len)
{
	if (len > kefs_xdr_left(c))	/* before the padding is added: no overflow */
		return fail(c);
	return kefs_xdr_take(c, len + (-len & 3));
}

const u8 *kefs_xdr_opaque(struct kefs_xdr_in *c, size_t max, u32 *len)
{
	u32 n = kefs_xdr_u32(c);
	const u8 *p;

	*len = 0;
	if (c->bad)
		return NULL;
	if (n > max)
		return fail(c);
	p = kefs_xdr_fixed(c, n);
	if (p)
		*len = n;
	return p;
}

u32 kefs_xdr_count(struct kefs_xdr_in *c, u32 max, size_t elem_min)
{
	u32 n = kefs_xdr_u32(c);

	if (n > max || (elem_min && n > kefs_xdr_left(c) / elem_min)) {
		fail(c);
		return 0;
	}
	return n;
}

bool kefs_xdr_payload(struct kefs_xdr_in *c, size_t max, u32 *len, struct kefs_xdr_opaque *body)
{
	u32 n = kefs_xdr_u32(c);
	size_t pad = -n & 3, linear = (size_t)(c->end - c->p), left = kefs_xdr_left(c), skip;

	memset(body, 0, sizeof(*body));
	*len = 0;
	if (c->bad)
		return false;
	if (n > max || n > left || pad > left - n) {
		fail(c);
		return false;
	}
	body->head = c->p;
	body->head_len = n < linear ? n : linear;
	body->rest_len = n - body->head_len;
	body->rest_from_end = body->rest_len ? c->beyond : 0;
	/* The padding is passed over here, not taken: what may be pulled later then starts at a multiple of four. */
	skip = n + pad < linear ? n + pad : linear;
	c->p += skip;
	c->beyond -= n + pad - skip;
	*len = n;
	return true;
}

bool kefs_xdr_bitmap(struct kefs_xdr_in *c, u32 *words, unsigned int n, bool *high)
{
	u32 count = kefs_xdr_count(c, KEFS_BITMAP_WORDS_MAX, 4);
	u32 i, word;

	memset(words, 0, n * sizeof(*words));
	*high = false;
	for (i = 0; i < count; i++) {
		word = kefs_xdr_u32(c);
		if (i < n)
			words[i] = word;
		else if (word)
			*high = true;
	}
	return !c->bad;
}

void kefs_xdr_put_fixed(struct kefs_xdr_out *c, const void *data, size_t len)
{
	size_t pad = -len & 3;
	u8 *p;

	if (len > kefs_xdr_room(c)) {	/* before the padding is added: no overflow */
		c->full = true;
		return;
	}
	p = kefs_xdr_reserve(c, len + pad);
	if (!p)
		return;
	memcpy(p, data, len);
	memset(p + len, 0, pad);
}

void kefs_xdr_put_opaque(struct kefs_xdr_out *c, const void *data, u32 len)
{
	kefs_xdr_put_u32(c, len);
	kefs_xdr_put_fixed(c, data, len);
}

void kefs_xdr_put_bitmap(struct kefs_xdr_out *c, const u32 *words, unsigned int n)
{
	unsigned int i;

	while (n && !words[n - 1])
		n--;
	kefs_xdr_put_u32(c, n);
	for (i = 0; i < n; i++)
		kefs_xdr_put_u32(c, words[i]);
}
