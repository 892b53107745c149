// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include "record.h"

static u8 *copy(const u8 *bytes, size_t len)
{
	u8 *p = malloc(len);

	CHECK(p);
	if (len)
		memcpy(p, bytes, len);
	return p;
}

/* As kefs_record_pull(): the last @len bytes. A second piece would free the first, which arguments point to. */
static const u8 *pull(void *arg, size_t len)
{
	struct record *rec = arg;
	size_t from_head = len > rec->rest_len ? len - rec->rest_len : 0;

	CHECK(!rec->pulled);
	CHECK(len <= rec->head_len + rec->rest_len);
	if (rec->refuse)
		return NULL;
	rec->pulled = malloc(len);
	CHECK(rec->pulled);
	rec->pulled_len = len;
	memcpy(rec->pulled, rec->head + rec->head_len - from_head, from_head);
	memcpy(rec->pulled + from_head, rec->rest + rec->rest_len - (len - from_head), len - from_head);
	return rec->pulled;
}

void record_open(struct record *rec, const u8 *bytes, size_t len, size_t linear, bool refuse, struct kefs_xdr_in *in)
{
	memset(rec, 0, sizeof(*rec));
	rec->head_len = linear < len ? linear : len;
	rec->rest_len = len - rec->head_len;
	rec->head = copy(bytes, rec->head_len);
	rec->rest = copy(bytes + rec->head_len, rec->rest_len);
	rec->refuse = refuse;
	kefs_xdr_in_init(in, rec->head, rec->head_len);
	in->beyond = rec->rest_len;
	in->pull = pull;
	in->arg = rec;
}

void record_close(struct record *rec)
{
	free(rec->head);
	free(rec->rest);
	free(rec->pulled);
}

static bool within(const u8 *base, size_t size, const u8 *p, size_t len)
{
	uintptr_t at = (uintptr_t)p, start = (uintptr_t)base;

	return base && at >= start && at - start <= size && len <= size - (at - start);
}

bool record_has(const struct record *rec, const u8 *p, size_t len)
{
	return within(rec->head, rec->head_len, p, len) || within(rec->pulled, rec->pulled_len, p, len);
}
