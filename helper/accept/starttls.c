// SPDX-License-Identifier: GPL-2.0
#include "starttls.h"

#include <string.h>

#define XID_AT	4
#define XID_LEN	4

/* RFC 5531 section 9 and RFC 9289 section 4.1: the call's only variable part is its xid. */
static const uint8_t call_bytes[KEFS_STARTTLS_CALL] = {
	0x80, 0, 0, 40,		/* last fragment, 40 bytes */
	0, 0, 0, 0,		/* xid */
	0, 0, 0, 0,		/* CALL */
	0, 0, 0, 2,		/* RPC version 2 */
	0, 1, 0x86, 0xa3,	/* program 100003: NFS */
	0, 0, 0, 4,		/* version 4 */
	0, 0, 0, 0,		/* procedure NULL */
	0, 0, 0, 7,		/* credential: AUTH_TLS, */
	0, 0, 0, 0,		/* empty */
	0, 0, 0, 0,		/* verifier: AUTH_NONE, */
	0, 0, 0, 0,		/* empty */
};

static const uint8_t reply_bytes[KEFS_STARTTLS_REPLY] = {
	0x80, 0, 0, 32,		/* last fragment, 32 bytes */
	0, 0, 0, 0,		/* xid */
	0, 0, 0, 1,		/* REPLY */
	0, 0, 0, 0,		/* MSG_ACCEPTED */
	0, 0, 0, 0,		/* verifier: AUTH_NONE, */
	0, 0, 0, 8, 'S', 'T', 'A', 'R', 'T', 'T', 'L', 'S',
	0, 0, 0, 0,		/* SUCCESS */
};

enum kefs_starttls kefs_starttls_match(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len && i < KEFS_STARTTLS_CALL; i++) {
		if (bytes[i] != call_bytes[i] && (i < XID_AT || i >= XID_AT + XID_LEN))
			return KEFS_STARTTLS_NO;
	}
	return len < KEFS_STARTTLS_CALL ? KEFS_STARTTLS_PERHAPS : KEFS_STARTTLS_YES;
}

void kefs_starttls_reply(const uint8_t call[KEFS_STARTTLS_CALL], uint8_t ret_reply[KEFS_STARTTLS_REPLY])
{
	memcpy(ret_reply, reply_bytes, KEFS_STARTTLS_REPLY);
	memcpy(ret_reply + XID_AT, call + XID_AT, XID_LEN);
}
