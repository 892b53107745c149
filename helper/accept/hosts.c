// SPDX-License-Identifier: GPL-2.0
#include "hosts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/id.h"

#define BUCKETS 4096	/* a power of two; chains of 16 when the table is full */

struct host {
	struct host *next;
	uint8_t key[16];
	uint32_t count;
};

struct kefs_hosts {
	uint64_t seed[2];
	size_t size;
	struct host *buckets[BUCKETS];
};

int kefs_hosts_new(struct kefs_hosts **ret_hosts)
{
	struct kefs_hosts *hosts = calloc(1, sizeof(*hosts));
	int rc;

	if (!hosts)
		return -ENOMEM;
	rc = kefs_id_random(hosts->seed, sizeof(hosts->seed));
	if (rc < 0) {
		free(hosts);
		return rc;
	}
	*ret_hosts = hosts;
	return 0;
}

void kefs_hosts_clear(struct kefs_hosts *hosts)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		while (hosts->buckets[i]) {
			struct host *next = hosts->buckets[i]->next;

			free(hosts->buckets[i]);
			hosts->buckets[i] = next;
		}
	}
	hosts->size = 0;
}

void kefs_hosts_free(struct kefs_hosts *hosts)
{
	if (!hosts)
		return;
	kefs_hosts_clear(hosts);
	free(hosts);
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Two secret multiplications (as wyhash does) over the 16 bytes. */
static size_t bucket_of(const struct kefs_hosts *hosts, const uint8_t key[16])
{
	uint64_t w[2];

	memcpy(w, key, sizeof(w));
	w[0] = mix(w[0] ^ hosts->seed[0], w[1] ^ hosts->seed[1]);
	return (size_t)(mix(w[0] ^ hosts->seed[1], 0x9e3779b97f4a7c15ull) & (BUCKETS - 1));
}

/* The place of the host's entry, or of the end of its chain. */
static struct host **locate(struct kefs_hosts *hosts, const struct kefs_addr *addr, uint8_t key[16])
{
	struct host **p;

	kefs_addr_site(addr, key);
	for (p = &hosts->buckets[bucket_of(hosts, key)]; *p; p = &(*p)->next) {
		if (!memcmp((*p)->key, key, 16))
			break;
	}
	return p;
}

int64_t kefs_hosts_add(struct kefs_hosts *hosts, const struct kefs_addr *addr)
{
	uint8_t key[16];
	struct host **p = locate(hosts, addr, key), *host = *p;

	if (!host) {
		if (hosts->size >= KEFS_HOSTS_MAX)
			return -ENOSPC;
		host = calloc(1, sizeof(*host));
		if (!host)
			return -ENOMEM;
		memcpy(host->key, key, sizeof(key));
		*p = host;
		hosts->size++;
	}
	return ++host->count;
}

void kefs_hosts_sub(struct kefs_hosts *hosts, const struct kefs_addr *addr)
{
	uint8_t key[16];
	struct host **p = locate(hosts, addr, key), *host = *p;

	if (!host || --host->count)
		return;
	*p = host->next;
	free(host);
	hosts->size--;
}

uint32_t kefs_hosts_get(const struct kefs_hosts *hosts, const struct kefs_addr *addr)
{
	const struct host *host;
	uint8_t key[16];

	kefs_addr_site(addr, key);
	for (host = hosts->buckets[bucket_of(hosts, key)]; host; host = host->next) {
		if (!memcmp(host->key, key, sizeof(key)))
			return host->count;
	}
	return 0;
}

size_t kefs_hosts_size(const struct kefs_hosts *hosts)
{
	return hosts->size;
}
