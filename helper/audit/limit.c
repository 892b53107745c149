// SPDX-License-Identifier: GPL-2.0
#include "limit.h"

#include <arpa/inet.h>
#include <string.h>

#include "common/str.h"

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

static bool is_over(const struct kefs_limit_entry *entry, uint64_t now_ms)
{
	return !entry->lines || now_ms - entry->since_ms >= KEFS_LIMIT_MS;
}

/* The address's own entry, else one that nothing is lost by, else everybody's. */
static struct kefs_limit_entry *find(struct kefs_limit *limit, const uint8_t host[16], uint64_t now_ms)
{
	struct kefs_limit_entry *set, *unused = NULL;
	unsigned int hash = 2166136261u;

	for (size_t i = 0; i < 16; i++)
		hash = (hash ^ host[i]) * 16777619u;
	set = limit->entries + (size_t)(hash % KEFS_LIMIT_SETS) * KEFS_LIMIT_WAYS;
	for (size_t i = 0; i < KEFS_LIMIT_WAYS; i++) {
		if (set[i].lines && !memcmp(set[i].host, host, 16))
			return &set[i];
		if (!unused && is_over(&set[i], now_ms) && !set[i].left_out)
			unused = &set[i];
	}
	if (!unused)
		return &limit->crowd;
	memset(unused, 0, sizeof(*unused));
	memcpy(unused->host, host, 16);
	return unused;
}

bool kefs_limit_allow(struct kefs_limit *limit, const struct kefs_addr *addr, uint64_t now_ms)
{
	struct kefs_limit_entry *entry;
	uint8_t host[16];

	kefs_addr_site(addr, host);
	entry = find(limit, host, now_ms);
	if (is_over(entry, now_ms)) {
		entry->since_ms = now_ms;
		entry->lines = 0;
	}
	if (entry->lines < KEFS_LIMIT_BURST) {
		entry->lines++;
		return true;
	}
	entry->left_out++;
	return false;
}

static bool take(struct kefs_limit_entry *entry, uint64_t now_ms, bool all, uint64_t *ret_left_out)
{
	if (!entry->left_out || !(all || is_over(entry, now_ms)))
		return false;
	*ret_left_out = entry->left_out;
	entry->left_out = 0;
	return true;
}

bool kefs_limit_take(struct kefs_limit *limit, uint64_t now_ms, bool all, char *ret_text, uint64_t *ret_left_out)
{
	for (size_t i = 0; i < KEFS_LIMIT_SETS * KEFS_LIMIT_WAYS; i++) {
		const uint8_t *host = limit->entries[i].host;

		if (!take(&limit->entries[i], now_ms, all, ret_left_out))
			continue;
		if (!memcmp(host, mapped, sizeof(mapped)))
			(void)inet_ntop(AF_INET, host + 12, ret_text, KEFS_ADDR_TEXT);
		else if (inet_ntop(AF_INET6, host, ret_text, KEFS_ADDR_TEXT - 4))
			(void)kefs_str_copy(ret_text + strlen(ret_text), 4, "/64");
		return true;
	}
	(void)kefs_str_copy(ret_text, KEFS_ADDR_TEXT, "several addresses");
	return take(&limit->crowd, now_ms, all, ret_left_out);
}
