// SPDX-License-Identifier: GPL-2.0
/* VOLUME_ADD, VOLUME_DEL, VOLUME_GET. */
#include <errno.h>
#include <kefs.h>
#include <stdlib.h>

#include "common/str.h"
#include "internal.h"

int kefs_nl_volume_add(void *ctx, const struct kefs_kvolume_new *volume, struct kefs_err *err)
{
	uint32_t flags = (volume->read_only ? KEFS_VOLUME_F_READ_ONLY : 0) |
			 (volume->elastic ? KEFS_VOLUME_F_ELASTIC : 0);
	struct nlattr *nest;
	struct nl_msg *msg;
	char doing[160];
	int rc = kefs_nl_request(ctx, KEFS_CMD_VOLUME_ADD, 0, &msg, err);

	if (rc < 0)
		return rc;
	(void)kefs_str_format(doing, sizeof(doing), "adding %s to the kernel module", volume->name);
	nest = kefs_nl_nest(msg, KEFS_A_VOLUME);
	if (!nest || nla_put_u64(msg, KEFS_A_VOLUME_ID, volume->id) < 0 ||
	    nla_put_string(msg, KEFS_A_VOLUME_NAME, volume->name) < 0 ||
	    nla_put_s32(msg, KEFS_A_VOLUME_ROOT_FD, volume->root_fd) < 0 ||
	    nla_put(msg, KEFS_A_VOLUME_KEY, KEFS_KEY_SIZE, volume->key) < 0 ||
	    (volume->recovery_fd >= 0 && nla_put_s32(msg, KEFS_A_VOLUME_RECOVERY_FD, volume->recovery_fd) < 0) ||
	    nla_put_u32(msg, KEFS_A_VOLUME_FLAGS, flags) < 0)
		return kefs_nl_too_long(msg, doing, err);
	(void)nla_nest_end(msg, nest);
	return kefs_nl_call(ctx, msg, KEFS_A_VOLUME, NULL, NULL, doing, err);
}

int kefs_nl_volume_del(void *ctx, uint64_t id, bool force, struct kefs_err *err)
{
	struct nlattr *nest;
	struct nl_msg *msg;
	char doing[80];
	int rc = kefs_nl_request(ctx, KEFS_CMD_VOLUME_DEL, 0, &msg, err);

	if (rc < 0)
		return rc;
	(void)kefs_str_format(doing, sizeof(doing), "removing volume %llx from the kernel module", (unsigned long long)id);
	nest = kefs_nl_nest(msg, KEFS_A_VOLUME);
	if (!nest || nla_put_u64(msg, KEFS_A_VOLUME_ID, id) < 0 ||
	    nla_put_u32(msg, KEFS_A_VOLUME_FLAGS, force ? KEFS_VOLUME_F_FORCE : 0) < 0)
		return kefs_nl_too_long(msg, doing, err);
	(void)nla_nest_end(msg, nest);
	return kefs_nl_call(ctx, msg, KEFS_A_VOLUME, NULL, NULL, doing, err);
}

int kefs_nl_grace_end(void *ctx, uint64_t id, struct kefs_err *err)
{
	struct nlattr *nest;
	struct nl_msg *msg;
	char doing[80];
	int rc = kefs_nl_request(ctx, KEFS_CMD_GRACE_END, 0, &msg, err);

	if (rc < 0)
		return rc;
	(void)kefs_str_format(doing, sizeof(doing), "ending grace of volume %llx", (unsigned long long)id);
	nest = kefs_nl_nest(msg, KEFS_A_VOLUME);
	if (!nest || nla_put_u64(msg, KEFS_A_VOLUME_ID, id) < 0)
		return kefs_nl_too_long(msg, doing, err);
	(void)nla_nest_end(msg, nest);
	return kefs_nl_call(ctx, msg, KEFS_A_VOLUME, NULL, NULL, doing, err);
}

static int take_volume(void *ctx, struct nlattr *object)
{
	struct nlattr *tb[KEFS_A_VOLUME_MAX + 1];
	struct kefs_kvolume *volume;

	if (kefs_nl_parse(object, KEFS_A_VOLUME_MAX, tb) < 0 || !tb[KEFS_A_VOLUME_ID])
		return -EBADMSG;
	volume = kefs_nl_list_add(ctx);
	if (!volume)
		return -ENOMEM;
	volume->id = kefs_nl_get_u64(tb[KEFS_A_VOLUME_ID]);
	if (tb[KEFS_A_VOLUME_NAME])
		(void)nla_strlcpy(volume->name, tb[KEFS_A_VOLUME_NAME], sizeof(volume->name));
	volume->read_only = kefs_nl_get_u32(tb[KEFS_A_VOLUME_FLAGS]) & KEFS_VOLUME_F_READ_ONLY;
	volume->conns = kefs_nl_get_u32(tb[KEFS_A_VOLUME_CONNS]);
	volume->clients = kefs_nl_get_u32(tb[KEFS_A_VOLUME_CLIENTS]);
	volume->grace_ms = kefs_nl_get_u32(tb[KEFS_A_VOLUME_GRACE_MS]);
	volume->grace_awaited = kefs_nl_get_u32(tb[KEFS_A_VOLUME_GRACE_AWAITED]);
	return 0;
}

int kefs_nl_volume_list(void *ctx, uint64_t id, struct kefs_kvolume **ret_list, size_t *ret_count,
			struct kefs_err *err)
{
	static const struct kefs_nl_dump dump = {
		KEFS_CMD_VOLUME_GET, KEFS_A_VOLUME, KEFS_A_VOLUME_ID, take_volume, sizeof(struct kefs_kvolume),
		"listing the kernel module's volumes",
	};
	struct kefs_nl_list list;
	int rc = kefs_nl_dump(ctx, &dump, id, &list, err);

	if (rc == 0) {
		*ret_list = list.data;
		*ret_count = list.count;
	}
	return rc;
}
