/* SPDX-License-Identifier: GPL-2.0 */
/* An access point: a directory that is a client's root, and whom it works as. Pure. */
#ifndef KEFS_MODEL_ACCESS_POINT_H
#define KEFS_MODEL_ACCESS_POINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/id.h"
#include "model/state.h"

#define KEFS_AP_PREFIX		"fsap-"
#define KEFS_AP_TOKEN_SIZE	(4 * 64 + 1)
#define KEFS_AP_PATH_CHARS	100
#define KEFS_AP_PATH_SIZE	(4 * KEFS_AP_PATH_CHARS + 1)
#define KEFS_AP_COMPONENTS	4
#define KEFS_AP_GIDS_MAX	16
#define KEFS_AP_GIDS_TEXT	(KEFS_AP_GIDS_MAX * 11)

struct kefs_posix_user {
	uint32_t uid, gid;
	uint32_t gids[KEFS_AP_GIDS_MAX];
	size_t gid_count;
};

struct kefs_creation_info {
	uint32_t uid, gid;
	char permissions[5];	/* three or four octal digits, as they were given */
};

struct kefs_access_point {
	char id[KEFS_ID_SIZE];
	char fs_id[KEFS_ID_SIZE];
	char token[KEFS_AP_TOKEN_SIZE];
	int64_t created_ms;
	enum kefs_state state;
	bool has_user;
	struct kefs_posix_user user;
	char path[KEFS_AP_PATH_SIZE];
	bool has_creation;
	struct kefs_creation_info creation;
};

/*
 * May it be an access point's root? "/" or one to four components, at most 100 characters in all, no component
 * beginning with a dot, none of $ # < > ; ` | & ? { } ^ * in them. 0 or -KEFS_E_BAD_REQUEST with err.
 */
int kefs_ap_check_path(const char *path, struct kefs_err *err);

/* Three or four octal digits? 0 or -KEFS_E_BAD_REQUEST with err. */
int kefs_ap_check_permissions(const char *permissions, struct kefs_err *err);

/* The mode bits of checked permissions. */
unsigned int kefs_ap_mode(const char *permissions);

/* Gids as decimal numbers with commas between them, and back: 0 or -EINVAL. ret_text has KEFS_AP_GIDS_TEXT bytes. */
void kefs_ap_gids_format(const struct kefs_posix_user *user, char *ret_text);
int kefs_ap_gids_parse(const char *text, struct kefs_posix_user *user);

#endif
