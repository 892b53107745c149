// SPDX-License-Identifier: GPL-2.0
/*
 * Input: one byte that says how much of the record is linear, one that says how many steps are taken, a byte for each
 * step, and the record. Linear memory and pulled memory are allocations of their own, so ASan sees each overrun.
 */
#include <stdlib.h>
#include "core/limits.h"
#include "xdr/cursor.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

struct record {
	const u8 *all;
	size_t len;
	u8 *rest;
	unsigned int pulls;
};

#define check(cond) do { if (!(cond)) abort(); } while (0)

static volatile u8 sink;

static void touch(const u8 *p, size_t len)
{
	while (len--)
		sink = *p++;
}

static const u8 *pull(void *arg, size_t len)
{
	struct record *r = arg;

	check(len <= r->len && !r->pulls++);
	r->rest = malloc(len ? len : 1);
	memcpy(r->rest, r->all + r->len - len, len);
	return r->rest;
}

static void step(struct kefs_xdr_in *c, struct record *r, u8 what)
{
	struct kefs_xdr_opaque body;
	size_t left = kefs_xdr_left(c), max = what >> 3 << 3;
	u32 len, words[3];
	const u8 *p;
	bool high;

	switch (what & 7) {
	case 0:
		kefs_xdr_u32(c);
		break;
	case 1:
		kefs_xdr_u64(c);
		break;
	case 2:
		kefs_xdr_bool(c);
		break;
	case 3:
		p = kefs_xdr_fixed(c, what >> 3);
		if (p)
			touch(p, what >> 3);
		break;
	case 4:
		p = kefs_xdr_opaque(c, max, &len);
		check(p ? len <= max : c->bad);
		touch(p, len);
		break;
	case 5:
		len = kefs_xdr_count(c, max, 4);
		check(len <= max && len <= left / 4);
		break;
	case 6:
		if (kefs_xdr_payload(c, max, &len, &body)) {
			check(len <= max && body.head_len + body.rest_len == len);
			check(body.rest_len <= body.rest_from_end && body.rest_from_end <= r->len);
			touch(body.head, body.head_len);
		}
		break;
	case 7:
		kefs_xdr_bitmap(c, words, 3, &high);
		break;
	}
	check(kefs_xdr_left(c) <= left);
	check(!c->bad || !kefs_xdr_left(c));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct record r = { 0 };
	struct kefs_xdr_in c;
	size_t linear, steps, i;
	u8 *head;

	if (size < 2)
		return 0;
	linear = data[0] * 4u;
	steps = data[1];
	data += 2;
	size -= 2;
	if (steps > size)
		steps = size;
	r.len = size - steps;
	r.all = data + steps;
	if (linear > r.len)
		linear = r.len;
	head = malloc(linear ? linear : 1);
	memcpy(head, r.all, linear);
	kefs_xdr_in_init(&c, head, linear);
	c.beyond = r.len - linear;
	c.pull = pull;
	c.arg = &r;
	for (i = 0; i < steps; i++)
		step(&c, &r, data[i]);
	free(head);
	free(r.rest);
	return 0;
}
