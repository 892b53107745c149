// SPDX-License-Identifier: GPL-2.0
/* The signer, and the signature of an NFS client's certificate. */
#include <ctype.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sigv4.h"
#include "sigv4_canon.h"

static int compare_names(const void *a, const void *b)
{
	const char *const *p = a, *const *q = b;

	return strcasecmp(*p, *q);
}

/* All header names, lower case, sorted, each once, with ";" between them. */
static int list_headers(const struct kefs_sigv4_request *request, struct kefs_buf *out)
{
	const char **names = calloc(request->header_count + 1, sizeof(*names));
	int rc = names ? 0 : -ENOMEM;

	for (size_t i = 0; names && i < request->header_count; i++)
		names[i] = request->headers[i].name;
	if (names)
		qsort(names, request->header_count, sizeof(*names), compare_names);
	for (size_t i = 0; rc == 0 && i < request->header_count; i++) {
		if (i && !strcasecmp(names[i], names[i - 1]))
			continue;
		rc = kefs_buf_add(out, ";", i ? 1 : 0);
		if (rc == 0)
			rc = kefs_buf_add(out, names[i], strlen(names[i]));
	}
	for (size_t i = 0; i < out->len; i++)
		out->data[i] = (char)tolower((unsigned char)out->data[i]);
	free(names);
	return rc;
}

/* The texts that are made on the way to a signature. */
struct work {
	struct kefs_buf headers, query, canonical;
	char payload[KEFS_SIGV4_HEX_SIZE], signature[KEFS_SIGV4_HEX_SIZE];
};

static void work_init(struct work *work)
{
	*work = (struct work){ .headers.cap = KEFS_SIGV4_SIGNED_HEADERS_MAX, .query.cap = SIGV4_CANONICAL_MAX,
			       .canonical.cap = SIGV4_CANONICAL_MAX };
}

static void work_free(struct work *work)
{
	kefs_buf_free(&work->headers);
	kefs_buf_free(&work->query);
	kefs_buf_free(&work->canonical);
}

/* Query and payload into their canonical forms, then the signature. */
static int sign(const struct kefs_sigv4_request *request, const char *raw_query, const char *secret, const char *date,
		const char *region, const char *service, bool s3, struct work *work)
{
	const char *payload = work->payload;
	struct sigv4_query query;
	int rc;

	rc = sigv4_query_parse(raw_query ? raw_query : "", &query);
	if (rc < 0)
		return rc;
	rc = sigv4_canonical_query(&query, NULL, &work->query);
	sigv4_query_free(&query);
	if (rc == 0 && sigv4_header_find(request, "X-Amz-Content-Sha256", &payload) < 0)
		rc = sigv4_hash(request->body ? request->body : "", request->body_len, work->payload);
	if (rc == 0 && s3 && raw_query != request->query)
		payload = SIGV4_UNSIGNED;
	if (rc == 0)
		rc = sigv4_canonical(request, work->query.data ? work->query.data : "", work->headers.data, payload, s3,
				     &work->canonical);
	return rc < 0 ? rc : sigv4_signature(secret, date, region, service, &work->canonical, work->signature);
}

int kefs_sigv4_sign(const struct kefs_sigv4_request *request, const struct kefs_sigv4_key *key, const char *region,
		    const char *service, bool s3, char **ret_authorization)
{
	const char *date, *host, *token;
	struct work work;
	int rc;

	if (sigv4_header_find(request, "X-Amz-Date", &date) < 0 || strlen(date) != KEFS_SIGV4_DATE_SIZE - 1 ||
	    sigv4_header_find(request, "Host", &host) < 0 ||
	    (key->token && sigv4_header_find(request, "X-Amz-Security-Token", &token) < 0))
		return -EINVAL;
	work_init(&work);
	rc = list_headers(request, &work.headers);
	if (rc == 0)
		rc = sign(request, request->query, key->secret, date, region, service, s3, &work);
	if (rc == 0 && asprintf(ret_authorization, SIGV4_ALGORITHM " Credential=%s/%.8s/%s/%s/aws4_request, SignedHeaders=%s, "
				"Signature=%s", key->access_key, date, region, service, work.headers.data,
				work.signature) < 0)
		rc = -ENOMEM;
	work_free(&work);
	return rc;
}

/* The query with what a signature in it needs but the signature. */
static int presigned_query(const struct kefs_sigv4_request *request, const struct kefs_sigv4_key *key,
			   const char *date, const char *region, const char *service, unsigned int expires,
			   const char *headers, struct kefs_buf *out)
{
	int rc = 0;

	if (request->query && *request->query)
		rc = kefs_buf_format(out, "%s&", request->query);
	if (rc == 0)
		rc = kefs_buf_format(out, "X-Amz-Algorithm=" SIGV4_ALGORITHM "&X-Amz-Credential=%s%%2F%.8s%%2F%s%%2F%s%%2F"
				     "aws4_request&X-Amz-Date=%s&X-Amz-Expires=%u", key->access_key, date, region, service,
				     date, expires);
	if (rc == 0 && key->token) {
		rc = kefs_buf_format(out, "&X-Amz-Security-Token=");
		if (rc == 0)
			rc = sigv4_encode(out, key->token, strlen(key->token), "");
	}
	if (rc == 0)
		rc = kefs_buf_format(out, "&X-Amz-SignedHeaders=");
	return rc < 0 ? rc : sigv4_encode(out, headers, strlen(headers), "");
}

int kefs_sigv4_presign(const struct kefs_sigv4_request *request, const struct kefs_sigv4_key *key,
		       const char *region, const char *service, bool s3, int64_t when, unsigned int expires,
		       char **ret_query)
{
	struct kefs_buf query = { .cap = SIGV4_CANONICAL_MAX };
	char date[KEFS_SIGV4_DATE_SIZE];
	struct work work;
	const char *host;
	int rc;

	if (sigv4_header_find(request, "Host", &host) < 0)
		return -EINVAL;
	if (kefs_sigv4_date(when, date) < 0)
		return -ERANGE;
	work_init(&work);
	rc = list_headers(request, &work.headers);
	if (rc == 0)
		rc = presigned_query(request, key, date, region, service, expires, work.headers.data, &query);
	if (rc == 0)
		rc = sign(request, query.data, key->secret, date, region, service, s3, &work);
	if (rc == 0 && asprintf(ret_query, "%s&X-Amz-Signature=%s", query.data, work.signature) < 0)
		rc = -ENOMEM;
	kefs_buf_free(&query);
	work_free(&work);
	return rc;
}

/*
 * The mount helper's canonical request is one of its own: no blank line behind the headers, and texts encoded as in a
 * form. Names sort as they stand.
 */
static int connect_request(const struct kefs_sigv4_connect *connect, const char *date, struct kefs_buf *out)
{
	static const char empty[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
	int rc;

	rc = kefs_buf_format(out, "GET\n/\nAction=Connect&PublicKeyHash=%s&X-Amz-Algorithm=" SIGV4_ALGORITHM
			     "&X-Amz-Credential=", connect->public_key_hash);
	if (rc == 0)
		rc = sigv4_encode(out, connect->access_key, strlen(connect->access_key), "");
	if (rc == 0)
		rc = kefs_buf_format(out, "%%2F%.8s%%2F%s%%2Felasticfilesystem%%2Faws4_request&X-Amz-Date=%s"
				     "&X-Amz-Expires=86400", date, connect->region, date);
	if (rc == 0 && connect->token && *connect->token) {
		rc = kefs_buf_format(out, "&X-Amz-Security-Token=");
		if (rc == 0)
			rc = sigv4_encode(out, connect->token, strlen(connect->token), "");
	}
	return rc < 0 ? rc : kefs_buf_format(out, "&X-Amz-SignedHeaders=host\nhost:%s\nhost\n%s", connect->fs_id, empty);
}

int kefs_sigv4_connect_sign(const struct kefs_sigv4_connect *connect, const char *secret,
			    char ret_signature[KEFS_SIGV4_HEX_SIZE])
{
	struct kefs_buf canonical = { .cap = SIGV4_CANONICAL_MAX };
	char date[KEFS_SIGV4_DATE_SIZE];
	int rc;

	if (kefs_sigv4_date(connect->time, date) < 0)
		return -ERANGE;
	rc = connect_request(connect, date, &canonical);
	if (rc == 0)
		rc = sigv4_signature(secret, date, connect->region, "elasticfilesystem", &canonical, ret_signature);
	kefs_buf_free(&canonical);
	return rc;
}

bool kefs_sigv4_connect_verify(const struct kefs_sigv4_connect *connect, const char *secret, const char *signature)
{
	char hex[KEFS_SIGV4_HEX_SIZE];
	bool same;

	if (kefs_sigv4_connect_sign(connect, secret, hex) < 0)
		return false;
	same = kefs_sigv4_equal(signature, hex);
	OPENSSL_cleanse(hex, sizeof(hex));
	return same;
}
