// SPDX-License-Identifier: GPL-2.0
/* Input: the operation that was called, then a client's CB_COMPOUND4res. */
#include <stdlib.h>
#include "nfs4/xdr_cb.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#define check(cond) do { if (!(cond)) abort(); } while (0)

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static const u32 ops[] = { 0, OP_CB_RECALL, OP_CB_GETATTR };
	struct kefs_cb_results res;
	struct kefs_xdr_in in;
	u64 change, length;
	u8 *copy;
	u32 op;

	if (!size)
		return 0;
	op = ops[data[0] % 3];
	size = (size - 1) & ~(size_t)3;
	copy = malloc(size ? size : 1);		/* of exactly its size, for ASan */
	memcpy(copy, data + 1, size);
	kefs_xdr_in_init(&in, copy, size);
	kefs_cb_take_results(&in, op, &res);
	check(!res.sequence || res.op == NFS4ERR_BADXDR);
	check(size >= 20 || res.sequence == NFS4ERR_BADXDR);
	if (op == OP_CB_GETATTR && !res.op && kefs_cb_take_attrs(&in, &change, &length))
		check(!in.bad && in.p <= copy + size);
	free(copy);
	return 0;
}
