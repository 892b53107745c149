// SPDX-License-Identifier: GPL-2.0
/*
 * The compiler's builtins and no header of its own: those want a C library. The hash works on blocks with their bytes
 * turned round and on the key times x, which saves a shift for each product (Intel, "Carry-Less Multiplication
 * Instruction and its Usage for Computing the GCM Mode", and the kernel's ghash-clmulni).
 */
#include "gcm.h"

#include <linux/string.h>
#include <linux/unaligned.h>

typedef long long vec __attribute__((vector_size(16)));
typedef char bytes __attribute__((vector_size(16)));

#define PRODUCT(a, b, which)	__builtin_ia32_pclmulqdq128(a, b, which)
#define UP(v, n)		__builtin_ia32_pslldqi128(v, (n) * 8)
#define DOWN(v, n)		__builtin_ia32_psrldqi128(v, (n) * 8)
#define UP_BITS(v, n)		((vec)((unsigned long long __attribute__((vector_size(16))))(v) << (n)))
#define DOWN_BITS(v, n)		((vec)((unsigned long long __attribute__((vector_size(16))))(v) >> (n)))

static __always_inline vec load(const u8 *p)
{
	vec v;

	__builtin_memcpy(&v, p, sizeof(v));
	return v;
}

static __always_inline void store(u8 *p, vec v)
{
	__builtin_memcpy(p, &v, sizeof(v));
}

static __always_inline vec turned(vec v)
{
	const bytes order = { 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0 };

	return (vec)__builtin_ia32_pshufb128((bytes)v, order);
}

/* --- hash --- */

struct sum {
	vec low, middle, high;
};

static __always_inline void add_product(struct sum *s, vec a, vec b)
{
	s->low ^= PRODUCT(a, b, 0x00);
	s->high ^= PRODUCT(a, b, 0x11);
	s->middle ^= PRODUCT(a, b, 0x01) ^ PRODUCT(a, b, 0x10);
}

/* Modulo x^128 + x^7 + x^2 + x + 1. */
static __always_inline vec reduced(struct sum s)
{
	vec t;

	s.low ^= UP(s.middle, 8);
	s.high ^= DOWN(s.middle, 8);
	t = UP_BITS(UP_BITS(UP_BITS(s.low, 1) ^ s.low, 5) ^ s.low, 57);
	s.low ^= UP(t, 8);
	s.high ^= DOWN(t, 8);
	t = DOWN_BITS(DOWN_BITS(DOWN_BITS(s.low, 5) ^ s.low, 1) ^ s.low, 1);
	return s.low ^ s.high ^ t;
}

static __always_inline vec times(vec a, vec b)
{
	struct sum s = { { 0 }, { 0 }, { 0 } };

	add_product(&s, a, b);
	return reduced(s);
}

static __always_inline vec hash_block(const struct gcm_key *key, vec hash, vec block)
{
	return times(hash ^ turned(block), load(key->powers[0]));
}

static __always_inline vec hash_ahead(const struct gcm_key *key, vec hash, const vec *blocks)
{
	struct sum s = { { 0 }, { 0 }, { 0 } };
	int i;

	for (i = 0; i < GCM_AHEAD; i++)
		add_product(&s, turned(blocks[i]) ^ (i ? (vec){ 0 } : hash), load(key->powers[GCM_AHEAD - 1 - i]));
	return reduced(s);
}

/* --- cipher --- */

static __always_inline void encrypt_blocks(const struct gcm_key *key, vec *b, int n)
{
	const u8 *round = (const u8 *)key->round_keys;
	int i, r;

	for (i = 0; i < n; i++)
		b[i] ^= load(round);
	for (r = 1; r < key->rounds; r++)
		for (i = 0; i < n; i++)
			b[i] = __builtin_ia32_aesenc128(b[i], load(round + r * GCM_BLOCK));
	for (i = 0; i < n; i++)
		b[i] = __builtin_ia32_aesenclast128(b[i], load(round + key->rounds * GCM_BLOCK));
}

/* Turned round it is a number, whose lowest 32 bits do not overflow. */
static __always_inline vec next_counter(vec *counter)
{
	vec v = turned(*counter);

	*counter += (vec){ 1, 0 };
	return v;
}

void gcm_set_key(struct gcm_key *key)
{
	vec power, h = { 0 };
	u8 raw[GCM_BLOCK];
	u64 high, low;
	int i;

	encrypt_blocks(key, &h, 1);
	store(raw, h);
	high = get_unaligned_be64(raw);
	low = get_unaligned_be64(raw + 8);
	h = (vec){ (long long)(low << 1 | high >> 63),
		   (long long)((high << 1 | low >> 63) ^ (high >> 63 ? 0xc2ULL << 56 : 0)) };
	power = h;
	for (i = 0; i < GCM_AHEAD; i++) {
		store(key->powers[i], power);
		power = times(power, h);
	}
}

void gcm_begin(struct gcm_state *state, const u8 *iv)
{
	memset(state->hash, 0, GCM_BLOCK);
	memcpy(state->counter, iv, 12);
	put_unaligned_be32(2, state->counter + 12);
	store(state->counter, turned(load(state->counter)));
}

void gcm_aad(const struct gcm_key *key, struct gcm_state *state, const u8 *data, size_t len)
{
	vec hash = load(state->hash);
	u8 last[GCM_BLOCK] = { 0 };

	for (; len >= GCM_BLOCK; data += GCM_BLOCK, len -= GCM_BLOCK)
		hash = hash_block(key, hash, load(data));
	if (len) {
		memcpy(last, data, len);
		hash = hash_block(key, hash, load(last));
	}
	store(state->hash, hash);
}

static __always_inline vec text_ahead(const struct gcm_key *key, vec *counter, vec hash, u8 *dst, const u8 *src,
				      bool encrypt)
{
	vec b[GCM_AHEAD], text[GCM_AHEAD];
	int i;

	for (i = 0; i < GCM_AHEAD; i++) {
		text[i] = load(src + i * GCM_BLOCK);
		b[i] = next_counter(counter);
	}
	if (!encrypt)
		hash = hash_ahead(key, hash, text);
	encrypt_blocks(key, b, GCM_AHEAD);
	for (i = 0; i < GCM_AHEAD; i++) {
		text[i] ^= b[i];
		store(dst + i * GCM_BLOCK, text[i]);
	}
	return encrypt ? hash_ahead(key, hash, text) : hash;
}

/* At most one block; what is behind its end is hashed as zeros. */
static vec text_rest(const struct gcm_key *key, vec *counter, vec hash, u8 *dst, const u8 *src, size_t len,
		     bool encrypt)
{
	u8 in[GCM_BLOCK] = { 0 }, out[GCM_BLOCK];
	vec b = next_counter(counter);

	memcpy(in, src, len);
	encrypt_blocks(key, &b, 1);
	store(out, b ^ load(in));
	memset(out + len, 0, GCM_BLOCK - len);
	memcpy(dst, out, len);
	return hash_block(key, hash, load(encrypt ? out : in));
}

void gcm_text(const struct gcm_key *key, struct gcm_state *state, u8 *dst, const u8 *src, size_t len, bool encrypt)
{
	const size_t step = GCM_AHEAD * GCM_BLOCK;
	vec hash = load(state->hash), counter = load(state->counter);

	for (; len >= step; dst += step, src += step, len -= step)
		hash = encrypt ? text_ahead(key, &counter, hash, dst, src, true) :
				 text_ahead(key, &counter, hash, dst, src, false);
	while (len) {
		size_t n = len < GCM_BLOCK ? len : GCM_BLOCK;

		hash = text_rest(key, &counter, hash, dst, src, n, encrypt);
		dst += n;
		src += n;
		len -= n;
	}
	store(state->hash, hash);
	store(state->counter, counter);
}

void gcm_tag(const struct gcm_key *key, struct gcm_state *state, const u8 *iv, u64 aad_len, u64 text_len, u8 *tag)
{
	u8 block[GCM_BLOCK];
	vec hash, first;

	put_unaligned_be64(aad_len * 8, block);
	put_unaligned_be64(text_len * 8, block + 8);
	hash = turned(hash_block(key, load(state->hash), load(block)));
	memcpy(block, iv, 12);
	put_unaligned_be32(1, block + 12);
	first = load(block);
	encrypt_blocks(key, &first, 1);
	store(tag, hash ^ first);
}
