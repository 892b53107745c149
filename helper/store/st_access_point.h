/* SPDX-License-Identifier: GPL-2.0 */
/* Access points in the store. */
#ifndef KEFS_STORE_ST_ACCESS_POINT_H
#define KEFS_STORE_ST_ACCESS_POINT_H

#include "common/err.h"
#include "model/access_point.h"
#include "model/page.h"
#include "model/tag.h"
#include "store/db.h"

struct kefs_access_point_list {
	struct kefs_access_point *points;	/* to be freed */
	size_t count;
};

/*
 * Stores a new one with its tags, in one transaction. 0; -KEFS_E_ACCESS_POINT_EXISTS if the client token is taken,
 * with the id of the one that has it in ret_taken_id (KEFS_ID_SIZE); -KEFS_E_ACCESS_POINT_LIMIT if the file system has
 * limit already.
 */
int kefs_st_access_point_insert(struct kefs_db *db, const struct kefs_access_point *point, const struct kefs_tags *tags,
				uint32_t limit, char *ret_taken_id, struct kefs_err *err);

/* One; -ENOENT without a text. */
int kefs_st_access_point_get(struct kefs_db *db, const char *id, struct kefs_access_point *ret_point,
			     struct kefs_err *err);

/* Removes one; -ENOENT without a text. */
int kefs_st_access_point_delete(struct kefs_db *db, const char *id, struct kefs_err *err);

/* Those of a file system ("" = of all) on a page, and one more if there is one; by creation time. */
int kefs_st_access_point_list(struct kefs_db *db, const char *fs_id, const struct kefs_page *page,
			      struct kefs_access_point_list *ret_list, struct kefs_err *err);

#endif
