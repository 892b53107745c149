/* SPDX-License-Identifier: GPL-2.0 */
/* What a connection's first byte says. Pure. */
#ifndef KEFS_ACCEPT_PEEK_H
#define KEFS_ACCEPT_PEEK_H

#include <stdint.h>

enum kefs_peek {
	KEFS_PEEK_RPC,		/* an RPC record mark: to the kernel */
	KEFS_PEEK_TLS,		/* a TLS handshake record */
	KEFS_PEEK_OTHER,	/* neither: not our client */
};

/*
 * A record mark (RFC 5531 section 11) is four bytes: the top bit says "last fragment", 31 bits are the length. No
 * record that Kefs takes has 16 MiB, so the first byte is 0x80 or, for a record in several fragments, 0x00. 0x16 is
 * TLS's ContentType handshake (RFC 8446 section 5.1), which a ClientHello begins with.
 */
enum kefs_peek kefs_peek_classify(uint8_t first);

#endif
