/* SPDX-License-Identifier: GPL-2.0 */
/* What a ClientHello offers. Pure. */
#ifndef KEFS_ACCEPT_HELLO_H
#define KEFS_ACCEPT_HELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEFS_HELLO_PEEK 2048	/* bytes to look at: the ciphers are near the beginning, and few */

/*
 * Do these first bytes of a connection offer a cipher that a relay takes, and none that the kernel does (tls.c's
 * lists)? No if they are no ClientHello, or end before the last cipher.
 */
bool kefs_hello_needs_relay(const uint8_t *bytes, size_t len);

#endif
