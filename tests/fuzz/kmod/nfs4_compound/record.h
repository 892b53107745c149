/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A record: a linear head and the rest, which is pulled. Each piece is memory of exactly its size, so that ASan sees a
 * byte read too far.
 */
#ifndef FUZZ_NFS4_RECORD_H
#define FUZZ_NFS4_RECORD_H

#include <stdio.h>
#include <stdlib.h>
#include "nfs4/args.h"

struct record {
	u8 *head, *rest, *pulled;
	size_t head_len, rest_len, pulled_len;
	bool refuse;			/* pull() finds no memory */
};

#define CHECK(x) do { \
	if (!(x)) { \
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x); \
		abort(); \
	} \
} while (0)

/* The first @linear of @len bytes are the head; *in is at their start. */
void record_open(struct record *rec, const u8 *bytes, size_t len, size_t linear, bool refuse, struct kefs_xdr_in *in);
void record_close(struct record *rec);
/* Whether all @len bytes at @p are the record's. */
bool record_has(const struct record *rec, const u8 *p, size_t len);

/* Hash of all that the arguments say, with the bytes that they point to; checks what holds for any arguments. */
u64 describe(const struct record *rec, u32 opnum, const union kefs_args *args);

#endif
