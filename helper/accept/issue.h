/* SPDX-License-Identifier: GPL-2.0 */
/* Certificates of the deployment's own authority. No I/O but the random source. */
#ifndef KEFS_ACCEPT_ISSUE_H
#define KEFS_ACCEPT_ISSUE_H

#include <openssl/x509.h>
#include <time.h>

#include "common/addr.h"

#define KEFS_ISSUE_LIFE		(30 * 86400)	/* of a leaf, seconds from when it was made */

/* The authority's own certificate, good for 20 years; to be freed. NULL: OpenSSL's error queue says why. */
X509 *kefs_issue_authority(EVP_PKEY *key, time_t now);

/*
 * A server's certificate: for the names (DNS, with commas between them; blanks do not count) and for local's address.
 * Good from a day before now. To be freed; NULL as above.
 */
X509 *kefs_issue_leaf(X509 *authority, EVP_PKEY *authority_key, EVP_PKEY *key, const char *names,
		      const struct kefs_addr *local, time_t now);

#endif
