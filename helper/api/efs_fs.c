// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include <time.h>

#include "common/str.h"
#include "efs.h"
#include "service/file_systems.h"
#include "store/st_mount_target.h"

/* SizeInBytes; without Timestamp if the pool cannot tell. All is Standard: there is no other class yet. */
static json_t *size_json(const struct kefs_efs *efs, const struct kefs_fs *fs)
{
	uint64_t bytes;

	if (fs->state != KEFS_FS_AVAILABLE || kefs_volumes_usage(efs->volumes, fs, &bytes) < 0)
		return json_pack("{sI}", "Value", (json_int_t)0);
	return json_pack("{sI sI sI sI sI}", "Value", (json_int_t)bytes, "Timestamp", (json_int_t)time(NULL),
			 "ValueInIA", (json_int_t)0, "ValueInStandard", (json_int_t)bytes, "ValueInArchive", (json_int_t)0);
}

/* What only some file systems have. */
static int add_options(const struct kefs_efs *efs, json_t *object, const struct kefs_fs_options *options)
{
	const char *zone_id;
	int rc = 0;

	if (options->encrypted)
		rc |= json_object_set_new(object, "KmsKeyId", json_string(options->kms_key));
	if (options->throughput == KEFS_PROVISIONED)
		rc |= json_object_set_new(object, "ProvisionedThroughputInMibps", json_real(options->mibps));
	if (*options->zone)
		rc |= json_object_set_new(object, "AvailabilityZoneName", json_string(options->zone));
	if (*options->zone && kefs_topology_zone(efs->topology, options->zone, &zone_id))
		rc |= json_object_set_new(object, "AvailabilityZoneId", json_string(zone_id));
	return rc;
}

json_t *kefs_efs_fs_json(const struct kefs_efs *efs, const struct kefs_fs *fs, const char *state)
{
	const struct kefs_fs_options *options = &fs->options;
	char arn[KEFS_ARN_SIZE], name[KEFS_FS_NAME_SIZE];
	json_t *tags = kefs_efs_tags_json(efs, fs->id, name, sizeof(name)), *object;
	int64_t targets = 0;

	if (kefs_st_mount_target_count(efs->db, fs->id, &targets, NULL) < 0 || !tags) {
		json_decref(tags);
		return NULL;
	}
	kefs_topology_arn(efs->topology, "file-system", fs->id, arn);
	object = json_pack("{ss ss ss ss sf ss ss sI so ss sb ss so s{ss}}",
			   "OwnerId", efs->topology->account,
			   "CreationToken", fs->token,
			   "FileSystemId", fs->id,
			   "FileSystemArn", arn,
			   "CreationTime", kefs_efs_seconds(fs->created_ms),
			   "LifeCycleState", state ? state : kefs_fs_state_name(fs->state),
			   "Name", name,
			   "NumberOfMountTargets", (json_int_t)targets,
			   "SizeInBytes", size_json(efs, fs),
			   "PerformanceMode", kefs_performance_words[options->performance],
			   "Encrypted", options->encrypted,
			   "ThroughputMode", kefs_throughput_words[options->throughput],
			   "Tags", tags,
			   "FileSystemProtection",
			   "ReplicationOverwriteProtection", kefs_protection_words[options->protection]);
	if (object && add_options(efs, object, options) < 0) {
		json_decref(object);
		return NULL;
	}
	return object;
}

/* The request's options; what is not given is the service's default. */
static int read_options(struct kefs_efs_call *call, struct kefs_fs_options *options)
{
	const json_t *in = call->in;

	options->performance = (enum kefs_performance)kefs_in_word(in, "PerformanceMode", kefs_performance_words, 0);
	options->throughput = (enum kefs_throughput)kefs_in_word(in, "ThroughputMode", kefs_throughput_words, 0);
	options->mibps = kefs_in_number(in, "ProvisionedThroughputInMibps");
	options->encrypted = kefs_in_boolean(in, "Encrypted", false);
	if (kefs_str_copy(options->zone, sizeof(options->zone), kefs_in_string(in, "AvailabilityZoneName")) < 0)
		return kefs_err_set(&call->err, -KEFS_E_UNSUPPORTED_ZONE, "There is no such availability zone");
	options->backup = kefs_in_boolean(in, "Backup", *options->zone) ? KEFS_BACKUP_ENABLED : KEFS_BACKUP_NONE;
	if (json_object_get(in, "ProvisionedThroughputInMibps") && options->throughput != KEFS_PROVISIONED)
		return kefs_err_set(&call->err, -KEFS_E_BAD_REQUEST,
				    "ProvisionedThroughputInMibps is for throughput mode provisioned only");
	return 0;
}

int kefs_efs_create_file_system(struct kefs_efs_call *call)
{
	struct kefs_fs_request request = { .name = "" };
	const struct kefs_fs *fs = NULL;
	int rc;

	call->extra = "FileSystemId";
	rc = read_options(call, &request.options);
	if (rc < 0)
		return rc;
	if (kefs_str_copy(request.token, sizeof(request.token), kefs_in_string(call->in, "CreationToken")) < 0)
		return kefs_err_set(&call->err, -KEFS_E_BAD_REQUEST, "CreationToken has a character that is not printable ASCII");
	rc = kefs_efs_read_tags(call->in, "Tags", &request.tags);
	if (rc == 0)
		rc = kefs_file_systems_create(call->efs, &request, kefs_in_string(call->in, "KmsKeyId"), &fs,
					      call->extra_value, &call->err);
	kefs_tags_free(&request.tags);
	/* It is available already; but who has asked for a creation expects to read of one. */
	return rc < 0 ? rc : kefs_efs_out(call, kefs_efs_fs_json(call->efs, fs, "creating"));
}

static int describe_one(struct kefs_efs_call *call, const char *id)
{
	struct kefs_efs_next none = { .more = false };
	const struct kefs_fs *fs;
	json_t *list;
	int rc = kefs_efs_find_fs(call->efs, id, &fs, &call->err);

	if (rc < 0)
		return rc;
	list = json_pack("[o]", kefs_efs_fs_json(call->efs, fs, NULL));
	return kefs_efs_list(call, "FileSystems", list, 'f', true, &none);
}

int kefs_efs_describe_file_systems(struct kefs_efs_call *call)
{
	const char *id = kefs_in_string(call->in, "FileSystemId"), *token = kefs_in_string(call->in, "CreationToken");
	const struct kefs_fs_list *all = kefs_volumes_list(call->efs->volumes);
	struct kefs_efs_next next = { .more = false };
	struct kefs_page page;
	json_t *list;
	int rc;

	if (*id && *token)
		return kefs_err_set(&call->err, -KEFS_E_BAD_REQUEST, "Give FileSystemId or CreationToken, not both");
	if (*id)
		return describe_one(call, id);
	rc = kefs_efs_page(call, 'f', true, &page);
	if (rc < 0)
		return rc;
	list = json_array();
	for (size_t i = 0; i < all->count && !next.more; i++) {
		const struct kefs_fs *fs = &all->fs[i];

		if (!kefs_page_is_after(&page, fs->created_ms, fs->id) || (*token && strcmp(fs->token, token)))
			continue;
		if (json_array_size(list) == page.limit)
			next.more = true;
		else if (json_array_append_new(list, kefs_efs_fs_json(call->efs, fs, NULL)) == 0)
			next = (struct kefs_efs_next) { .ms = fs->created_ms, .id = fs->id };
		else
			rc = -ENOMEM;
	}
	if (rc < 0) {
		json_decref(list);
		return kefs_efs_out(call, NULL);
	}
	return kefs_efs_list(call, "FileSystems", list, 'f', true, &next);
}

int kefs_efs_update_file_system(struct kefs_efs_call *call)
{
	const struct kefs_throughput_change change = {
		.has_mode = json_object_get(call->in, "ThroughputMode"),
		.has_mibps = json_object_get(call->in, "ProvisionedThroughputInMibps"),
		.mode = (enum kefs_throughput)kefs_in_word(call->in, "ThroughputMode", kefs_throughput_words, 0),
		.mibps = kefs_in_number(call->in, "ProvisionedThroughputInMibps"),
	};
	const struct kefs_fs *fs;
	int rc = kefs_file_systems_set_throughput(call->efs, kefs_in_string(call->in, "FileSystemId"), &change, &fs,
						  &call->err);

	return rc < 0 ? rc : kefs_efs_out(call, kefs_efs_fs_json(call->efs, fs, "updating"));
}

int kefs_efs_delete_file_system(struct kefs_efs_call *call)
{
	return kefs_file_systems_delete(call->efs, kefs_in_string(call->in, "FileSystemId"), &call->err);
}

int kefs_efs_update_protection(struct kefs_efs_call *call)
{
	int word = kefs_in_word(call->in, "ReplicationOverwriteProtection", kefs_protection_words, 0);
	int rc = kefs_file_systems_set_protection(call->efs, kefs_in_string(call->in, "FileSystemId"),
						  (enum kefs_protection)word, &call->err);

	if (rc < 0)
		return rc;
	return kefs_efs_out(call, json_pack("{ss}", "ReplicationOverwriteProtection", kefs_protection_words[word]));
}
