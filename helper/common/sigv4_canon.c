// SPDX-License-Identifier: GPL-2.0
#include "sigv4_canon.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "str.h"

#define MAC_SIZE 32
#define ALPHANUMERIC "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

int sigv4_encode(struct kefs_buf *out, const char *text, size_t len, const char *keep)
{
	static const char digits[] = "0123456789ABCDEF";
	int rc = 0;

	for (size_t i = 0; i < len && rc == 0; i++) {
		unsigned char c = (unsigned char)text[i];
		char escape[3] = { '%', digits[c >> 4], digits[c & 15] };

		if (c && (strchr(ALPHANUMERIC "-_.~", c) || strchr(keep, c)))
			rc = kefs_buf_add(out, &text[i], 1);
		else
			rc = kefs_buf_add(out, escape, sizeof(escape));
	}
	return rc;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes in place. "+" is a space if plus; a "%" without its digits is -EINVAL, and stays what it is if lenient. */
static int decode(char *text, size_t *len, bool plus, bool lenient)
{
	size_t n = 0;

	for (size_t i = 0; i < *len; i++) {
		int high = text[i] == '%' && i + 2 < *len ? hex_digit(text[i + 1]) : -1;
		int low = high >= 0 ? hex_digit(text[i + 2]) : -1;

		if (low >= 0) {
			text[n++] = (char)(high << 4 | low);
			i += 2;
		} else if (text[i] == '%' && !lenient) {
			return -EINVAL;
		} else {
			text[n++] = plus && text[i] == '+' ? ' ' : text[i];
		}
	}
	text[n] = '\0';
	*len = n;
	return 0;
}

/* One "name=value" or "name", of len bytes; what is behind it is not touched but for one byte. */
static int parse_parameter(char *text, size_t len, struct sigv4_parameter *parameter)
{
	char *equals = memchr(text, '=', len);
	int rc;

	parameter->name = text;
	parameter->name_len = equals ? (size_t)(equals - text) : len;
	parameter->value = equals ? equals + 1 : text + len;
	parameter->value_len = len - (size_t)(parameter->value - text);
	rc = decode(parameter->name, &parameter->name_len, true, false);
	return rc < 0 || !equals ? rc : decode(parameter->value, &parameter->value_len, true, false);
}

static size_t count_pieces(const char *raw)
{
	size_t count = 1;

	for (; *raw; raw++)
		count += *raw == '&';
	return count;
}

int sigv4_query_parse(const char *raw, struct sigv4_query *ret_query)
{
	struct sigv4_query query = { .count = 0 };
	size_t pieces = count_pieces(raw);
	char *end, *piece;
	int rc = 0;

	if (pieces > SIGV4_PARAMETERS_MAX)
		return -E2BIG;
	query.text = strdup(raw);
	query.parameters = calloc(pieces, sizeof(*query.parameters));
	if (!query.text || !query.parameters)
		rc = -ENOMEM;
	for (piece = query.text; rc == 0 && piece; piece = end ? end + 1 : NULL) {
		end = strchr(piece, '&');
		if (end)
			*end = '\0';
		if (*piece)
			rc = parse_parameter(piece, strlen(piece), &query.parameters[query.count++]);
	}
	if (rc < 0)
		sigv4_query_free(&query);
	else
		*ret_query = query;
	return rc;
}

void sigv4_query_free(struct sigv4_query *query)
{
	free(query->parameters);
	free(query->text);
	*query = (struct sigv4_query){ .count = 0 };
}

int sigv4_query_find(const struct sigv4_query *query, const char *name, const char **ret_value)
{
	const struct sigv4_parameter *found = NULL;

	for (size_t i = 0; i < query->count; i++) {
		const struct sigv4_parameter *parameter = &query->parameters[i];

		if (parameter->name_len != strlen(name) || memcmp(parameter->name, name, parameter->name_len))
			continue;
		if (found)
			return -EINVAL;
		found = parameter;
	}
	if (!found)
		return -ENOENT;
	if (strlen(found->value) != found->value_len)
		return -EINVAL;
	*ret_value = found->value;
	return 0;
}

/* Where an encoded byte sorts: "%" before all that stays as it is, and escapes among themselves as their bytes do. */
static int rank(unsigned char c)
{
	return c && strchr(ALPHANUMERIC "-_.~", c) ? 256 + c : c;
}

static int compare_bytes(const char *a, size_t a_len, const char *b, size_t b_len)
{
	for (size_t i = 0; i < a_len && i < b_len; i++) {
		int difference = rank((unsigned char)a[i]) - rank((unsigned char)b[i]);

		if (difference)
			return difference;
	}
	return a_len < b_len ? -1 : a_len > b_len;
}

static int compare_parameters(const void *a, const void *b)
{
	const struct sigv4_parameter *p = a, *q = b;
	int order = compare_bytes(p->name, p->name_len, q->name, q->name_len);

	return order ? order : compare_bytes(p->value, p->value_len, q->value, q->value_len);
}

int sigv4_canonical_query(struct sigv4_query *query, const char *without, struct kefs_buf *out)
{
	bool first = true;
	int rc = 0;

	if (query->count)
		qsort(query->parameters, query->count, sizeof(*query->parameters), compare_parameters);
	for (size_t i = 0; i < query->count && rc == 0; i++) {
		const struct sigv4_parameter *parameter = &query->parameters[i];

		if (without && parameter->name_len == strlen(without) &&
		    !memcmp(parameter->name, without, parameter->name_len))
			continue;
		rc = kefs_buf_add(out, "&", first ? 0 : 1);
		first = false;
		if (rc == 0)
			rc = sigv4_encode(out, parameter->name, parameter->name_len, "");
		if (rc == 0)
			rc = kefs_buf_add(out, "=", 1);
		if (rc == 0)
			rc = sigv4_encode(out, parameter->value, parameter->value_len, "");
	}
	return rc;
}

int sigv4_header_find(const struct kefs_sigv4_request *request, const char *name, const char **ret_value)
{
	const char *value = NULL;

	for (size_t i = 0; i < request->header_count; i++) {
		if (strcasecmp(request->headers[i].name, name))
			continue;
		if (value)
			return -EINVAL;
		value = request->headers[i].value ? request->headers[i].value : "";
	}
	if (!value)
		return -ENOENT;
	*ret_value = value;
	return 0;
}

/* Adds "/" and the segment to the n bytes of path, or does what "." and ".." mean; returns how many there are then. */
static size_t add_segment(char *path, size_t n, const char *segment, size_t len)
{
	if (!len || (len == 1 && *segment == '.'))
		return n;
	if (len == 2 && segment[0] == '.' && segment[1] == '.') {
		while (n && path[--n] != '/')
			;
		return n;
	}
	path[n++] = '/';
	memmove(path + n, segment, len);
	return n + len;
}

/*
 * A path that begins with a slash, without empty segments, "." and ".."; what ends in a slash keeps it. In place;
 * returns the new length.
 */
static size_t normalize(char *path)
{
	size_t n = 0, len = strlen(path);

	for (size_t i = 0; i < len;) {
		size_t start = i + strspn(path + i, "/");

		i = start + strcspn(path + start, "/");
		n = add_segment(path, n, path + start, i - start);
	}
	if (!n || (len && path[len - 1] == '/'))
		path[n++] = '/';
	return n;
}

/* The path as it was sent is encoded again; S3 encodes what it means. */
static int canonical_path(const char *raw, bool s3, struct kefs_buf *out)
{
	size_t size = strlen(raw) + 2, len;
	char *path = malloc(size);
	int rc;

	if (!path)
		return -ENOMEM;
	(void)kefs_str_format(path, size, "%s%s", *raw == '/' ? "" : "/", raw);
	len = strlen(path);
	if (s3)
		(void)decode(path, &len, false, true);
	else
		len = normalize(path);
	rc = sigv4_encode(out, path, len, "/");
	free(path);
	return rc;
}

/* The value without space at its ends, and one for each run of it inside. */
static int add_folded(struct kefs_buf *out, const char *value)
{
	int rc = 0;

	for (bool first = true; value && rc == 0; first = false) {
		size_t len;

		value += strspn(value, " \t");
		len = strcspn(value, " \t");
		if (!len)
			return 0;
		if (!first)
			rc = kefs_buf_add(out, " ", 1);
		if (rc == 0)
			rc = kefs_buf_add(out, value, len);
		value += len;
	}
	return rc;
}

/* "name:value,value\n" of all headers of the name (len bytes, lower case). */
static int add_header(const struct kefs_sigv4_request *request, const char *name, size_t len, struct kefs_buf *out)
{
	bool found = false;
	int rc = kefs_buf_add(out, name, len);

	for (size_t i = 0; i < request->header_count && rc == 0; i++) {
		const struct kefs_sigv4_header *header = &request->headers[i];

		if (strlen(header->name) != len || strncasecmp(header->name, name, len))
			continue;
		rc = kefs_buf_add(out, found ? "," : ":", 1);
		found = true;
		if (rc == 0)
			rc = add_folded(out, header->value);
	}
	if (rc == 0 && !found)
		return -ENOENT;
	return rc < 0 ? rc : kefs_buf_add(out, "\n", 1);
}

int sigv4_canonical(const struct kefs_sigv4_request *request, const char *query, const char *signed_headers,
		    const char *payload, bool s3, struct kefs_buf *out)
{
	int rc;

	rc = kefs_buf_format(out, "%s\n", request->method);
	if (rc == 0)
		rc = canonical_path(request->path, s3, out);
	if (rc == 0)
		rc = kefs_buf_format(out, "\n%s\n", query);
	for (const char *name = signed_headers; rc == 0 && *name;) {
		size_t len = strcspn(name, ";");

		rc = add_header(request, name, len, out);
		name += len + (name[len] == ';');
	}
	return rc < 0 ? rc : kefs_buf_format(out, "\n%s\n%s", signed_headers, payload);
}

int sigv4_hash(const void *data, size_t len, char ret_hex[KEFS_SIGV4_HEX_SIZE])
{
	unsigned char digest[EVP_MAX_MD_SIZE];

	if (EVP_Digest(data, len, digest, NULL, EVP_sha256(), NULL) != 1)
		return -ENOMEM;
	kefs_str_hex(digest, MAC_SIZE, ret_hex);
	return 0;
}

static int hmac(const void *key, size_t key_len, const char *text, unsigned char ret_mac[MAC_SIZE])
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned int len;

	if (!HMAC(EVP_sha256(), key, (int)key_len, (const unsigned char *)text, strlen(text), mac, &len))
		return -ENOMEM;
	memcpy(ret_mac, mac, MAC_SIZE);
	OPENSSL_cleanse(mac, sizeof(mac));
	return 0;
}

/* The chain: secret, day, region, service, end. */
static int signing_key(const char *secret, const char *date, const char *region, const char *service,
		       unsigned char ret_key[MAC_SIZE])
{
	size_t len = strlen("AWS4") + strlen(secret);
	char day[9], *first = malloc(len + 1);
	int rc;

	if (!first)
		return -ENOMEM;
	(void)kefs_str_format(first, len + 1, "AWS4%s", secret);
	(void)kefs_str_format(day, sizeof(day), "%.8s", date);
	rc = hmac(first, len, day, ret_key);
	OPENSSL_cleanse(first, len);
	free(first);
	if (rc == 0)
		rc = hmac(ret_key, MAC_SIZE, region, ret_key);
	if (rc == 0)
		rc = hmac(ret_key, MAC_SIZE, service, ret_key);
	return rc == 0 ? hmac(ret_key, MAC_SIZE, "aws4_request", ret_key) : rc;
}

int sigv4_signature(const char *secret, const char *date, const char *region, const char *service,
		    const struct kefs_buf *canonical, char ret_hex[KEFS_SIGV4_HEX_SIZE])
{
	struct kefs_buf to_sign = { .cap = SIGV4_CANONICAL_MAX };
	unsigned char key[MAC_SIZE] = { 0 };
	char hash[KEFS_SIGV4_HEX_SIZE];
	int rc;

	rc = sigv4_hash(canonical->data, canonical->len, hash);
	if (rc == 0)
		rc = kefs_buf_format(&to_sign, SIGV4_ALGORITHM "\n%s\n%.8s/%s/%s/aws4_request\n%s", date, date, region,
				     service, hash);
	if (rc == 0)
		rc = signing_key(secret, date, region, service, key);
	if (rc == 0)
		rc = hmac(key, sizeof(key), to_sign.data, key);
	if (rc == 0)
		kefs_str_hex(key, sizeof(key), ret_hex);
	OPENSSL_cleanse(key, sizeof(key));
	kefs_buf_free(&to_sign);
	return rc;
}
