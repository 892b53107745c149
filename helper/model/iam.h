/* SPDX-License-Identifier: GPL-2.0 */
/* Users, groups, roles and what names them. Pure. */
#ifndef KEFS_MODEL_IAM_H
#define KEFS_MODEL_IAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

#define KEFS_IAM_ID_SIZE	33	/* "AIDA" and 17 characters; some room */
#define KEFS_IAM_NAME_SIZE	129
#define KEFS_IAM_PATH_SIZE	513
#define KEFS_IAM_ARN_SIZE	704	/* "arn:aws:iam::123456789012:policy", path, name */
#define KEFS_IAM_TEXT_SIZE	4001	/* a description: 1000 characters */
#define KEFS_SESSION_NAME_SIZE	65
#define KEFS_SESSION_SEC_MIN	900
#define KEFS_SESSION_SEC_DEFAULT 3600
#define KEFS_SESSION_SEC_MAX	43200
#define KEFS_SESSION_TOKEN_SIZE	129

enum kefs_identity_kind { KEFS_IDENTITY_USER, KEFS_IDENTITY_GROUP, KEFS_IDENTITY_ROLE };

struct kefs_identity {
	char id[KEFS_IAM_ID_SIZE];
	enum kefs_identity_kind kind;
	char name[KEFS_IAM_NAME_SIZE];
	char path[KEFS_IAM_PATH_SIZE];
	int64_t created_ms;
	/* Of a role: */
	char description[KEFS_IAM_TEXT_SIZE];
	uint32_t session_sec;		/* the longest that one may last */
};

/* "user", "group", "role": in ARNs and in the store. */
const char *kefs_identity_kind_name(enum kefs_identity_kind kind);

/* Letters, digits and _+=,.@- from 1 to max (at most 128) characters? */
bool kefs_iam_name_valid(const char *name, size_t max);

/* "/" or "/…/" of those characters and slashes? IAM lets more in, which an ARN in a policy could not have. */
bool kefs_iam_path_valid(const char *path);

/* A name of 2 to 64 of those characters? */
bool kefs_session_name_valid(const char *name);

/* "arn:aws:iam::<account>:<kind><path><name>"; ret_arn has KEFS_IAM_ARN_SIZE bytes. */
void kefs_iam_arn(const char *account, const char *kind, const char *path, const char *name, char *ret_arn);

/* A new id: prefix ("AIDA") and 17 letters. 0 or -errno of the random source. */
int kefs_iam_id_new(const char *prefix, char ret_id[KEFS_IAM_ID_SIZE]);

/* A new id, and time: name and path are the caller's to fill. 0 or -errno. */
int kefs_identity_make(enum kefs_identity_kind kind, int64_t now_ms, struct kefs_identity *ret_identity);

#endif
