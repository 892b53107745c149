/* SPDX-License-Identifier: GPL-2.0 */
/* Both directions of a connection that TLS ends in, until one end of it goes. */
#ifndef KEFS_RELAY_PUMP_H
#define KEFS_RELAY_PUMP_H

#include <openssl/ssl.h>

/*
 * Carries bytes between a session whose handshake is over and a connected socket (both non-blocking); returns when one
 * of the two has ended and what it had sent is delivered, or cannot be.
 */
void kefs_pump(SSL *ssl, int plain_fd);

#endif
