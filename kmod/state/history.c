// SPDX-License-Identifier: GPL-2.0
#include "history.h"

static u32 fold(u64 client)
{
	u32 id = (u32)(client ^ client >> 32);

	return id ? id : 1;
}

static bool used(const struct kefs_history_file *f)
{
	return f->opened || f->calm;
}

static const struct kefs_history_file *find(const struct kefs_history *h, u64 key)
{
	const struct kefs_history_file *set = h->file[kefs_history_set(key)];
	unsigned int i;

	for (i = 0; i < KEFS_HISTORY_WAYS; i++)
		if (used(&set[i]) && set[i].key == key)
			return &set[i];
	return NULL;
}

/* Later of the two times that make an entry worth keeping. */
static u32 worth(const struct kefs_history_file *f)
{
	return f->opened > f->calm ? f->opened : f->calm;
}

/* The file's entry, made if need be in the place of the set's least interesting one. */
static struct kefs_history_file *find_or_make(struct kefs_history *h, u64 key)
{
	struct kefs_history_file *set = h->file[kefs_history_set(key)], *oldest = set;
	unsigned int i;

	for (i = 0; i < KEFS_HISTORY_WAYS; i++) {
		if (used(&set[i]) && set[i].key == key)
			return &set[i];
		if (worth(&set[i]) < worth(oldest))
			oldest = &set[i];
	}
	*oldest = (struct kefs_history_file){ .key = key };
	return oldest;
}

static void forget_clients(struct kefs_history_file *f)
{
	unsigned int i;

	for (i = 0; i < KEFS_HISTORY_CLIENTS; i++)
		f->client[i] = 0;
	f->next = 0;
}

static void add_client(struct kefs_history_file *f, u32 id)
{
	f->client[f->next] = id;
	f->next = (u8)((f->next + 1u) % KEFS_HISTORY_CLIENTS);
}

bool kefs_history_open(struct kefs_history *h, u64 key, u64 client, bool write, u32 now)
{
	struct kefs_history_file *f = find_or_make(h, key);
	bool seen = false, others = false;
	u32 id = fold(client);
	unsigned int i;

	if (now - f->opened > KEFS_HISTORY_WINDOW)
		forget_clients(f);
	f->opened = now;
	for (i = 0; i < KEFS_HISTORY_CLIENTS; i++) {
		seen |= f->client[i] == id;
		others |= f->client[i] && f->client[i] != id;
	}
	/* Whoever read it before would be recalled by the next to write: a writer starts anew. */
	if (write && others) {
		forget_clients(f);
		add_client(f, id);
	} else if (!seen) {
		add_client(f, id);
	}
	return seen && now >= f->calm && !(write && others);
}

bool kefs_history_contended(const struct kefs_history *h, u64 key, u32 now)
{
	const struct kefs_history_file *f = find(h, key);

	return f && now < f->calm;
}

void kefs_history_recall(struct kefs_history *h, u64 key, u32 now)
{
	struct kefs_history_file *f = find_or_make(h, key);
	u32 calm = KEFS_HISTORY_CALM;
	unsigned int i;

	if (f->calm && now - f->recalled <= 1)
		return;
	f->recalled = now;

	/* An hour of peace is enough to start again. */
	if (f->calm && now > f->calm && now - f->calm > 3600)
		f->recalls = 0;
	for (i = 0; i < f->recalls && calm < KEFS_HISTORY_CALM_MAX; i++)
		calm *= 2;
	if (f->recalls < 255)
		f->recalls++;
	if (calm > KEFS_HISTORY_CALM_MAX)
		calm = KEFS_HISTORY_CALM_MAX;
	f->calm = now + calm;
}
