// SPDX-License-Identifier: GPL-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "source.h"

static u8 *copy(const void *bytes, size_t len)
{
	u8 *p = malloc(len);	/* of size 0 too: nothing may be read */

	assert_non_null(p);
	if (len)
		memcpy(p, bytes, len);
	return p;
}

/* The last @len bytes of the record, as kefs_record_pull() gives them: a second call would free the first's. */
static const u8 *pull(void *arg, size_t len)
{
	struct source *s = arg;
	size_t from_head;

	assert_true(len <= s->head_len + s->rest_len);
	s->pulls++;
	if (s->refuse)
		return NULL;
	free(s->pulled);
	s->pulled = malloc(len);
	assert_non_null(s->pulled);
	from_head = len > s->rest_len ? len - s->rest_len : 0;
	memcpy(s->pulled, s->head + s->head_len - from_head, from_head);
	memcpy(s->pulled + from_head, s->rest + s->rest_len - (len - from_head), len - from_head);
	return s->pulled;
}

void source_open(struct source *s, const u8 *bytes, size_t len, size_t linear, bool refuse)
{
	memset(s, 0, sizeof(*s));
	s->head = copy(bytes, linear);
	s->rest = copy(bytes + linear, len - linear);
	s->head_len = linear;
	s->rest_len = len - linear;
	s->refuse = refuse;
	kefs_xdr_in_init(&s->in, s->head, linear);
	if (s->rest_len) {
		s->in.beyond = s->rest_len;
		s->in.pull = pull;
		s->in.arg = s;
	}
}

void source_close(struct source *s)
{
	assert_true(s->pulls <= 1);
	free(s->head);
	free(s->rest);
	free(s->pulled);
}

void source_gather(const struct source *s, const struct kefs_xdr_opaque *body, u8 *to)
{
	memcpy(to, body->head, body->head_len);
	if (!body->rest_len)
		return;
	assert_true(body->rest_from_end <= s->rest_len && body->rest_len <= body->rest_from_end);
	memcpy(to + body->head_len, s->rest + s->rest_len - body->rest_from_end, body->rest_len);
}
