// SPDX-License-Identifier: GPL-2.0
#include "efs_shapes.h"

#include <stddef.h>

#include "model/fs_options.h"

#define ID_CHARS	128	/* an ARN */
#define MANY		1000000	/* no limit but the body's */

#define STRING(member, least, most)	.name = member, .type = KEFS_SHAPE_STRING, .min = least, .max = most
#define INTEGER(member, least, most)	.name = member, .type = KEFS_SHAPE_INTEGER, .min = least, .max = most
#define LIST(member, row, least, most)	.name = member, .type = KEFS_SHAPE_LIST, .inner = row, .min = least, .max = most
#define OBJECT(member, rows)		.name = member, .type = KEFS_SHAPE_OBJECT, .inner = rows
#define NUMBER(member)			.name = member, .type = KEFS_SHAPE_NUMBER
#define BOOLEAN(member)			.name = member, .type = KEFS_SHAPE_BOOLEAN
#define WORD(member, list)		.name = member, .type = KEFS_SHAPE_STRING, .words = list
#define REQUIRED			.required = true
#define PATH				.place = KEFS_IN_PATH, .required = true
#define QUERY				.place = KEFS_IN_QUERY
#define END				{ .type = KEFS_SHAPE_END }

#define ID_IN_PATH(member)	{ STRING(member, 1, 256), PATH }
#define ID_IN_QUERY(member)	{ STRING(member, 1, ID_CHARS), QUERY }
/* The two ways of asking for pages. */
#define MARKER	{ INTEGER("MaxItems", 1, INT32_MAX), QUERY }, { STRING("Marker", 1, 128), QUERY }
#define TOKEN	{ INTEGER("MaxResults", 1, INT32_MAX), QUERY }, { STRING("NextToken", 1, 128), QUERY }

static const char *const address_types[] = { "IPV4_ONLY", "IPV6_ONLY", "DUAL_STACK", NULL };
static const char *const id_types[] = { "LONG_ID", "SHORT_ID", NULL };
static const char *const backup_states[] = { "ENABLED", "ENABLING", "DISABLED", "DISABLING", NULL };
static const char *const deletion_modes[] = { "ALL_CONFIGURATIONS", "LOCAL_CONFIGURATION_ONLY", NULL };

/* Characters and first letters of tags are model/tag.h's business. */
static const struct kefs_shape tag[] = {
	{ STRING("Key", 1, 128), REQUIRED }, { STRING("Value", 0, 256), REQUIRED }, END,
};
static const struct kefs_shape tag_row[] = { { OBJECT("", tag) } };
static const struct kefs_shape tag_key_row[] = { { STRING("", 1, 128) } };
static const struct kefs_shape group_row[] = { { STRING("", 11, 43) } };
static const struct kefs_shape gid_row[] = { { INTEGER("", 0, UINT32_MAX) } };

#define TAGS { LIST("Tags", tag_row, 0, MANY) }

const struct kefs_shape kefs_shape_create_file_system[] = {
	{ STRING("CreationToken", 1, 64), REQUIRED },
	{ WORD("PerformanceMode", kefs_performance_words) },
	{ BOOLEAN("Encrypted") },
	{ STRING("KmsKeyId", 1, 2048) },
	{ WORD("ThroughputMode", kefs_throughput_words) },
	{ NUMBER("ProvisionedThroughputInMibps") },
	{ STRING("AvailabilityZoneName", 1, 64) },
	{ BOOLEAN("Backup") },
	TAGS,
	END,
};

const struct kefs_shape kefs_shape_describe_file_systems[] = {
	MARKER, { STRING("CreationToken", 1, 64), QUERY }, ID_IN_QUERY("FileSystemId"), END,
};

const struct kefs_shape kefs_shape_update_file_system[] = {
	ID_IN_PATH("FileSystemId"),
	{ WORD("ThroughputMode", kefs_throughput_words) },
	{ NUMBER("ProvisionedThroughputInMibps") },
	END,
};

const struct kefs_shape kefs_shape_file_system[] = { ID_IN_PATH("FileSystemId"), END };

const struct kefs_shape kefs_shape_update_protection[] = {
	ID_IN_PATH("FileSystemId"), { WORD("ReplicationOverwriteProtection", kefs_protection_words), REQUIRED }, END,
};

const struct kefs_shape kefs_shape_put_policy[] = {
	ID_IN_PATH("FileSystemId"),
	{ STRING("Policy", 1, 20000), REQUIRED },
	{ BOOLEAN("BypassPolicyLockoutSafetyCheck") },
	END,
};

/* An empty word is none of the service's. */
static const struct kefs_shape lifecycle_policy[] = {
	{ WORD("TransitionToIA", kefs_transition_words + 1) },
	{ WORD("TransitionToArchive", kefs_transition_words + 1) },
	{ WORD("TransitionToPrimaryStorageClass", kefs_primary_words + 1) },
	END,
};
static const struct kefs_shape lifecycle_row[] = { { OBJECT("", lifecycle_policy) } };

const struct kefs_shape kefs_shape_put_lifecycle[] = {
	ID_IN_PATH("FileSystemId"), { LIST("LifecyclePolicies", lifecycle_row, 0, 3), REQUIRED }, END,
};

static const struct kefs_shape backup_policy[] = { { WORD("Status", backup_states), REQUIRED }, END };

const struct kefs_shape kefs_shape_put_backup[] = {
	ID_IN_PATH("FileSystemId"), { OBJECT("BackupPolicy", backup_policy), REQUIRED }, END,
};

static const struct kefs_shape destination[] = {
	{ STRING("Region", 1, 64) }, { STRING("AvailabilityZoneName", 1, 64) }, { STRING("KmsKeyId", 1, 2048) },
	{ STRING("FileSystemId", 1, ID_CHARS) }, { STRING("RoleArn", 1, 2048) }, END,
};
static const struct kefs_shape destination_row[] = { { OBJECT("", destination) } };

const struct kefs_shape kefs_shape_create_replication[] = {
	ID_IN_PATH("FileSystemId"), { LIST("Destinations", destination_row, 1, 1), REQUIRED }, END,
};

const struct kefs_shape kefs_shape_delete_replication[] = {
	ID_IN_PATH("FileSystemId"), { WORD("deletionMode", deletion_modes), QUERY }, END,
};

const struct kefs_shape kefs_shape_describe_replications[] = { ID_IN_QUERY("FileSystemId"), TOKEN, END };

const struct kefs_shape kefs_shape_create_mount_target[] = {
	{ STRING("FileSystemId", 1, ID_CHARS), REQUIRED },
	{ STRING("SubnetId", 15, 47), REQUIRED },
	{ STRING("IpAddress", 7, 15) },
	{ STRING("Ipv6Address", 3, 39) },
	{ WORD("IpAddressType", address_types) },
	{ LIST("SecurityGroups", group_row, 0, 100) },
	END,
};

const struct kefs_shape kefs_shape_describe_mount_targets[] = {
	MARKER, ID_IN_QUERY("FileSystemId"), ID_IN_QUERY("MountTargetId"), ID_IN_QUERY("AccessPointId"), END,
};

const struct kefs_shape kefs_shape_mount_target[] = { ID_IN_PATH("MountTargetId"), END };

const struct kefs_shape kefs_shape_modify_groups[] = {
	ID_IN_PATH("MountTargetId"), { LIST("SecurityGroups", group_row, 0, 100) }, END,
};

static const struct kefs_shape posix_user[] = {
	{ INTEGER("Uid", 0, UINT32_MAX), REQUIRED },
	{ INTEGER("Gid", 0, UINT32_MAX), REQUIRED },
	{ LIST("SecondaryGids", gid_row, 0, 16) },
	END,
};

static const struct kefs_shape creation_info[] = {
	{ INTEGER("OwnerUid", 0, UINT32_MAX), REQUIRED },
	{ INTEGER("OwnerGid", 0, UINT32_MAX), REQUIRED },
	{ STRING("Permissions", 3, 4), REQUIRED },
	END,
};

static const struct kefs_shape root_directory[] = {
	{ STRING("Path", 1, 100) }, { OBJECT("CreationInfo", creation_info) }, END,
};

const struct kefs_shape kefs_shape_create_access_point[] = {
	{ STRING("ClientToken", 1, 64), REQUIRED },
	TAGS,
	{ STRING("FileSystemId", 1, ID_CHARS), REQUIRED },
	{ OBJECT("PosixUser", posix_user) },
	{ OBJECT("RootDirectory", root_directory) },
	END,
};

const struct kefs_shape kefs_shape_describe_access_points[] = {
	TOKEN, ID_IN_QUERY("AccessPointId"), ID_IN_QUERY("FileSystemId"), END,
};

const struct kefs_shape kefs_shape_access_point[] = { ID_IN_PATH("AccessPointId"), END };

const struct kefs_shape kefs_shape_tag_resource[] = {
	ID_IN_PATH("ResourceId"), { LIST("Tags", tag_row, 0, MANY), REQUIRED }, END,
};

const struct kefs_shape kefs_shape_untag_resource[] = {
	ID_IN_PATH("ResourceId"), { LIST("tagKeys", tag_key_row, 1, 50), QUERY, REQUIRED }, END,
};

const struct kefs_shape kefs_shape_list_tags[] = { ID_IN_PATH("ResourceId"), TOKEN, END };

const struct kefs_shape kefs_shape_put_preferences[] = { { WORD("ResourceIdType", id_types), REQUIRED }, END };

const struct kefs_shape kefs_shape_describe_preferences[] = {
	{ INTEGER("MaxResults", 1, INT32_MAX) }, { STRING("NextToken", 1, 128) }, END,
};

const struct kefs_shape kefs_shape_create_tags[] = {
	ID_IN_PATH("FileSystemId"), { LIST("Tags", tag_row, 0, MANY), REQUIRED }, END,
};

const struct kefs_shape kefs_shape_delete_tags[] = {
	ID_IN_PATH("FileSystemId"), { LIST("TagKeys", tag_key_row, 1, 50), REQUIRED }, END,
};

const struct kefs_shape kefs_shape_describe_tags[] = { ID_IN_PATH("FileSystemId"), MARKER, END };
