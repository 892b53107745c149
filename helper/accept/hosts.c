// SPDX-License-Identifier: GPL-2.0
#include "hosts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/id.h"

#define BUCKETS 4096	/* a power of two; chains of 16 when the table is full */

/* An address, or a /64: the last byte of the key says which. */
#define KEY_SIZE 17

struct host {
	struct host *next;
	uint8_t key[KEY_SIZE];
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

/* Two secret multiplications (as wyhash does) over its 16 bytes. */
static size_t bucket_of(const struct kefs_hosts *hosts, const uint8_t key[KEY_SIZE])
{
	uint64_t w[2];

	memcpy(w, key, sizeof(w));
	w[0] = mix(w[0] ^ hosts->seed[0], w[1] ^ hosts->seed[1]);
	return (size_t)(mix(w[0] ^ hosts->seed[1], 0x9e3779b97f4a7c15ull) & (BUCKETS - 1));
}

/* The keys of the address, and of its /64 if it is in one: how many. */
static size_t keys_of(const struct kefs_addr *addr, uint8_t ret_keys[2][KEY_SIZE])
{
	kefs_addr_host(addr, ret_keys[0]);
	kefs_addr_site(addr, ret_keys[1]);
	ret_keys[0][KEY_SIZE - 1] = 0;
	ret_keys[1][KEY_SIZE - 1] = 1;
	return addr->len && addr->sa.sa_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&addr->in6.sin6_addr) ? 2 : 1;
}

/* The place of the key's entry, or of the end of its chain. */
static struct host **locate(struct kefs_hosts *hosts, const uint8_t key[KEY_SIZE])
{
	struct host **p;

	for (p = &hosts->buckets[bucket_of(hosts, key)]; *p; p = &(*p)->next) {
		if (!memcmp((*p)->key, key, KEY_SIZE))
			break;
	}
	return p;
}

static int64_t add(struct kefs_hosts *hosts, const uint8_t key[KEY_SIZE])
{
	struct host **p = locate(hosts, key), *host = *p;

	if (!host) {
		if (hosts->size >= KEFS_HOSTS_MAX)
			return -ENOSPC;
		host = calloc(1, sizeof(*host));
		if (!host)
			return -ENOMEM;
		memcpy(host->key, key, KEY_SIZE);
		*p = host;
		hosts->size++;
	}
	return ++host->count;
}

static void sub(struct kefs_hosts *hosts, const uint8_t key[KEY_SIZE])
{
	struct host **p = locate(hosts, key), *host = *p;

	if (!host || --host->count)
		return;
	*p = host->next;
	free(host);
	hosts->size--;
}

static int64_t larger(int64_t of_host, int64_t of_site)
{
	return of_host > of_site / KEFS_HOSTS_SITE ? of_host : of_site / KEFS_HOSTS_SITE;
}

int64_t kefs_hosts_add(struct kefs_hosts *hosts, const struct kefs_addr *addr)
{
	uint8_t keys[2][KEY_SIZE];
	size_t count = keys_of(addr, keys);
	int64_t of_host = add(hosts, keys[0]), of_site;

	if (of_host < 0 || count == 1)
		return of_host;
	of_site = add(hosts, keys[1]);
	if (of_site < 0)
		sub(hosts, keys[0]);
	return of_site < 0 ? of_site : larger(of_host, of_site);
}

void kefs_hosts_sub(struct kefs_hosts *hosts, const struct kefs_addr *addr)
{
	uint8_t keys[2][KEY_SIZE];
	size_t count = keys_of(addr, keys);

	for (size_t i = 0; i < count; i++)
		sub(hosts, keys[i]);
}

static uint32_t get(const struct kefs_hosts *hosts, const uint8_t key[KEY_SIZE])
{
	const struct host *host;

	for (host = hosts->buckets[bucket_of(hosts, key)]; host; host = host->next) {
		if (!memcmp(host->key, key, KEY_SIZE))
			return host->count;
	}
	return 0;
}

uint32_t kefs_hosts_get(const struct kefs_hosts *hosts, const struct kefs_addr *addr)
{
	uint8_t keys[2][KEY_SIZE];
	size_t count = keys_of(addr, keys);

	return (uint32_t)larger(get(hosts, keys[0]), count == 2 ? get(hosts, keys[1]) : 0);
}

size_t kefs_hosts_size(const struct kefs_hosts *hosts)
{
	return hosts->size;
}
