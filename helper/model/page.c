// SPDX-License-Identifier: GPL-2.0
#include "page.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "common/str.h"
#include "fault.h"

#define TEXT_SIZE ((KEFS_PAGE_TOKEN_SIZE - 1) / 2 + 1)

static const char digits[] = "0123456789abcdef";

/* Not against forgery, by which nobody gains anything: so that what was mistyped is refused. */
static uint32_t checksum(const char *text)
{
	uint32_t sum = 0x811c9dc5;

	for (; *text; text++)
		sum = (sum ^ (unsigned char)*text) * 0x01000193;
	return sum;
}

void kefs_page_token(char kind, int64_t ms, const char *id, char *ret_token)
{
	char text[TEXT_SIZE], summed[TEXT_SIZE];

	/* Hex, lest anybody comes to rely on what is in it. */
	(void)kefs_str_format(text, sizeof(text), "%c%llx %s", kind, (unsigned long long)ms, id);
	(void)kefs_str_format(summed, sizeof(summed), "%s %x", text, checksum(text));
	kefs_str_hex(summed, strlen(summed), ret_token);
}

static int unhex(const char *hex, char *buf, size_t size)
{
	size_t len = strlen(hex);

	if (len % 2 || len / 2 >= size)
		return -EINVAL;
	for (size_t i = 0; i < len; i += 2) {
		const char *high = strchr(digits, hex[i]), *low = strchr(digits, hex[i + 1]);

		if (!high || !low || (high == digits && low == digits))
			return -EINVAL;
		*buf++ = (char)((high - digits) << 4 | (low - digits));
	}
	*buf = '\0';
	return 0;
}

static int parse(char kind, const char *token, struct kefs_page *page)
{
	char text[TEXT_SIZE], again[KEFS_PAGE_TOKEN_SIZE], *p;
	uint64_t ms = 0;

	if (unhex(token, text, sizeof(text)) < 0 || *text != kind)
		return -EINVAL;
	for (p = text + 1; *p && *p != ' '; p++) {
		const char *digit = strchr(digits, *p);

		if (!digit || ms >> 60)
			return -EINVAL;
		ms = ms << 4 | (uint64_t)(digit - digits);
	}
	page->after_ms = (int64_t)(ms & INT64_MAX);
	if (*p != ' ' || kefs_str_format(page->after_id, sizeof(page->after_id), "%.*s", (int)strcspn(p + 1, " "), p + 1) < 0)
		return -EINVAL;
	/* One place, one token; the checksum is in it. */
	kefs_page_token(kind, page->after_ms, page->after_id, again);
	return strcmp(again, token) ? -EINVAL : 0;
}

int kefs_page_start(char kind, const char *token, uint64_t limit, struct kefs_page *ret_page, struct kefs_err *err)
{
	struct kefs_page page = { .limit = limit && limit < KEFS_PAGE_MAX ? (unsigned int)limit : KEFS_PAGE_MAX };

	if (*token && parse(kind, token, &page) < 0)
		return kefs_err_set(err, -KEFS_E_BAD_REQUEST, "Invalid Marker");
	*ret_page = page;
	return 0;
}

bool kefs_page_is_after(const struct kefs_page *page, int64_t ms, const char *id)
{
	return ms > page->after_ms || (ms == page->after_ms && strcmp(id, page->after_id) > 0);
}
