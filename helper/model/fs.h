/* SPDX-License-Identifier: GPL-2.0 */
/* A file system as the store defines it, and the rules for what a caller may ask. Pure. */
#ifndef KEFS_MODEL_FS_H
#define KEFS_MODEL_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/id.h"
#include "model/fs_options.h"
#include "model/tag.h"

#define KEFS_FS_PREFIX		"fs-"
#define KEFS_FS_MAX		1000	/* per server, the service's quota, unless configured otherwise */
#define KEFS_FS_NAME_CHARS	256	/* the value of a tag */
#define KEFS_FS_NAME_SIZE	(4 * KEFS_FS_NAME_CHARS + 1)
#define KEFS_FS_TOKEN_SIZE	65
#define KEFS_FS_KEY_SIZE	16
#define KEFS_FS_DIR_SIZE	96

enum kefs_fs_state {
	KEFS_FS_CREATING,
	KEFS_FS_AVAILABLE,
	KEFS_FS_DELETING,
	KEFS_FS_ERROR,		/* never stored: available by the store, but it cannot be served; problem says why */
};

/* Its tags, the name among them, the store has: thousands of file systems are kept in a list of these. */
struct kefs_fs {
	char id[KEFS_ID_SIZE];
	uint64_t volume_id;			/* not 0; lasting; at most 63 bits, as SQLite's integers */
	char token[KEFS_FS_TOKEN_SIZE];		/* creation token, unique */
	uint8_t key[KEFS_FS_KEY_SIZE];		/* of its file handles; secret */
	uint32_t project_id;			/* quota project */
	int64_t created_ms;			/* since the epoch */
	enum kefs_fs_state state;
	char directory[KEFS_FS_DIR_SIZE];	/* below the pool */
	struct kefs_fs_options options;
};

/* What a creation may ask for. All zero: no name, the service's defaults. */
struct kefs_fs_request {
	char name[KEFS_FS_NAME_SIZE];		/* "" = none */
	char token[KEFS_FS_TOKEN_SIZE];		/* "" = make one */
	struct kefs_tags tags;			/* besides the name; borrowed */
	struct kefs_fs_options options;
};

struct kefs_fs_index;

/* A list, by (created_ms, id), that is freed with kefs_fs_list_free(). */
struct kefs_fs_list {
	struct kefs_fs *fs;
	size_t count, room;
	struct kefs_fs_index *index;	/* of ids and volumes, made when it is first wanted; NULL: none */
};

/* Is the name a tag value (0..256 characters of the tag alphabet)? 0 or -EINVAL with err. */
int kefs_fs_check_name(const char *name, struct kefs_err *err);

/* Is the token 1..64 printable ASCII characters? 0 or -EINVAL with err. */
int kefs_fs_check_token(const char *token, struct kefs_err *err);

/*
 * A new file system for a checked request: ids, key and token drawn, state creating, project_id left 0 (the store
 * gives it). 0 or -errno of the random source.
 */
int kefs_fs_make(const struct kefs_fs_request *request, int64_t now_ms, struct kefs_fs *ret_fs);

/* The service's word for the state. */
const char *kefs_fs_state_name(enum kefs_fs_state state);

/* The state of a word that the store may hold: 0 or -EINVAL. */
int kefs_fs_state_parse(const char *word, enum kefs_fs_state *ret_state);

/* The file system with this id, or this volume, or NULL. O(1) but for the first after one came or went. */
struct kefs_fs *kefs_fs_find(const struct kefs_fs_list *list, const char *id);
struct kefs_fs *kefs_fs_find_volume(const struct kefs_fs_list *list, uint64_t volume_id);

/*
 * The file system that a connection to no mount target may get: default_id if it is there and available, else, with no
 * default_id, the only available one. NULL if there is none or the choice is open.
 */
const struct kefs_fs *kefs_fs_default(const struct kefs_fs_list *list, const char *default_id);

/* Makes room for so many more at once: 0 or -ENOMEM. */
int kefs_fs_list_reserve(struct kefs_fs_list *list, size_t more);

/* Appends one, which must come last, or puts it where it belongs: 0 or -ENOMEM. */
int kefs_fs_list_append(struct kefs_fs_list *list, const struct kefs_fs *fs);
int kefs_fs_list_insert(struct kefs_fs_list *list, const struct kefs_fs *fs);

/* Takes out the one with this id, if it is there. */
void kefs_fs_list_remove(struct kefs_fs_list *list, const char *id);

/* Frees it all, wiping the keys; the list is empty afterwards. */
void kefs_fs_list_free(struct kefs_fs_list *list);

#endif
