/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The server's certificates: from the deployment's own authority, which is made on the first run, or one that the
 * administrator gave. Those of the own authority are made as they are needed, one for each address that clients come
 * to, live a month, and are on no disk.
 */
#ifndef KEFS_ACCEPT_CA_H
#define KEFS_ACCEPT_CA_H

#include <openssl/x509.h>

#include "common/addr.h"
#include "common/err.h"

struct kefs_ca;

/* Strings are the caller's until kefs_ca_open() returns; paths may be "". */
struct kefs_ca_parts {
	const char *state_dir;		/* of the own authority: ca.pem, and ca.key, which only root may read */
	const char *certificate;	/* a certificate with its chain, in PEM; "": the own authority */
	const char *key;		/* of that certificate */
	const char *ca;			/* what its clients are to trust */
	const char *names;		/* DNS names for the own authority's certificates, with commas between them */
};

/*
 * A whole file, to be freed, and its length. secret: nobody but its owner may read it. 0; -ENOENT, -EPERM (others may),
 * -EINVAL (empty or too long), -errno, with err naming the file.
 */
int kefs_ca_read(const char *path, bool secret, char **ret_text, size_t *ret_len, struct kefs_err *err);

/* Loads, or makes, what is needed. 0 or -errno with err saying which file and what is wrong with it. */
int kefs_ca_open(const struct kefs_ca_parts *parts, struct kefs_ca **ret_ca, struct kefs_err *err);

/*
 * Reads a given certificate's files again. 0, also for the own authority, which has nothing to read; or -errno with
 * err: all is as it was.
 */
int kefs_ca_renew(struct kefs_ca *ca, struct kefs_err *err);

/* NULL is fine. */
void kefs_ca_free(struct kefs_ca *ca);

/* What clients are to trust, in PEM; "" if the administrator gave a certificate and not that. Good until the next
 * kefs_ca_renew(). */
const char *kefs_ca_pem(const struct kefs_ca *ca);

/* Did the administrator give the certificate? */
bool kefs_ca_is_given(const struct kefs_ca *ca);

/*
 * The certificate for a client that came to this address, its key, and the chain behind it (NULL: none): references
 * for the caller to free. Any thread. 0, -ENOMEM or -EIO.
 */
int kefs_ca_leaf(struct kefs_ca *ca, const struct kefs_addr *local, X509 **ret_cert, EVP_PKEY **ret_key,
		 STACK_OF(X509) **ret_chain);

#endif
