/* SPDX-License-Identifier: GPL-2.0 */
/*
 * RFC 9289: a client that wants TLS on the NFS port calls NULL with the flavor AUTH_TLS first, in the clear; a server
 * that has TLS answers with a verifier "STARTTLS", and the handshake follows. Pure.
 */
#ifndef KEFS_ACCEPT_STARTTLS_H
#define KEFS_ACCEPT_STARTTLS_H

#include <stddef.h>
#include <stdint.h>

#define KEFS_STARTTLS_CALL	44	/* bytes of the call, with its record mark */
#define KEFS_STARTTLS_REPLY	36	/* likewise of the reply */

enum kefs_starttls {
	KEFS_STARTTLS_NO,	/* an ordinary call */
	KEFS_STARTTLS_PERHAPS,	/* what is there so far could be one */
	KEFS_STARTTLS_YES,
};

/* Do len bytes (at most KEFS_STARTTLS_CALL count) begin with the call? */
enum kefs_starttls kefs_starttls_match(const uint8_t *bytes, size_t len);

/* The reply to a call that matched. */
void kefs_starttls_reply(const uint8_t call[KEFS_STARTTLS_CALL], uint8_t ret_reply[KEFS_STARTTLS_REPLY]);

#endif
