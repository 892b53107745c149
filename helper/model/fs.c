// SPDX-License-Identifier: GPL-2.0
#include "fs.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"

static const char *const state_names[] = {
	[KEFS_FS_CREATING] = "creating",
	[KEFS_FS_AVAILABLE] = "available",
	[KEFS_FS_DELETING] = "deleting",
	[KEFS_FS_ERROR] = "error",
};

const char *kefs_fs_state_name(enum kefs_fs_state state)
{
	return state_names[state];
}

int kefs_fs_state_parse(const char *word, enum kefs_fs_state *ret_state)
{
	for (int i = KEFS_FS_CREATING; i <= KEFS_FS_DELETING; i++) {
		if (!strcmp(word, state_names[i])) {
			*ret_state = (enum kefs_fs_state)i;
			return 0;
		}
	}
	return -EINVAL;
}

int kefs_fs_check_name(const char *name, struct kefs_err *err)
{
	return kefs_tag_check_value("Name", name, err) < 0 ? -EINVAL : 0;
}

int kefs_fs_check_token(const char *token, struct kefs_err *err)
{
	size_t len = strlen(token);

	if (!len || len >= KEFS_FS_TOKEN_SIZE)
		return kefs_err_set(err, -EINVAL, "CreationToken must have 1 to %d characters", KEFS_FS_TOKEN_SIZE - 1);
	for (size_t i = 0; i < len; i++) {
		if (!isprint((unsigned char)token[i]))
			return kefs_err_set(err, -EINVAL, "CreationToken has a character that is not printable ASCII");
	}
	return 0;
}

int kefs_fs_make(const struct kefs_fs_request *request, int64_t now_ms, struct kefs_fs *ret_fs)
{
	struct kefs_fs fs = { .created_ms = now_ms, .state = KEFS_FS_CREATING };
	int rc;

	rc = kefs_id_new(KEFS_FS_PREFIX, fs.id);
	while (rc == 0 && !fs.volume_id) {
		rc = kefs_id_random(&fs.volume_id, sizeof(fs.volume_id));
		fs.volume_id >>= 1;
	}
	if (rc == 0)
		rc = kefs_id_random(fs.key, sizeof(fs.key));
	if (rc == 0)
		rc = *request->token ? kefs_str_copy(fs.token, sizeof(fs.token), request->token) : kefs_id_uuid(fs.token);
	if (rc == 0)
		rc = kefs_str_format(fs.directory, sizeof(fs.directory), "file-systems/%s", fs.id);
	fs.options = request->options;
	if (rc == 0)
		*ret_fs = fs;
	return rc;
}

/* --- the list's index --- */

/* Places in the list, plus one, each where its hash says or behind; 0: free. At most half is taken. */
struct kefs_fs_index {
	bool valid;
	size_t size;		/* a power of two */
	uint32_t *by_id, *by_volume;
};

/* Ids are random but for what hands make of them. */
static size_t hash_id(const char *id)
{
	uint64_t hash = 14695981039346656037u;

	for (; *id; id++)
		hash = (hash ^ (unsigned char)*id) * 1099511628211u;
	return (size_t)(hash ^ hash >> 32);
}

static size_t hash_volume(uint64_t volume_id)
{
	return (size_t)((volume_id * 11400714819323198485u) >> 32);
}

static void free_index(struct kefs_fs_index *index)
{
	if (!index)
		return;
	free(index->by_id);
	free(index->by_volume);
	free(index);
}

static void enter(uint32_t *table, size_t size, size_t hash, size_t place)
{
	size_t at = hash & (size - 1);

	while (table[at])
		at = (at + 1) & (size - 1);
	table[at] = (uint32_t)place + 1;
}

/* False: there is no memory for it. */
static bool build(const struct kefs_fs_list *list, struct kefs_fs_index *index)
{
	size_t size = 16;

	while (size < 2 * list->count)
		size *= 2;
	free(index->by_id);
	free(index->by_volume);
	index->by_id = calloc(size, sizeof(*index->by_id));
	index->by_volume = calloc(size, sizeof(*index->by_volume));
	if (!index->by_id || !index->by_volume)
		return false;
	for (size_t i = 0; i < list->count; i++) {
		enter(index->by_id, size, hash_id(list->fs[i].id), i);
		enter(index->by_volume, size, hash_volume(list->fs[i].volume_id), i);
	}
	index->size = size;
	index->valid = true;
	return true;
}

static bool is_indexed(const struct kefs_fs_list *list)
{
	return list->index && (list->index->valid || build(list, list->index));
}

static void outdate(struct kefs_fs_list *list)
{
	if (list->index)
		list->index->valid = false;
}

static bool is_it(const struct kefs_fs *fs, const char *id, uint64_t volume_id)
{
	return id ? !strcmp(fs->id, id) : fs->volume_id == volume_id;
}

/* By the id, or with none by the volume. */
static struct kefs_fs *find(const struct kefs_fs_list *list, const char *id, uint64_t volume_id)
{
	const uint32_t *table;
	size_t at, mask;

	if (!is_indexed(list)) {
		for (size_t i = 0; i < list->count; i++) {
			if (is_it(&list->fs[i], id, volume_id))
				return &list->fs[i];
		}
		return NULL;
	}
	table = id ? list->index->by_id : list->index->by_volume;
	mask = list->index->size - 1;
	for (at = (id ? hash_id(id) : hash_volume(volume_id)) & mask; table[at]; at = (at + 1) & mask) {
		if (is_it(&list->fs[table[at] - 1], id, volume_id))
			return &list->fs[table[at] - 1];
	}
	return NULL;
}

struct kefs_fs *kefs_fs_find(const struct kefs_fs_list *list, const char *id)
{
	return find(list, id, 0);
}

struct kefs_fs *kefs_fs_find_volume(const struct kefs_fs_list *list, uint64_t volume_id)
{
	return find(list, NULL, volume_id);
}

/* --- the list --- */

const struct kefs_fs *kefs_fs_default(const struct kefs_fs_list *list, const char *default_id)
{
	const struct kefs_fs *only = NULL;

	if (*default_id) {
		only = kefs_fs_find(list, default_id);
		return only && only->state == KEFS_FS_AVAILABLE ? only : NULL;
	}
	for (size_t i = 0; i < list->count; i++) {
		if (list->fs[i].state != KEFS_FS_AVAILABLE)
			continue;
		if (only)
			return NULL;
		only = &list->fs[i];
	}
	return only;
}

static void wipe(struct kefs_fs_list *list)
{
	if (list->fs)
		explicit_bzero(list->fs, list->count * sizeof(list->fs[0]));
	free(list->fs);
}

/* Not by realloc(), because the old array's keys must be wiped. */
int kefs_fs_list_reserve(struct kefs_fs_list *list, size_t more)
{
	size_t room = list->count + more;
	struct kefs_fs *bigger;

	if (room <= list->room)
		return 0;
	bigger = calloc(room, sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	if (list->count)
		memcpy(bigger, list->fs, list->count * sizeof(*bigger));
	wipe(list);
	list->fs = bigger;
	list->room = room;
	return 0;
}

/* Room for one more. */
static int make_room(struct kefs_fs_list *list)
{
	struct kefs_fs_index *index = list->index;

	if (!index) {
		index = calloc(1, sizeof(*index));
		if (!index)
			return -ENOMEM;
		list->index = index;
	}
	outdate(list);
	return list->count < list->room ? 0 : kefs_fs_list_reserve(list, list->count ? list->count : 8);
}

int kefs_fs_list_append(struct kefs_fs_list *list, const struct kefs_fs *fs)
{
	int rc = make_room(list);

	if (rc == 0)
		list->fs[list->count++] = *fs;
	return rc;
}

static bool is_before(const struct kefs_fs *a, const struct kefs_fs *b)
{
	return a->created_ms < b->created_ms || (a->created_ms == b->created_ms && strcmp(a->id, b->id) < 0);
}

int kefs_fs_list_insert(struct kefs_fs_list *list, const struct kefs_fs *fs)
{
	size_t at;
	int rc = make_room(list);

	if (rc < 0)
		return rc;
	/* New ones are the youngest, unless the clock was set back. */
	for (at = list->count; at && is_before(fs, &list->fs[at - 1]); at--)
		;
	memmove(&list->fs[at + 1], &list->fs[at], (list->count - at) * sizeof(list->fs[0]));
	list->fs[at] = *fs;
	list->count++;
	return 0;
}

void kefs_fs_list_remove(struct kefs_fs_list *list, const char *id)
{
	struct kefs_fs *fs = kefs_fs_find(list, id);

	if (!fs)
		return;
	outdate(list);
	list->count--;
	memmove(fs, fs + 1, (size_t)(&list->fs[list->count] - fs) * sizeof(*fs));
	explicit_bzero(&list->fs[list->count], sizeof(*fs));
}

void kefs_fs_list_free(struct kefs_fs_list *list)
{
	wipe(list);
	free_index(list->index);
	*list = (struct kefs_fs_list) { .fs = NULL };
}
