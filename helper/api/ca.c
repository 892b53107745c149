// SPDX-License-Identifier: GPL-2.0
/* The authority of the server's certificates: what a client of TLS needs to be given. On the control socket only. */
#include <openssl/pem.h>

#include "common/cleanup.h"
#include "common/str.h"
#include "internal.h"

#define TEXT_SIZE 1024

static X509 *parse(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;

	BIO_free(bio);
	return cert;
}

static void fingerprint(const X509 *cert, char *ret_hex)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	(void)X509_digest(cert, EVP_sha256(), digest, &len);
	kefs_str_hex(digest, len, ret_hex);
}

static json_t *ca_json(const struct kefs_api *api, const X509 *cert)
{
	char subject[TEXT_SIZE], hex[2 * EVP_MAX_MD_SIZE + 1], until[32] = "";
	struct tm tm = { .tm_year = 0 };

	(void)X509_NAME_oneline(X509_get_subject_name(cert), subject, sizeof(subject));
	fingerprint(cert, hex);
	if (ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm))
		(void)strftime(until, sizeof(until), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_pack("{sb ss ss ss ss}", "Given", api->ca_given, "Subject", subject, "NotAfter", until, "Sha256", hex,
			 "Pem", api->ca_pem);
}

void kefs_api_ca(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply)
{
	const struct kefs_api *api = ctx;
	X509 *cert = *api->ca_pem ? parse(api->ca_pem) : NULL;

	(void)request;
	if (cert)
		kefs_reply_json(reply, 200, ca_json(api, cert));
	else
		kefs_reply_error(reply, 404, "NotFound", "The server has a certificate of your own, and kefsd.conf does not say who "
				 "signed it: set tls_ca");
	X509_free(cert);
}
