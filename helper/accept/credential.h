/* SPDX-License-Identifier: GPL-2.0 */
/* What a server proves who it is with, as text on its way to a relay: a key, a certificate, the chain behind it. */
#ifndef KEFS_ACCEPT_CREDENTIAL_H
#define KEFS_ACCEPT_CREDENTIAL_H

#include <openssl/ssl.h>
#include <stddef.h>

#include "accept/ca.h"
#include "common/addr.h"

#define KEFS_CREDENTIAL_MAX (64 * 1024)	/* bytes; fits a message of a UNIX socket with its default buffer */

/*
 * The credential for clients that came to this address, in PEM, key first; secret, to be wiped by
 * kefs_credential_free(). 0, -E2BIG, or as kefs_ca_leaf().
 */
int kefs_credential_make(struct kefs_ca *ca, const struct kefs_addr *local, char **ret_text, size_t *ret_len);

/* Wipes and frees it. NULL is fine. */
void kefs_credential_free(char *text, size_t len);

/* Has a context use it. 0, or -EINVAL if it is none. */
int kefs_credential_use(const char *text, size_t len, SSL_CTX *ctx);

#endif
