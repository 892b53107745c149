// SPDX-License-Identifier: GPL-2.0
/*
 * COMPOUND's arguments as a client may send them: tag, minor version, operations, decoded one after the other as
 * compound.c does. Input: how many bytes are linear (two bytes), flags (bit 0: no memory to pull the rest), a byte
 * that is not used, then the arguments. They are decoded all linear too: both ways must give the same.
 */
#include <string.h>
#include "nfs4/op.h"
#include "record.h"

#define INPUT_HEAD 4

/* How far decoding came. */
struct outcome {
	bool garbage;			/* no COMPOUND at all */
	u32 nr;				/* operations decoded */
	u64 said[KEFS_OPS_MAX];
	size_t left[KEFS_OPS_MAX];	/* bytes behind each */
	bool nomem;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_cursor(const struct record *rec, const struct kefs_xdr_in *in, size_t before)
{
	size_t left = kefs_xdr_left(in);

	CHECK(in->p <= in->end && record_has(rec, in->p, (size_t)(in->end - in->p)));
	CHECK(in->beyond <= rec->rest_len);
	CHECK(left <= before);
	CHECK(in->bad || (before - left) % 4 == 0);
	CHECK(!in->nomem || (in->bad && rec->refuse));
	CHECK(!rec->pulled || !in->beyond);
}

/* One operation. False: the compound ends here. */
static bool decode_op(const struct record *rec, struct kefs_xdr_in *in, u8 before, struct outcome *o)
{
	size_t left = kefs_xdr_left(in);
	u32 opnum = kefs_xdr_u32(in);
	const struct kefs_op *op = in->bad ? NULL : kefs_op_find(opnum);
	union kefs_args args;
	bool ok;

	check_cursor(rec, in, left);
	if (!op || !op->run || opnum == OP_SET_SSV)
		return false;
	o->said[o->nr] = 0;
	if (op->decode) {
		memset(&args, before, sizeof(args));	/* of the operation before: must not matter */
		left = kefs_xdr_left(in);
		ok = op->decode(in, &args);
		check_cursor(rec, in, left);
		if (!ok)
			return false;
		CHECK(!in->bad);
		o->said[o->nr] = describe(rec, opnum, &args);
	}
	o->left[o->nr++] = kefs_xdr_left(in);
	return true;
}

static void decode(const u8 *bytes, size_t len, size_t linear, bool refuse, u8 before, struct outcome *o)
{
	struct kefs_xdr_in in;
	struct record rec;
	const u8 *tag;
	u32 tag_len, nops;

	o->garbage = false;
	o->nr = 0;
	record_open(&rec, bytes, len, linear, refuse, &in);
	tag = kefs_xdr_opaque(&in, KEFS_TAG_MAX, &tag_len);
	CHECK(!tag == in.bad);
	CHECK(!tag || (tag_len <= KEFS_TAG_MAX && record_has(&rec, tag, tag_len)));
	kefs_xdr_u32(&in);		/* minor version */
	nops = kefs_xdr_u32(&in);
	check_cursor(&rec, &in, len);
	if (in.bad)
		o->garbage = true;
	else
		while (o->nr < nops && o->nr < KEFS_OPS_MAX && decode_op(&rec, &in, before, o))
			;
	o->nomem = in.nomem;
	record_close(&rec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct outcome whole, split;
	size_t linear;

	if (size < INPUT_HEAD)
		return 0;
	linear = (size_t)data[0] << 8 | data[1];
	decode(data + INPUT_HEAD, size - INPUT_HEAD, size, false, 0x5a, &whole);
	CHECK(!whole.nomem);
	decode(data + INPUT_HEAD, size - INPUT_HEAD, linear, data[2] & 1, 0xa5, &split);
	CHECK(split.nomem || (split.garbage == whole.garbage && split.nr == whole.nr));
	CHECK(split.nr <= whole.nr);
	CHECK(!memcmp(split.said, whole.said, split.nr * sizeof(split.said[0])));
	CHECK(!memcmp(split.left, whole.left, split.nr * sizeof(split.left[0])));
	return 0;
}
