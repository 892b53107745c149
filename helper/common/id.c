// SPDX-License-Identifier: GPL-2.0
#include "id.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "str.h"

bool kefs_id_valid(const char *text, const char *prefix)
{
	const char *digits = kefs_str_after(text, prefix);
	size_t n;

	if (!digits)
		return false;
	n = strspn(digits, "0123456789abcdef");
	return n >= 8 && n <= 40 && !digits[n];
}

const char *kefs_id_bare(const char *text, const char *prefix)
{
	const char *slash;

	if (kefs_str_after(text, "arn:")) {
		slash = strrchr(text, '/');
		if (!slash)
			return NULL;
		text = slash + 1;
	}
	return kefs_id_valid(text, prefix) ? text : NULL;
}

int kefs_id_random(void *ret_bytes, size_t len)
{
	char *p = ret_bytes;

	while (len) {
		ssize_t n = getrandom(p, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int kefs_id_draw(const char *letters, char *ret_text, size_t len)
{
	size_t mask = strlen(letters) - 1;
	int rc = kefs_id_random(ret_text, len);

	for (size_t i = 0; i < len && rc == 0; i++)
		ret_text[i] = letters[(unsigned char)ret_text[i] & mask];
	ret_text[len] = '\0';
	return rc;
}

int kefs_id_new(const char *prefix, char *ret_id)
{
	uint8_t bytes[(KEFS_ID_DIGITS + 1) / 2];
	char hex[2 * sizeof(bytes) + 1];
	int rc = kefs_id_random(bytes, sizeof(bytes));

	if (rc < 0)
		return rc;
	kefs_str_hex(bytes, sizeof(bytes), hex);
	return kefs_str_format(ret_id, KEFS_ID_SIZE, "%s%.*s", prefix, KEFS_ID_DIGITS, hex);
}

int kefs_id_uuid(char *ret_uuid)
{
	uint8_t b[16];
	char hex[33];
	int rc = kefs_id_random(b, sizeof(b));

	if (rc < 0)
		return rc;
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	kefs_str_hex(b, sizeof(b), hex);
	return kefs_str_format(ret_uuid, KEFS_UUID_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s",
			       hex, hex + 8, hex + 12, hex + 16, hex + 20);
}
