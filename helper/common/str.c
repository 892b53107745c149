// SPDX-License-Identifier: GPL-2.0
#include "str.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

int kefs_str_vformat(char *buf, size_t size, const char *format, va_list ap)
{
	int n = vsnprintf(buf, size, format, ap);

	if (n < 0) {
		buf[0] = '\0';
		return -EINVAL;
	}
	return (size_t)n < size ? 0 : -ENAMETOOLONG;
}

int kefs_str_format(char *buf, size_t size, const char *format, ...)
{
	va_list ap;
	int rc;

	va_start(ap, format);
	rc = kefs_str_vformat(buf, size, format, ap);
	va_end(ap);
	return rc;
}

int kefs_str_copy(char *buf, size_t size, const char *from)
{
	size_t len = strlen(from);
	int rc = 0;

	if (len >= size) {
		len = size - 1;
		rc = -ENAMETOOLONG;
	}
	memcpy(buf, from, len);
	buf[len] = '\0';
	return rc;
}

const char *kefs_str_after(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(text, prefix, len) ? NULL : text + len;
}

/* The digits at *text; leaves *text behind them. */
static int parse_digits(const char **text, uint64_t *ret_value)
{
	const char *p = *text;
	uint64_t value = 0;

	if (!isdigit((unsigned char)*p))
		return -EINVAL;
	for (; isdigit((unsigned char)*p); p++) {
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value))
			return -ERANGE;
	}
	*text = p;
	*ret_value = value;
	return 0;
}

int kefs_str_u64(const char *text, uint64_t min, uint64_t max, uint64_t *ret_value)
{
	uint64_t value;
	int rc = parse_digits(&text, &value);

	if (rc < 0)
		return rc;
	if (*text)
		return -EINVAL;
	if (value < min || value > max)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

int kefs_str_size(const char *text, uint64_t *ret_bytes)
{
	static const char units[] = "KMGT";
	unsigned int shift = 0;
	const char *unit;
	uint64_t value;
	int rc;

	rc = parse_digits(&text, &value);
	if (rc < 0)
		return rc;
	while (*text == ' ')
		text++;
	if (*text) {
		unit = strchr(units, toupper((unsigned char)*text));
		if (!unit)
			return strcasecmp(text, "B") ? -EINVAL : (*ret_bytes = value, 0);
		shift = 10 * (unsigned int)(unit - units + 1);
		text++;
		if (*text && strcasecmp(text, "iB") && strcasecmp(text, "B"))
			return -EINVAL;
	}
	if (shift && value > UINT64_MAX >> shift)
		return -ERANGE;
	*ret_bytes = value << shift;
	return 0;
}

int kefs_str_bool(const char *text, bool *ret_value)
{
	static const char *const words[][2] = { { "no", "yes" }, { "false", "true" }, { "off", "on" }, { "0", "1" } };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		for (int v = 0; v < 2; v++) {
			if (!strcasecmp(text, words[i][v])) {
				*ret_value = v;
				return 0;
			}
		}
	}
	return -EINVAL;
}

void kefs_str_hex(const void *bytes, size_t len, char *hex)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *b = bytes;

	for (size_t i = 0; i < len; i++) {
		*hex++ = digits[b[i] >> 4];
		*hex++ = digits[b[i] & 15];
	}
	*hex = '\0';
}

/* Bytes of the sequence that starts with lead, its least code point and the lead's payload; 0 for no lead byte. */
static int utf8_lead(unsigned char lead, uint32_t *ret_least, uint32_t *ret_bits)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t least;
	} forms[] = { { 0x80, 0x00, 0 }, { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 }, { 0xf8, 0xf0, 0x10000 } };

	for (int i = 0; i < 4; i++) {
		if ((lead & forms[i].mask) == forms[i].lead) {
			*ret_least = forms[i].least;
			*ret_bits = (uint32_t)(lead & (unsigned char)~forms[i].mask);
			return i + 1;
		}
	}
	return 0;
}

int kefs_str_utf8_chars(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	int chars = 0;

	for (; *p; chars++) {
		uint32_t least, code;
		int len = utf8_lead(*p++, &least, &code);

		if (!len || chars == INT_MAX)
			return -EILSEQ;
		for (int i = 1; i < len; i++, p++) {
			if ((*p & 0xc0) != 0x80)
				return -EILSEQ;
			code = code << 6 | (*p & 0x3f);
		}
		if (code < least || code < 0x20 || code == 0x7f || (code >= 0x80 && code < 0xa0) ||
		    (code >= 0xd800 && code < 0xe000) || code > 0x10ffff)
			return -EILSEQ;
	}
	return chars;
}
