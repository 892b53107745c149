/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A record as the transport hands it up: a linear head and the rest elsewhere, to be pulled. Each piece is memory of
 * exactly its size, so that ASan sees a byte read too far.
 */
#ifndef TEST_NFS4_SOURCE_H
#define TEST_NFS4_SOURCE_H

#include "xdr/cursor.h"

struct source {
	u8 *head, *rest, *pulled;
	size_t head_len, rest_len;
	bool refuse;			/* pull() finds no memory */
	unsigned int pulls;
	struct kefs_xdr_in in;
};

/* The first @linear of @len bytes are the head. */
void source_open(struct source *s, const u8 *bytes, size_t len, size_t linear, bool refuse);
void source_close(struct source *s);
/* Copies an opaque's bytes out of the record. */
void source_gather(const struct source *s, const struct kefs_xdr_opaque *body, u8 *to);

#endif
