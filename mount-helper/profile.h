/* SPDX-License-Identifier: GPL-2.0 */
/* What AWS's credentials and config files say of a profile. Pure. */
#ifndef KEFS_MOUNT_PROFILE_H
#define KEFS_MOUNT_PROFILE_H

#include "creds.h"
#include "ini.h"

enum profile_kind {
	PROFILE_NONE,		/* neither file has keys or a role for it */
	PROFILE_CREDENTIALS,	/* keys, of the credentials file */
	PROFILE_CONFIG,		/* keys, of the config file */
	PROFILE_ROLE,		/* a role, assumed with another profile's keys */
	PROFILE_WEB_IDENTITY,	/* a role, assumed with a token of a file */
};

struct profile {
	enum profile_kind kind;
	const char *access_key, *secret, *token;	/* token may be NULL */
	const char *role_arn, *source_profile, *external_id, *session_name;	/* the last two may be NULL */
	const char *token_file;
};

/* Texts lie in the files. */
struct profile profile_find(const struct ini *credentials, const struct ini *config, const char *name);

/* Its keys, though it has a role, too; else PROFILE_NONE. */
struct profile profile_find_keys(const struct ini *credentials, const struct ini *config, const char *name);

#endif
