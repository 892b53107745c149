/* SPDX-License-Identifier: GPL-2.0 */
/* Access keys, with which requests are signed, in the store. */
#ifndef KEFS_STORE_ST_KEY_H
#define KEFS_STORE_ST_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "store/db.h"

#define KEFS_KEY_ID_SIZE	129
#define KEFS_KEY_SECRET_SIZE	129
#define KEFS_USER_NAME_SIZE	65

struct kefs_access_key {
	char id[KEFS_KEY_ID_SIZE];
	char secret[KEFS_KEY_SECRET_SIZE];	/* to be wiped */
	char user[KEFS_USER_NAME_SIZE];		/* "": the account itself */
	bool active;
};

/* Stores a new one. */
int kefs_st_key_insert(struct kefs_db *db, const struct kefs_access_key *key, int64_t now_ms, struct kefs_err *err);

/* One; -ENOENT without a text. */
int kefs_st_key_get(struct kefs_db *db, const char *id, struct kefs_access_key *ret_key, struct kefs_err *err);

/* The account's oldest active key; -ENOENT without a text. */
int kefs_st_key_root(struct kefs_db *db, struct kefs_access_key *ret_key, struct kefs_err *err);

#endif
