// SPDX-License-Identifier: GPL-2.0
/*
 * A client's certificate in DER. What is read of it must be within bounds, must not be found signed by a secret that
 * nobody has, and, put into a certificate again, must be read as the same.
 */
#include <openssl/x509.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/awscert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t size)
{
	size_t len = strnlen(text, size);

	if (len == size)
		abort();
	for (size_t i = 0; i < len; i++) {
		if (text[i] < ' ' || text[i] > '~')
			abort();
	}
}

/* But for the hash: libcrypto puts a key into a certificate in its own encoding, not in the one that it came in. */
static void again(const X509 *from, const struct kefs_awscert *cert)
{
	X509 *x509 = X509_new();
	struct kefs_awscert *second = calloc(1, sizeof(*second));

	if (x509 && second && X509_set_pubkey(x509, X509_get0_pubkey(from)) &&
	    X509_set1_notBefore(x509, X509_get0_notBefore(from)) && X509_set1_notAfter(x509, X509_get0_notAfter(from)) &&
	    kefs_awscert_extend(x509, cert) == 0) {
		if (kefs_awscert_read(x509, second, NULL) < 0)
			abort();
		memcpy(second->public_key_hash, cert->public_key_hash, sizeof(second->public_key_hash));
		if (memcmp(cert, second, sizeof(*second)))
			abort();
	}
	X509_free(x509);
	free(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const unsigned char *p = data;
	X509 *x509 = d2i_X509(NULL, &p, (long)size);
	struct kefs_awscert *cert = calloc(1, sizeof(*cert));
	struct kefs_sigv4_connect connect;

	if (x509 && cert && kefs_awscert_read(x509, cert, NULL) == 0) {
		check_text(cert->fs_id, sizeof(cert->fs_id));
		check_text(cert->access_point, sizeof(cert->access_point));
		check_text(cert->access_key, sizeof(cert->access_key));
		check_text(cert->token, sizeof(cert->token));
		check_text(cert->source, sizeof(cert->source));
		check_text(cert->version, sizeof(cert->version));
		if (cert->has_auth != (strlen(cert->signature) == KEFS_SIGV4_HEX_SIZE - 1))
			abort();
		connect = kefs_awscert_connect(cert, "us-east-1");
		if (kefs_sigv4_connect_verify(&connect, "nobody could guess this", cert->signature))
			abort();
		again(x509, cert);
	}
	X509_free(x509);
	free(cert);
	return 0;
}
