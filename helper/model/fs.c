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
		rc = kefs_str_copy(fs.name, sizeof(fs.name), request->name);
	if (rc == 0)
		rc = *request->token ? kefs_str_copy(fs.token, sizeof(fs.token), request->token) : kefs_id_uuid(fs.token);
	if (rc == 0)
		rc = kefs_str_format(fs.directory, sizeof(fs.directory), "file-systems/%s", fs.id);
	fs.options = request->options;
	if (rc == 0)
		*ret_fs = fs;
	return rc;
}

struct kefs_fs *kefs_fs_find(const struct kefs_fs_list *list, const char *id)
{
	for (size_t i = 0; i < list->count; i++) {
		if (!strcmp(list->fs[i].id, id))
			return &list->fs[i];
	}
	return NULL;
}

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

/* Room for one more; not by realloc(), because the old array's keys must be wiped. It is full at 0, 8, 16, 32, … */
static int make_room(struct kefs_fs_list *list)
{
	size_t count = list->count;
	struct kefs_fs *bigger;

	if (count && (count < 8 || count & (count - 1)))
		return 0;
	bigger = calloc(count ? 2 * count : 8, sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	if (count)
		memcpy(bigger, list->fs, count * sizeof(*bigger));
	kefs_fs_list_free(list);
	list->fs = bigger;
	list->count = count;
	return 0;
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
	list->count--;
	memmove(fs, fs + 1, (size_t)(&list->fs[list->count] - fs) * sizeof(*fs));
	explicit_bzero(&list->fs[list->count], sizeof(*fs));
}

void kefs_fs_list_free(struct kefs_fs_list *list)
{
	if (list->fs)
		explicit_bzero(list->fs, list->count * sizeof(list->fs[0]));
	free(list->fs);
	list->fs = NULL;
	list->count = 0;
}
