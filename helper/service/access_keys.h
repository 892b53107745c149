/* SPDX-License-Identifier: GPL-2.0 */
/* Access keys: who signs requests. */
#ifndef KEFS_SERVICE_ACCESS_KEYS_H
#define KEFS_SERVICE_ACCESS_KEYS_H

#include "common/err.h"
#include "store/st_key.h"

/* The administrator's key, made if there is none. 0 or -errno; the caller wipes it. */
int kefs_access_keys_admin(struct kefs_db *db, struct kefs_access_key *ret_key, struct kefs_err *err);

/* A new one, drawn and stored, for the user with this id ("": the account). 0 or -errno; the caller wipes it. */
int kefs_access_keys_make(struct kefs_db *db, const char *user_id, struct kefs_access_key *ret_key,
			  struct kefs_err *err);

/* Draws the key, the secret and the token of a session. 0 or -errno of the random source. */
int kefs_access_keys_draw(struct kefs_session *ret_session);

#endif
