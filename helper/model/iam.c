// SPDX-License-Identifier: GPL-2.0
#include "iam.h"

#include <string.h>

#include "common/id.h"
#include "common/str.h"

#define NAME_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-"
#define ID_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

static const struct {
	const char *name, *prefix;
} kinds[] = {
	[KEFS_IDENTITY_USER] = { "user", "AIDA" },
	[KEFS_IDENTITY_GROUP] = { "group", "AGPA" },
	[KEFS_IDENTITY_ROLE] = { "role", "AROA" },
};

const char *kefs_identity_kind_name(enum kefs_identity_kind kind)
{
	return kinds[kind].name;
}

bool kefs_iam_name_valid(const char *name, size_t max)
{
	size_t len = strlen(name);

	return len && len <= max && strspn(name, NAME_CHARS) == len;
}

bool kefs_iam_path_valid(const char *path)
{
	size_t len = strlen(path);

	return len && len < KEFS_IAM_PATH_SIZE && path[0] == '/' && path[len - 1] == '/' && !strstr(path, "//") &&
	       strspn(path, NAME_CHARS "/") == len;
}

bool kefs_session_name_valid(const char *name)
{
	return strlen(name) >= 2 && kefs_iam_name_valid(name, KEFS_SESSION_NAME_SIZE - 1);
}

void kefs_iam_arn(const char *account, const char *kind, const char *path, const char *name, char *ret_arn)
{
	(void)kefs_str_format(ret_arn, KEFS_IAM_ARN_SIZE, "arn:aws:iam::%s:%s%s%s", account, kind, path, name);
}

int kefs_iam_id_new(const char *prefix, char ret_id[KEFS_IAM_ID_SIZE])
{
	char random[KEFS_ID_DIGITS + 1];
	int rc = kefs_id_draw(ID_LETTERS, random, KEFS_ID_DIGITS);

	return rc < 0 ? rc : kefs_str_format(ret_id, KEFS_IAM_ID_SIZE, "%s%s", prefix, random);
}

int kefs_identity_make(enum kefs_identity_kind kind, int64_t now_ms, struct kefs_identity *ret_identity)
{
	struct kefs_identity identity = {
		.kind = kind, .created_ms = now_ms, .session_sec = KEFS_SESSION_SEC_DEFAULT, .path = "/",
	};
	int rc = kefs_iam_id_new(kinds[kind].prefix, identity.id);

	if (rc == 0)
		*ret_identity = identity;
	return rc;
}
