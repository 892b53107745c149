/* SPDX-License-Identifier: GPL-2.0 */
/* Access keys: who signs requests. */
#ifndef KEFS_SERVICE_ACCESS_KEYS_H
#define KEFS_SERVICE_ACCESS_KEYS_H

#include "common/err.h"
#include "store/st_key.h"

/* The administrator's key, made if there is none. 0 or -errno; the caller wipes it. */
int kefs_access_keys_admin(struct kefs_db *db, struct kefs_access_key *ret_key, struct kefs_err *err);

/* An active key: 0 or -ENOENT; the caller wipes it. */
int kefs_access_keys_find(struct kefs_db *db, const char *id, struct kefs_access_key *ret_key, struct kefs_err *err);

#endif
