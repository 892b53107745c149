// SPDX-License-Identifier: GPL-2.0
#include "file_systems.h"

#include <errno.h>
#include <string.h>

#include "common/log.h"
#include "common/str.h"
#include "model/fault.h"
#include "store/st_fs.h"
#include "store/st_setting.h"

#define SETTING_KEY_ID "efs_key_id"	/* of the key that stands behind KEFS_KMS_ALIAS */

/* The id of the service's own key, drawn when it is first asked for. */
static int own_key_id(const struct kefs_efs *efs, char *ret_uuid, struct kefs_err *err)
{
	int rc = kefs_st_setting_get(efs->db, SETTING_KEY_ID, ret_uuid, KEFS_UUID_SIZE, err);

	if (rc != -ENOENT)
		return rc;
	rc = kefs_id_uuid(ret_uuid);
	if (rc < 0)
		return kefs_err_sys(err, rc, "drawing a key id");
	return kefs_st_setting_set(efs->db, SETTING_KEY_ID, ret_uuid, err);
}

/*
 * The ARN of the key that the caller means by an id, an alias or an ARN. The key store is not built: there is the
 * service's own key, and no other.
 */
static int resolve_key(const struct kefs_efs *efs, const char *named, char *ret_arn, struct kefs_err *err)
{
	char uuid[KEFS_UUID_SIZE], prefix[KEFS_KMS_KEY_SIZE];
	const char *key = named, *own;
	int rc = own_key_id(efs, uuid, err);

	if (rc < 0)
		return rc;
	(void)kefs_str_format(prefix, sizeof(prefix), "arn:aws:kms:%s:%s:", efs->topology->region, efs->topology->account);
	(void)kefs_str_format(ret_arn, KEFS_KMS_KEY_SIZE, "%skey/%s", prefix, uuid);
	own = kefs_str_after(named, prefix);
	if (own)
		key = kefs_str_after(own, "key/") ? own + strlen("key/") : own;
	if (!*named || !strcmp(key, uuid) || !strcmp(key, KEFS_KMS_ALIAS))
		return 0;
	return kefs_err_set(err, -KEFS_E_BAD_REQUEST, "The KMS key '%.200s' does not exist or cannot be used", named);
}

/* What the file systems' life says in errnos. */
static int translate(int rc, const char *taken_id)
{
	switch (rc) {
	case -EINVAL:
		return -KEFS_E_BAD_REQUEST;
	case -EEXIST:
		return *taken_id ? -KEFS_E_FS_EXISTS : rc;
	case -EDQUOT:
		return -KEFS_E_FS_LIMIT;
	default:
		return rc;
	}
}

int kefs_file_systems_create(const struct kefs_efs *efs, struct kefs_fs_request *request, const char *kms_key,
			     const struct kefs_fs **ret_fs, char *ret_taken_id, struct kefs_err *err)
{
	struct kefs_fs_options *options = &request->options;
	int rc = kefs_tags_check(&request->tags, err);

	if (rc == 0)
		rc = kefs_options_check(options, efs->topology, efs->limits->provisioned_mibps, err);
	if (rc == 0 && *kms_key && !options->encrypted)
		rc = kefs_err_set(err, -KEFS_E_BAD_REQUEST, "KmsKeyId is for encrypted file systems only");
	if (rc == 0 && options->encrypted)
		rc = resolve_key(efs, kms_key, options->kms_key, err);
	if (rc < 0)
		return rc;
	ret_taken_id[0] = '\0';
	rc = kefs_volumes_create(efs->volumes, request, ret_fs, ret_taken_id, err);
	if (rc == 0 && options->encrypted)
		log_warn("file system %s was asked to be encrypted, which this version only notes: its data lie as they are",
			 (*ret_fs)->id);
	return translate(rc, ret_taken_id);
}

int kefs_file_systems_delete(const struct kefs_efs *efs, const char *id_or_arn, struct kefs_err *err)
{
	const struct kefs_fs *fs;
	int rc = kefs_efs_find_fs(efs, id_or_arn, &fs, err);

	if (rc < 0)
		return rc;
	rc = kefs_volumes_delete(efs->volumes, fs->id, false, err);
	if (rc == -EBUSY)
		return -KEFS_E_FS_IN_USE;
	return rc == -EALREADY ? -KEFS_E_FS_STATE : rc;
}

/* Stores the options and shows the file system with them. */
static int store_options(const struct kefs_efs *efs, const struct kefs_fs *fs, const struct kefs_fs_options *options,
			 struct kefs_err *err)
{
	int rc = kefs_st_fs_set_options(efs->db, fs->id, options, err);

	return rc < 0 ? rc : kefs_volumes_refresh(efs->volumes, fs->id, err);
}

int kefs_file_systems_set_throughput(const struct kefs_efs *efs, const char *id_or_arn,
				     const struct kefs_throughput_change *change, const struct kefs_fs **ret_fs,
				     struct kefs_err *err)
{
	struct kefs_fs_options options;
	int rc = kefs_efs_available_fs(efs, id_or_arn, ret_fs, err);

	if (rc < 0)
		return rc;
	options = (*ret_fs)->options;
	rc = kefs_options_set_throughput(&options, change, kefs_efs_now_ms(), efs->limits->provisioned_mibps, err);
	return rc < 0 ? rc : store_options(efs, *ret_fs, &options, err);
}

int kefs_file_systems_set_lifecycle(const struct kefs_efs *efs, const char *id_or_arn, int to_ia, int to_archive,
				    int to_primary, const struct kefs_fs **ret_fs, struct kefs_err *err)
{
	struct kefs_fs_options options;
	int rc = kefs_efs_available_fs(efs, id_or_arn, ret_fs, err);

	if (rc < 0)
		return rc;
	options = (*ret_fs)->options;
	rc = kefs_options_set_lifecycle(&options, to_ia, to_archive, to_primary, err);
	return rc < 0 ? rc : store_options(efs, *ret_fs, &options, err);
}

int kefs_file_systems_set_backup(const struct kefs_efs *efs, const char *id_or_arn, enum kefs_backup backup,
				 bool *ret_changed, struct kefs_err *err)
{
	struct kefs_fs_options options;
	const struct kefs_fs *fs;
	int rc = kefs_efs_available_fs(efs, id_or_arn, &fs, err);

	if (rc < 0)
		return rc;
	*ret_changed = fs->options.backup != backup;
	options = fs->options;
	options.backup = backup;
	return *ret_changed ? store_options(efs, fs, &options, err) : 0;
}

int kefs_file_systems_set_protection(const struct kefs_efs *efs, const char *id_or_arn, enum kefs_protection protection,
				     struct kefs_err *err)
{
	struct kefs_fs_options options;
	const struct kefs_fs *fs;
	int rc = kefs_efs_available_fs(efs, id_or_arn, &fs, err);

	if (rc < 0)
		return rc;
	if (protection == KEFS_PROTECTION_REPLICATING)
		return kefs_err_set(err, -KEFS_E_BAD_REQUEST, "ReplicationOverwriteProtection must be ENABLED or DISABLED");
	options = fs->options;
	options.protection = protection;
	return store_options(efs, fs, &options, err);
}
