// SPDX-License-Identifier: GPL-2.0
#include "access_point.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "fault.h"

int kefs_ap_check_path(const char *path, struct kefs_err *err)
{
	int chars = kefs_str_utf8_chars(path), components = 0;
	const char *p = path;

	if (chars < 1 || chars > KEFS_AP_PATH_CHARS)
		return kefs_err_set(err, -KEFS_E_BAD_REQUEST,
				    "The path of a root directory must have 1 to %d characters, none of them a control character",
				    KEFS_AP_PATH_CHARS);
	if (!strcmp(path, "/"))
		return 0;
	if (strpbrk(path, "$#<>;`|&?{}^*"))
		return kefs_err_set(err, -KEFS_E_BAD_REQUEST, "The path of a root directory must have none of $ # < > ; ` | & ? { } ^ *");
	while (*p == '/') {
		size_t len = strcspn(++p, "/");

		if (!len || *p == '.')
			return kefs_err_set(err, -KEFS_E_BAD_REQUEST,
					    "A component of the path '%s' is empty or begins with a dot", path);
		components++;
		p += len;
	}
	if (*p || !components || components > KEFS_AP_COMPONENTS)
		return kefs_err_set(err, -KEFS_E_BAD_REQUEST, "The path '%s' must begin with / and have at most %d components", path,
				    KEFS_AP_COMPONENTS);
	return 0;
}

int kefs_ap_check_permissions(const char *permissions, struct kefs_err *err)
{
	size_t len = strspn(permissions, "01234567");

	if (len < 3 || len > 4 || permissions[len])
		return kefs_err_set(err, -KEFS_E_BAD_REQUEST, "Permissions must be three or four octal digits");
	return 0;
}

unsigned int kefs_ap_mode(const char *permissions)
{
	unsigned int mode = 0;

	for (; *permissions; permissions++)
		mode = mode << 3 | (unsigned int)(*permissions - '0');
	return mode;
}

void kefs_ap_gids_format(const struct kefs_posix_user *user, char *ret_text)
{
	size_t at = 0;

	*ret_text = '\0';
	for (size_t i = 0; i < user->gid_count; i++) {
		(void)kefs_str_format(ret_text + at, KEFS_AP_GIDS_TEXT - at, "%s%u", i ? "," : "", user->gids[i]);
		at += strlen(ret_text + at);
	}
}

int kefs_ap_gids_parse(const char *text, struct kefs_posix_user *user)
{
	user->gid_count = 0;
	while (*text) {
		size_t n = strcspn(text, ",");
		uint64_t gid;
		char number[12];

		if (user->gid_count == KEFS_AP_GIDS_MAX || kefs_str_format(number, sizeof(number), "%.*s", (int)n, text) < 0 ||
		    kefs_str_u64(number, 0, UINT32_MAX, &gid) < 0)
			return -EINVAL;
		user->gids[user->gid_count++] = (uint32_t)gid;
		text += n;
		if (*text && !*++text)
			return -EINVAL;
	}
	return 0;
}
