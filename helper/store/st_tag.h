/* SPDX-License-Identifier: GPL-2.0 */
/* Tags in the store. A resource's id is not checked: the caller has looked. */
#ifndef KEFS_STORE_ST_TAG_H
#define KEFS_STORE_ST_TAG_H

#include <stdbool.h>

#include "common/err.h"
#include "model/tag.h"
#include "store/db.h"

/* Sets one; one that is there keeps its place. No transaction of its own. */
int kefs_st_tag_set(struct kefs_db *db, const char *resource, const char *key, const char *value,
		    struct kefs_err *err);

/* Takes one away, if it is there. No transaction of its own. */
int kefs_st_tag_remove(struct kefs_db *db, const char *resource, const char *key, struct kefs_err *err);

/* At most limit of a resource's tags, those behind position after, in order; *ret_tags is to be freed. */
int kefs_st_tag_list(struct kefs_db *db, const char *resource, int64_t after, unsigned int limit,
		     struct kefs_tags *ret_tags, struct kefs_err *err);

/* Sets all in one transaction. 0, or -EDQUOT if the resource would then have more than KEFS_TAG_MAX of a user's. */
int kefs_st_tags_set(struct kefs_db *db, const char *resource, const struct kefs_tags *tags, struct kefs_err *err);

/* Takes these keys away, in one transaction. */
int kefs_st_tags_remove(struct kefs_db *db, const char *resource, const char *const *keys, size_t count,
			struct kefs_err *err);

#endif
