/* SPDX-License-Identifier: GPL-2.0 */
/* AES-GCM (NIST SP 800-38D) with the processor's instructions for AES and carry-less multiplication. */
#ifndef UMLAES_GCM_H
#define UMLAES_GCM_H

#include <linux/types.h>

#define GCM_BLOCK	16
#define GCM_AHEAD	8	/* blocks at a time */

struct gcm_key {
	u32 round_keys[60] __aligned(16);
	int rounds;
	u8 powers[GCM_AHEAD][GCM_BLOCK] __aligned(16);	/* of the hash key, each times x: see gcm.c */
};

struct gcm_state {
	u8 hash[GCM_BLOCK] __aligned(16);
	u8 counter[GCM_BLOCK] __aligned(16);	/* of the next block, its bytes turned round */
};

/* round_keys and rounds are there: makes the rest. */
void gcm_set_key(struct gcm_key *key);

/* Begins a message with that IV of 12 bytes. */
void gcm_begin(struct gcm_state *state, const u8 *iv);

/* Takes len bytes of what is authenticated only; all but the last piece have whole blocks. */
void gcm_aad(const struct gcm_key *key, struct gcm_state *state, const u8 *data, size_t len);

/* Likewise len bytes of text, from src to dst, which may be the same. */
void gcm_text(const struct gcm_key *key, struct gcm_state *state, u8 *dst, const u8 *src, size_t len, bool encrypt);

/* The end: lengths in bytes; iv as it was at the beginning. */
void gcm_tag(const struct gcm_key *key, struct gcm_state *state, const u8 *iv, u64 aad_len, u64 text_len, u8 *tag);

#endif
