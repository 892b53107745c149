// SPDX-License-Identifier: GPL-2.0
#include "credential.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

static bool write_all(BIO *bio, X509 *cert, EVP_PKEY *key, const STACK_OF(X509) *chain)
{
	bool fine = PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1 &&
		    PEM_write_bio_X509(bio, cert) == 1;

	for (int i = 0; fine && i < sk_X509_num(chain); i++)
		fine = PEM_write_bio_X509(bio, sk_X509_value(chain, i)) == 1;
	return fine;
}

static int take_text(BIO *bio, char **ret_text, size_t *ret_len)
{
	char *data;
	long len = BIO_get_mem_data(bio, &data);
	char *text;

	if (len <= 0)
		return -EIO;
	if (len > KEFS_CREDENTIAL_MAX)
		return -E2BIG;
	text = malloc((size_t)len);
	if (!text)
		return -ENOMEM;
	memcpy(text, data, (size_t)len);
	OPENSSL_cleanse(data, (size_t)len);
	*ret_text = text;
	*ret_len = (size_t)len;
	return 0;
}

int kefs_credential_make(struct kefs_ca *ca, const struct kefs_addr *local, char **ret_text, size_t *ret_len)
{
	STACK_OF(X509) *chain = NULL;
	EVP_PKEY *key = NULL;
	X509 *cert = NULL;
	int rc = kefs_ca_leaf(ca, local, &cert, &key, &chain);
	BIO *bio = rc == 0 ? BIO_new(BIO_s_mem()) : NULL;

	if (rc == 0)
		rc = !bio ? -ENOMEM : write_all(bio, cert, key, chain) ? take_text(bio, ret_text, ret_len) : -EIO;
	BIO_free(bio);
	ERR_clear_error();
	sk_X509_pop_free(chain, X509_free);
	EVP_PKEY_free(key);
	X509_free(cert);
	return rc;
}

void kefs_credential_free(char *text, size_t len)
{
	if (text)
		explicit_bzero(text, len);
	free(text);
}

/* The first certificate is the server's own, those behind it are its chain. */
static bool read_certs(BIO *bio, SSL_CTX *ctx)
{
	X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	bool fine = cert && SSL_CTX_use_certificate(ctx, cert) == 1;

	X509_free(cert);
	while (fine && (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
		fine = SSL_CTX_add0_chain_cert(ctx, cert) == 1;
		if (!fine)
			X509_free(cert);
	}
	return fine;
}

int kefs_credential_use(const char *text, size_t len, SSL_CTX *ctx)
{
	BIO *bio = len <= KEFS_CREDENTIAL_MAX ? BIO_new_mem_buf(text, (int)len) : NULL;
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;
	bool fine = key && read_certs(bio, ctx) && SSL_CTX_use_PrivateKey(ctx, key) == 1;

	EVP_PKEY_free(key);
	BIO_free(bio);
	ERR_clear_error();
	return fine ? 0 : -EINVAL;
}
