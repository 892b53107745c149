/* SPDX-License-Identifier: GPL-2.0 */
/* SipHash-2-4 (Aumasson, Bernstein 2012) under the kernel's names. */
#ifndef SHIM_LINUX_SIPHASH_H
#define SHIM_LINUX_SIPHASH_H

#include <endian.h>
#include <linux/string.h>
#include <linux/types.h>

typedef struct {
	u64 key[2];
} siphash_key_t;

static inline u64 shim_rotl(u64 v, unsigned int n)
{
	return v << n | v >> (64 - n);
}

static inline void shim_sipround(u64 v[4])
{
	v[0] += v[1];
	v[1] = shim_rotl(v[1], 13) ^ v[0];
	v[0] = shim_rotl(v[0], 32);
	v[2] += v[3];
	v[3] = shim_rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = shim_rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = shim_rotl(v[1], 17) ^ v[2];
	v[2] = shim_rotl(v[2], 32);
}

static inline void shim_sipword(u64 v[4], u64 m)
{
	v[3] ^= m;
	shim_sipround(v);
	shim_sipround(v);
	v[0] ^= m;
}

static inline u64 siphash(const void *data, size_t len, const siphash_key_t *key)
{
	u64 v[4] = {
		key->key[0] ^ 0x736f6d6570736575, key->key[1] ^ 0x646f72616e646f6d,
		key->key[0] ^ 0x6c7967656e657261, key->key[1] ^ 0x7465646279746573,
	};
	const u8 *p = data;
	u64 m, last = (u64)len << 56;
	size_t i;

	for (i = 0; i + 8 <= len; i += 8) {
		memcpy(&m, p + i, 8);
		shim_sipword(v, le64toh(m));
	}
	for (; i < len; i++)
		last |= (u64)p[i] << (8 * (i & 7));
	shim_sipword(v, last);
	v[2] ^= 0xff;
	for (i = 0; i < 4; i++)
		shim_sipround(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

#endif
