/* SPDX-License-Identifier: GPL-2.0 */
/* Keys with which requests are signed, those for good and those of sessions, in the store. */
#ifndef KEFS_STORE_ST_KEY_H
#define KEFS_STORE_ST_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "model/iam.h"
#include "store/db.h"

#define KEFS_KEY_ID_SIZE	129
#define KEFS_KEY_SECRET_SIZE	129

struct kefs_access_key {
	char id[KEFS_KEY_ID_SIZE];
	char secret[KEFS_KEY_SECRET_SIZE];	/* to be wiped */
	char user_id[KEFS_IAM_ID_SIZE];		/* "": the account itself */
	bool active;
	int64_t created_ms;
};

/* A key that comes with a token and ends. */
struct kefs_session {
	char id[KEFS_KEY_ID_SIZE];
	char secret[KEFS_KEY_SECRET_SIZE];	/* to be wiped, as is the token */
	char token[KEFS_SESSION_TOKEN_SIZE];
	char identity_id[KEFS_IAM_ID_SIZE];	/* of the role or the user; "": the account itself */
	char name[KEFS_SESSION_NAME_SIZE];	/* "" but of a role's session */
	int64_t issued_sec, expires_sec;	/* since the epoch */
};

/* How many sessions there may be. */
struct kefs_session_limits {
	int64_t all;		/* that have not ended */
	int64_t each;		/* that have not ended, of an identity or of the account itself */
};

/* Stores a new one. */
int kefs_st_key_insert(struct kefs_db *db, const struct kefs_access_key *key, struct kefs_err *err);

/* One; -ENOENT without a text. */
int kefs_st_key_get(struct kefs_db *db, const char *id, struct kefs_access_key *ret_key, struct kefs_err *err);

/* The account's oldest active key; -ENOENT without a text. */
int kefs_st_key_root(struct kefs_db *db, struct kefs_access_key *ret_key, struct kefs_err *err);

/* Those of a user ("": of the account), without secrets, by age; at most max. */
int kefs_st_key_list(struct kefs_db *db, const char *user_id, struct kefs_access_key *ret_keys, size_t max,
		     size_t *ret_count, struct kefs_err *err);

/* Switches one of the user's on or off, or removes it; -ENOENT without a text. */
int kefs_st_key_set_active(struct kefs_db *db, const char *user_id, const char *id, bool active, struct kefs_err *err);
int kefs_st_key_delete(struct kefs_db *db, const char *user_id, const char *id, struct kefs_err *err);

/*
 * Stores a session that is issued now, with its policy ("": none). 0, or -EDQUOT without a text if there are too many
 * already.
 */
int kefs_st_session_insert(struct kefs_db *db, const struct kefs_session *session, const char *policy,
			   const struct kefs_session_limits *limits, struct kefs_err *err);

/* What is remembered of those that have ended, to tell them from those that never were. */
struct kefs_session_memory {
	int64_t sec;		/* for so long, */
	int64_t most;		/* and not more than so many */
};

/* Forgets the others, but for those of keep, a JSON array of ids. */
int kefs_st_sessions_forget(struct kefs_db *db, int64_t now, const struct kefs_session_memory *memory,
			    const char *keep, struct kefs_err *err);

/* One, also if it has ended; -ENOENT without a text. */
int kefs_st_session_get(struct kefs_db *db, const char *id, struct kefs_session *ret_session, struct kefs_err *err);

/* Its policy, to be freed; -ENOENT without a text if it has none. */
int kefs_st_session_policy(struct kefs_db *db, const char *id, char **ret_policy, struct kefs_err *err);

#endif
