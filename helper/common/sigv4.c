// SPDX-License-Identifier: GPL-2.0
/* The verifier. The messages are AWS's, as far as they are known: people look for them. */
#include "sigv4.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "cleanup.h"
#include "sigv4_canon.h"
#include "str.h"

#define TOKEN_CHARS "abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~"
#define WORD_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

static enum kefs_sigv4_fault fail(enum kefs_sigv4_fault fault, struct kefs_err *err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static enum kefs_sigv4_fault fail(enum kefs_sigv4_fault fault, struct kefs_err *err, const char *format, ...)
{
	va_list ap;

	if (err) {
		va_start(ap, format);
		(void)kefs_str_vformat(err->text, sizeof(err->text), format, ap);
		va_end(ap);
	}
	return fault;
}

static enum kefs_sigv4_fault no_memory(struct kefs_err *err)
{
	return fail(KEFS_SIGV4_INTERNAL, err, "no memory to check the signature");
}

bool kefs_sigv4_equal(const char *a, const char *b)
{
	char hash_a[KEFS_SIGV4_HEX_SIZE], hash_b[KEFS_SIGV4_HEX_SIZE];

	/* Digests have the same length and say nothing of how far the texts are alike */
	if (sigv4_hash(a, strlen(a), hash_a) < 0 || sigv4_hash(b, strlen(b), hash_b) < 0)
		return false;
	return CRYPTO_memcmp(hash_a, hash_b, sizeof(hash_a)) == 0;
}

int kefs_sigv4_date(int64_t when, char ret_date[KEFS_SIGV4_DATE_SIZE])
{
	time_t t = (time_t)when;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || tm.tm_year < -1900 || tm.tm_year > 8099)
		return -ERANGE;
	return kefs_str_format(ret_date, KEFS_SIGV4_DATE_SIZE, "%04d%02d%02dT%02d%02d%02dZ", tm.tm_year + 1900,
			       tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* "20260131T120000Z", or what HTTP's Date has; in the former form and in seconds. */
static int parse_date(const char *text, struct kefs_sigv4_claim *claim)
{
	struct tm tm = { .tm_sec = 0 };
	char again[KEFS_SIGV4_DATE_SIZE];
	const char *end;
	bool iso;

	end = strptime(text, "%Y%m%dT%H%M%SZ", &tm);
	iso = end && !*end;
	if (!iso)
		end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
	if (!end || *end)
		return -EINVAL;
	claim->time = timegm(&tm);
	/* Only what there is: no 31st of June, no white space that strptime() lets pass */
	if (kefs_sigv4_date(claim->time, again) < 0 || (iso && strcmp(text, again)))
		return -EINVAL;
	memcpy(claim->date, again, sizeof(again));
	return 0;
}

static enum kefs_sigv4_fault take_date(const char *text, struct kefs_sigv4_claim *claim, struct kefs_err *err)
{
	if (parse_date(text, claim) < 0)
		return fail(KEFS_SIGV4_INCOMPLETE, err, "Date must be in ISO-8601 'basic format'. Got '%.64s'. "
			    "See http://en.wikipedia.org/wiki/ISO_8601", text);
	return KEFS_SIGV4_OK;
}

/* The next element of a credential, up to a slash or the end. */
static bool take_element(const char **text, char *element, size_t size)
{
	size_t len = strcspn(*text, "/");

	if (!len || len >= size || strspn(*text, WORD_CHARS) < len)
		return false;
	memcpy(element, *text, len);
	element[len] = '\0';
	*text += len;
	return true;
}

static bool take_slash(const char **text)
{
	return *(*text)++ == '/';
}

static size_t count_slashes(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += *text == '/';
	return count;
}

static enum kefs_sigv4_fault take_credential(const char *text, struct kefs_sigv4_claim *claim, struct kefs_err *err)
{
	const char *p = text;

	if (count_slashes(text) != 4)
		return fail(KEFS_SIGV4_INCOMPLETE, err, "Credential must have exactly 5 slash-delimited elements, "
			    "e.g. keyid/date/region/service/term, got '%.256s'", text);
	if (!take_element(&p, claim->access_key, sizeof(claim->access_key)))
		return fail(KEFS_SIGV4_UNKNOWN_KEY, err, KEFS_SIGV4_UNKNOWN_KEY_TEXT);
	if (!take_slash(&p) || !take_element(&p, claim->scope_date, sizeof(claim->scope_date)) || !take_slash(&p) ||
	    !take_element(&p, claim->region, sizeof(claim->region)) || !take_slash(&p) ||
	    !take_element(&p, claim->service, sizeof(claim->service)) || !take_slash(&p) ||
	    !take_element(&p, claim->terminator, sizeof(claim->terminator)))
		return fail(KEFS_SIGV4_INCOMPLETE, err, "Credential has an element that is empty, too long or has odd "
			    "characters, got '%.256s'", text);
	return KEFS_SIGV4_OK;
}

/* Lower-case names in order, each once. */
static bool signed_headers_valid(const char *text)
{
	const char *last = NULL, *name = text;
	size_t last_len = 0;

	for (;;) {
		size_t len = strcspn(name, ";"), shorter = len < last_len ? len : last_len;
		int order = last ? strncmp(last, name, shorter) : -1;

		if (!len || strspn(name, TOKEN_CHARS) < len || order > 0 || (order == 0 && last_len >= len))
			return false;
		if (!name[len])
			return true;
		last = name;
		last_len = len;
		name += len + 1;
	}
}

static enum kefs_sigv4_fault take_signed_headers(const char *text, struct kefs_sigv4_claim *claim,
						 struct kefs_err *err)
{
	if (kefs_str_copy(claim->signed_headers, sizeof(claim->signed_headers), text) < 0 ||
	    !signed_headers_valid(text))
		return fail(KEFS_SIGV4_INCOMPLETE, err, "SignedHeaders must be lower-case header names, sorted, each once, "
			    "with ';' between them. Got '%.256s'", text);
	return KEFS_SIGV4_OK;
}

static enum kefs_sigv4_fault take_signature(const char *text, struct kefs_sigv4_claim *claim, struct kefs_err *err)
{
	if (strlen(text) != KEFS_SIGV4_HEX_SIZE - 1 || text[strspn(text, "0123456789abcdef")])
		return fail(KEFS_SIGV4_INVALID, err, "The request signature we calculated does not match the signature you "
			    "provided: a signature is 64 lower-case hexadecimal digits.");
	memcpy(claim->signature, text, sizeof(claim->signature));
	return KEFS_SIGV4_OK;
}

static enum kefs_sigv4_fault take_token(const char *text, struct kefs_sigv4_claim *claim, struct kefs_err *err)
{
	if (kefs_str_copy(claim->token, sizeof(claim->token), text) < 0)
		return fail(KEFS_SIGV4_UNKNOWN_KEY, err, KEFS_SIGV4_UNKNOWN_KEY_TEXT);
	return KEFS_SIGV4_OK;
}

/* The parameters of an Authorization header. */
struct authorization {
	char *text;
	char *credential, *signed_headers, *signature;
};

/* Which parameter has this name; NULL if none. */
static char **authorization_slot(struct authorization *authorization, const char *name)
{
	if (!strcmp(name, "Credential"))
		return &authorization->credential;
	if (!strcmp(name, "SignedHeaders"))
		return &authorization->signed_headers;
	return strcmp(name, "Signature") ? NULL : &authorization->signature;
}

/* "name=value, name=value" in place. False if there is anything else, or something twice. */
static bool split_authorization(struct authorization *authorization)
{
	char *rest, *equals, **slot;

	for (char *p = authorization->text; p; p = rest) {
		p += strspn(p, " \t");
		rest = strchr(p, ',');
		if (rest)
			*rest++ = '\0';
		for (size_t len = strlen(p); len && strchr(" \t", p[len - 1]); len--)
			p[len - 1] = '\0';
		equals = strchr(p, '=');
		if (!equals)
			return false;
		*equals = '\0';
		slot = authorization_slot(authorization, p);
		if (!slot || *slot)
			return false;
		*slot = equals + 1;
	}
	return true;
}

static enum kefs_sigv4_fault header_date(const struct kefs_sigv4_request *request, struct kefs_sigv4_claim *claim,
					 struct kefs_err *err)
{
	const char *date;
	int rc = sigv4_header_find(request, "X-Amz-Date", &date);

	if (rc == -ENOENT)
		rc = sigv4_header_find(request, "Date", &date);
	if (rc < 0)
		return fail(KEFS_SIGV4_INCOMPLETE, err, "Authorization header requires existence of either a 'X-Amz-Date' "
			    "or a 'Date' header%s.", rc == -EINVAL ? ", once" : "");
	return take_date(date, claim, err);
}

static enum kefs_sigv4_fault take_authorization(const struct kefs_sigv4_request *request,
						struct authorization *authorization, struct kefs_sigv4_claim *claim,
						struct kefs_err *err)
{
	enum kefs_sigv4_fault fault;
	const char *token;
	int rc;

	if (!split_authorization(authorization))
		return fail(KEFS_SIGV4_INCOMPLETE, err, "Authorization header must have the parameters 'Credential', "
			    "'SignedHeaders' and 'Signature', each once, and no others.");
	if (!authorization->credential || !authorization->signed_headers || !authorization->signature)
		return fail(KEFS_SIGV4_INCOMPLETE, err, "%s%s%s",
			    authorization->credential ? "" : "Authorization header requires 'Credential' parameter. ",
			    authorization->signature ? "" : "Authorization header requires 'Signature' parameter. ",
			    authorization->signed_headers ? "" : "Authorization header requires 'SignedHeaders' parameter. ");
	fault = take_credential(authorization->credential, claim, err);
	if (fault == KEFS_SIGV4_OK)
		fault = take_signed_headers(authorization->signed_headers, claim, err);
	if (fault == KEFS_SIGV4_OK)
		fault = header_date(request, claim, err);
	if (fault == KEFS_SIGV4_OK)
		fault = take_signature(authorization->signature, claim, err);
	rc = sigv4_header_find(request, "X-Amz-Security-Token", &token);
	if (fault != KEFS_SIGV4_OK || rc == -ENOENT)
		return fault;
	return take_token(rc < 0 ? "several" : token, claim, err);
}

static enum kefs_sigv4_fault parse_header(const struct kefs_sigv4_request *request, const char *value,
					  struct kefs_sigv4_claim *claim, struct kefs_err *err)
{
	struct authorization authorization = { .text = NULL };
	size_t scheme = strcspn(value, " \t");
	enum kefs_sigv4_fault fault;
	char *copy;

	if (strncmp(value, "AWS4-", 5))
		return fail(KEFS_SIGV4_MISSING, err, "Missing Authentication Token");
	if (scheme != strlen(SIGV4_ALGORITHM) || strncmp(value, SIGV4_ALGORITHM, scheme))
		return fail(KEFS_SIGV4_INCOMPLETE, err, "Unsupported AWS 'algorithm': '%.*s'.",
			    (int)(scheme < 64 ? scheme : 64), value);
	copy = strdup(value + scheme);
	if (!copy)
		return no_memory(err);
	authorization.text = copy;
	fault = take_authorization(request, &authorization, claim, err);
	free(copy);
	return fault;
}

static enum kefs_sigv4_fault take_expires(const char *text, struct kefs_sigv4_claim *claim, struct kefs_err *err)
{
	uint64_t expires;

	if (kefs_str_u64(text, 1, KEFS_SIGV4_EXPIRES_MAX, &expires) < 0)
		return fail(KEFS_SIGV4_INCOMPLETE, err, "X-Amz-Expires must be a number of seconds from 1 to %d, a week",
			    KEFS_SIGV4_EXPIRES_MAX);
	claim->expires = (int64_t)expires;
	return KEFS_SIGV4_OK;
}

static enum kefs_sigv4_fault take_algorithm(const char *text, struct kefs_sigv4_claim *claim, struct kefs_err *err)
{
	(void)claim;
	if (strcmp(text, SIGV4_ALGORITHM))
		return fail(KEFS_SIGV4_INCOMPLETE, err, "Unsupported AWS 'algorithm': '%.64s'.", text);
	return KEFS_SIGV4_OK;
}

static enum kefs_sigv4_fault parse_query(const struct sigv4_query *query, struct kefs_sigv4_claim *claim,
					 struct kefs_err *err)
{
	static const struct {
		const char *name;
		enum kefs_sigv4_fault (*take)(const char *text, struct kefs_sigv4_claim *claim, struct kefs_err *err);
		bool optional;
	} parts[] = {
		{ "X-Amz-Algorithm", take_algorithm, false }, { "X-Amz-Credential", take_credential, false },
		{ "X-Amz-Date", take_date, false }, { "X-Amz-Expires", take_expires, false },
		{ "X-Amz-SignedHeaders", take_signed_headers, false }, { "X-Amz-Signature", take_signature, false },
		{ "X-Amz-Security-Token", take_token, true },
	};
	enum kefs_sigv4_fault fault = KEFS_SIGV4_OK;

	claim->in_query = true;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && fault == KEFS_SIGV4_OK; i++) {
		const char *value;
		int rc = sigv4_query_find(query, parts[i].name, &value);

		if (rc == -ENOENT && parts[i].optional)
			continue;
		if (rc < 0)
			return fail(KEFS_SIGV4_INCOMPLETE, err, "AWS query-string parameters must include '%s'%s. Re-examine the "
				    "query-string parameters.", parts[i].name, rc == -EINVAL ? ", once" : "");
		fault = parts[i].take(value, claim, err);
	}
	return fault;
}

enum kefs_sigv4_fault kefs_sigv4_parse(const struct kefs_sigv4_request *request, struct kefs_sigv4_claim *ret_claim,
				       struct kefs_err *err)
{
	int rc, header = 0, in_query;
	struct sigv4_query query;
	enum kefs_sigv4_fault fault;
	const char *value = NULL;

	memset(ret_claim, 0, sizeof(*ret_claim));
	rc = sigv4_query_parse(request->query ? request->query : "", &query);
	if (rc == -ENOMEM)
		return no_memory(err);
	if (rc < 0)
		return fail(KEFS_SIGV4_INCOMPLETE, err, "The query has %s.", rc == -E2BIG ? "too many parameters" :
			    "a '%' without two hexadecimal digits");
	header = sigv4_header_find(request, "Authorization", &value);
	in_query = sigv4_query_find(&query, "X-Amz-Algorithm", &(const char *){ NULL });
	if (header == -EINVAL || (header == 0 && in_query != -ENOENT))
		fault = fail(KEFS_SIGV4_INCOMPLETE, err, "A request is signed once, in one Authorization header or in its query.");
	else if (header == 0)
		fault = parse_header(request, value, ret_claim, err);
	else if (in_query == -ENOENT)
		fault = fail(KEFS_SIGV4_MISSING, err, "Missing Authentication Token");
	else
		fault = parse_query(&query, ret_claim, err);
	sigv4_query_free(&query);
	return fault;
}

static enum kefs_sigv4_fault check_scope(const struct kefs_sigv4_claim *claim, const struct kefs_sigv4_rules *rules,
					 struct kefs_err *err)
{
	if (strcmp(claim->terminator, "aws4_request"))
		return fail(KEFS_SIGV4_INVALID, err, "Credential should be scoped with a valid terminator: 'aws4_request', "
			    "not '%s'.", claim->terminator);
	if (rules->region && strcmp(claim->region, rules->region))
		return fail(KEFS_SIGV4_INVALID, err, "Credential should be scoped to a valid region, not '%s'.",
			    claim->region);
	if (rules->service && strcmp(claim->service, rules->service))
		return fail(KEFS_SIGV4_INVALID, err, "Credential should be scoped to correct service: '%s'.",
			    rules->service);
	if (strncmp(claim->scope_date, claim->date, 8) || claim->scope_date[8])
		return fail(KEFS_SIGV4_INVALID, err, "Date in Credential scope does not match YYYYMMDD from ISO-8601 version "
			    "of date from HTTP: '%s' != '%.8s', from '%s'.", claim->scope_date, claim->date, claim->date);
	return KEFS_SIGV4_OK;
}

static enum kefs_sigv4_fault check_clock(const struct kefs_sigv4_claim *claim, const struct kefs_sigv4_rules *rules,
					 struct kefs_err *err)
{
	int64_t skew = rules->skew ? rules->skew : KEFS_SIGV4_SKEW;
	int64_t life = claim->in_query ? claim->expires : skew;
	char now[KEFS_SIGV4_DATE_SIZE] = "?", limit[KEFS_SIGV4_DATE_SIZE] = "?";

	(void)kefs_sigv4_date(rules->now, now);
	if (rules->now - claim->time > life) {
		(void)kefs_sigv4_date(rules->now - life, limit);
		return fail(KEFS_SIGV4_INVALID, err, "Signature expired: %s is now earlier than %s (%s - %" PRId64 " %s.)",
			    claim->date, limit, now, life % 60 ? life : life / 60, life % 60 ? "sec" : "min");
	}
	if (claim->time - rules->now > skew) {
		(void)kefs_sigv4_date(rules->now + skew, limit);
		return fail(KEFS_SIGV4_INVALID, err, "Signature not yet current: %s is still later than %s (%s + %" PRId64 " %s.)",
			    claim->date, limit, now, skew % 60 ? skew : skew / 60, skew % 60 ? "sec" : "min");
	}
	return KEFS_SIGV4_OK;
}

static enum kefs_sigv4_fault check_token(const struct kefs_sigv4_claim *claim, const struct kefs_sigv4_key *key,
					 const struct kefs_sigv4_rules *rules, struct kefs_err *err)
{
	if (!kefs_sigv4_equal(claim->token, key->token ? key->token : ""))
		return fail(KEFS_SIGV4_UNKNOWN_KEY, err, KEFS_SIGV4_UNKNOWN_KEY_TEXT);
	if (key->token && key->expires <= rules->now)
		return fail(KEFS_SIGV4_EXPIRED_TOKEN, err, "The security token included in the request is expired");
	return KEFS_SIGV4_OK;
}

static bool is_signed(const struct kefs_sigv4_claim *claim, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = claim->signed_headers; *p; p += *p == ';') {
		size_t n = strcspn(p, ";");

		if (n == len && !strncmp(p, name, len))
			return true;
		p += n;
	}
	return false;
}

/* What says where the request goes and what it means must be signed, or it is anybody's. */
static enum kefs_sigv4_fault check_signed(const struct kefs_sigv4_request *request,
					  const struct kefs_sigv4_claim *claim, struct kefs_err *err)
{
	static const char *const names[] = {
		"host", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token", "x-amz-target",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = NULL;
		int rc = sigv4_header_find(request, names[i], &value);

		if (rc == -EINVAL)
			return fail(KEFS_SIGV4_INVALID, err, "The header '%s' is there more than once.", names[i]);
		if ((i == 0 || rc == 0) && !is_signed(claim, names[i]))
			return fail(KEFS_SIGV4_INVALID, err, "'%s' must be a 'SignedHeader' in the AWS Authorization.",
				    names[i]);
	}
	return KEFS_SIGV4_OK;
}

/* What stands for the payload in the canonical request. */
static enum kefs_sigv4_fault find_payload(const struct kefs_sigv4_request *request,
					  const struct kefs_sigv4_claim *claim, const struct kefs_sigv4_rules *rules,
					  char hash[KEFS_SIGV4_HEX_SIZE], const char **ret_payload, struct kefs_err *err)
{
	const char *given;
	int rc = sigv4_header_find(request, "x-amz-content-sha256", &given);

	if (sigv4_hash(request->body ? request->body : "", request->body_len, hash) < 0)
		return no_memory(err);
	*ret_payload = hash;
	if (rc < 0) {
		if (claim->in_query && rules->s3)
			*ret_payload = SIGV4_UNSIGNED;
		return KEFS_SIGV4_OK;
	}
	if (!strcmp(given, hash))
		return KEFS_SIGV4_OK;
	if (strcmp(given, SIGV4_UNSIGNED) || !rules->s3)
		return fail(KEFS_SIGV4_INVALID, err, "The provided 'x-amz-content-sha256' header does not match what was "
			    "computed.");
	*ret_payload = SIGV4_UNSIGNED;
	return KEFS_SIGV4_OK;
}

/* -EINVAL: it cannot match, whatever the key. */
static int compute(const struct kefs_sigv4_request *request, const struct kefs_sigv4_claim *claim,
		   const char *payload, const struct kefs_sigv4_key *key, bool s3, char ret_hex[KEFS_SIGV4_HEX_SIZE])
{
	struct kefs_buf canonical = { .cap = SIGV4_CANONICAL_MAX }, text = { .cap = SIGV4_CANONICAL_MAX };
	struct sigv4_query query;
	int rc;

	rc = sigv4_query_parse(request->query ? request->query : "", &query);
	if (rc < 0)
		return rc;
	rc = sigv4_canonical_query(&query, claim->in_query ? "X-Amz-Signature" : NULL, &text);
	if (rc == 0)
		rc = sigv4_canonical(request, text.data ? text.data : "", claim->signed_headers, payload, s3, &canonical);
	if (rc == 0)
		rc = sigv4_signature(key->secret, claim->date, claim->region, claim->service, &canonical, ret_hex);
	kefs_buf_free(&canonical);
	kefs_buf_free(&text);
	sigv4_query_free(&query);
	return rc;
}

static enum kefs_sigv4_fault check_signature(const struct kefs_sigv4_request *request,
					     const struct kefs_sigv4_claim *claim, const char *payload,
					     const struct kefs_sigv4_key *key, bool s3, struct kefs_err *err)
{
	char hex[KEFS_SIGV4_HEX_SIZE] = "";
	int rc = compute(request, claim, payload, key, s3, hex);
	bool same = rc == 0 && CRYPTO_memcmp(hex, claim->signature, sizeof(hex)) == 0;

	OPENSSL_cleanse(hex, sizeof(hex));
	if (rc == -ENOMEM)
		return no_memory(err);
	if (!same)
		return fail(KEFS_SIGV4_INVALID, err, "The request signature we calculated does not match the signature you "
			    "provided. Check your AWS Secret Access Key and signing method. Consult the service "
			    "documentation for details.");
	return KEFS_SIGV4_OK;
}

enum kefs_sigv4_fault kefs_sigv4_verify(const struct kefs_sigv4_request *request,
					const struct kefs_sigv4_claim *claim, const struct kefs_sigv4_key *key,
					const struct kefs_sigv4_rules *rules, struct kefs_err *err)
{
	char hash[KEFS_SIGV4_HEX_SIZE];
	enum kefs_sigv4_fault fault;
	const char *payload = hash;

	if (claim->in_query && !rules->in_query)
		return fail(KEFS_SIGV4_MISSING, err, "Missing Authentication Token");
	fault = check_scope(claim, rules, err);
	if (fault == KEFS_SIGV4_OK)
		fault = check_clock(claim, rules, err);
	if (fault == KEFS_SIGV4_OK)
		fault = check_signed(request, claim, err);
	if (fault == KEFS_SIGV4_OK)
		fault = find_payload(request, claim, rules, hash, &payload, err);
	if (fault == KEFS_SIGV4_OK)
		fault = check_signature(request, claim, payload, key, rules->s3, err);
	/* Only who has the secret learns of the token */
	return fault == KEFS_SIGV4_OK ? check_token(claim, key, rules, err) : fault;
}

const char *kefs_sigv4_code(enum kefs_sigv4_fault fault, enum kefs_sigv4_protocol protocol, unsigned int *ret_status)
{
	static const struct {
		unsigned int status;
		const char *codes[3];	/* by protocol */
	} rows[] = {
		[KEFS_SIGV4_MISSING] = { 403, { "MissingAuthenticationTokenException", "MissingAuthenticationToken",
						"AuthFailure" } },
		[KEFS_SIGV4_INCOMPLETE] = { 400, { "IncompleteSignatureException", "IncompleteSignature",
						   "IncompleteSignature" } },
		[KEFS_SIGV4_UNKNOWN_KEY] = { 403, { "UnrecognizedClientException", "InvalidClientTokenId",
						    "AuthFailure" } },
		[KEFS_SIGV4_INVALID] = { 403, { "InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure" } },
		[KEFS_SIGV4_EXPIRED_TOKEN] = { 403, { "ExpiredTokenException", "ExpiredToken", "AuthFailure" } },
		[KEFS_SIGV4_INTERNAL] = { 500, { "InternalServerError", "InternalFailure", "InternalError" } },
	};
	const char *code = rows[fault].codes[protocol];

	*ret_status = !strcmp(code, "AuthFailure") ? 401 : rows[fault].status;
	return code;
}
