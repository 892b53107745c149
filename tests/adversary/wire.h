/* SPDX-License-Identifier: GPL-2.0 */
/* The model's requests and answers as bytes. */
#ifndef KEFS_TESTS_ADVERSARY_WIRE_H
#define KEFS_TESTS_ADVERSARY_WIRE_H

#include "model.h"

/* What the bytes need beside the request. */
struct wire {
	struct nfs41_fh dir;
	char nonce[32];			/* of this run: in client owner strings and callbacks */
};

/* Builds @q for @c; handles are @m's. */
void wire_put(struct nfs41_req *q, struct rpc4_conn *c, const struct wire *w, const struct model *m,
	      const struct m_req *r);
/* Reads the record in @in, whose RPC header was read; -EBADMSG if it is not well-formed. */
int wire_get(struct rpc4_in *in, const struct m_req *r, struct m_ans *ret);
const char *wire_op_name(uint32_t op);
/* One line that says what @r asks. */
void wire_describe(char *buf, size_t len, const struct m_req *r);

#endif
