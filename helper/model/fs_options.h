/* SPDX-License-Identifier: GPL-2.0 */
/* What can be chosen of a file system: modes, lifecycle, backup, protection, and the service's rules for them. Pure. */
#ifndef KEFS_MODEL_FS_OPTIONS_H
#define KEFS_MODEL_FS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "model/topology.h"

#define KEFS_MIBPS_MAX		3414	/* MiB/s that can be asked for at all */
#define KEFS_KMS_KEY_SIZE	256	/* an ARN */
#define KEFS_KMS_ALIAS		"alias/aws/elasticfilesystem"

enum kefs_performance { KEFS_GENERAL_PURPOSE, KEFS_MAX_IO };
enum kefs_throughput { KEFS_BURSTING, KEFS_PROVISIONED, KEFS_ELASTIC };
enum kefs_protection { KEFS_PROTECTION_ENABLED, KEFS_PROTECTION_DISABLED, KEFS_PROTECTION_REPLICATING };
enum kefs_backup { KEFS_BACKUP_NONE, KEFS_BACKUP_ENABLED, KEFS_BACKUP_DISABLED };

/* The service's words, in the order of the enums; NULL at the end. The first of the last three is "", for none. */
extern const char *const kefs_performance_words[];
extern const char *const kefs_throughput_words[];
extern const char *const kefs_protection_words[];
extern const char *const kefs_backup_words[];
extern const char *const kefs_transition_words[];	/* AFTER_1_DAY …, the shortest time first */
extern const char *const kefs_primary_words[];

/* Where the word is in the list, or -EINVAL. */
int kefs_words_find(const char *const *words, const char *word);

/* All zero is the service's default. */
struct kefs_fs_options {
	enum kefs_performance performance;
	enum kefs_throughput throughput;
	double mibps;			/* provisioned; else 0 */
	int64_t provisioned_ms;		/* when made provisioned or the amount was changed; 0: never */
	bool encrypted;
	char kms_key[KEFS_KMS_KEY_SIZE];	/* ARN; "" unless encrypted */
	char zone[KEFS_ZONE_SIZE];	/* of a One Zone file system; else "" */
	enum kefs_protection protection;
	enum kefs_backup backup;
	/* Places in kefs_transition_words and, the last one, in kefs_primary_words; 0 for none. */
	int to_ia, to_archive, to_primary;
};

/* What an update asks for. */
struct kefs_throughput_change {
	bool has_mode, has_mibps;
	enum kefs_throughput mode;
	double mibps;
};

/*
 * The options of a new file system against each other and the topology; mibps_max is the deployment's quota. 0, or
 * -KEFS_E_BAD_REQUEST, -KEFS_E_THROUGHPUT_LIMIT, -KEFS_E_UNSUPPORTED_ZONE with err.
 */
int kefs_options_check(const struct kefs_fs_options *options, const struct kefs_topology *topology, uint32_t mibps_max,
		       struct kefs_err *err);

/*
 * Changes mode and amount. 0, also if nothing is different; -KEFS_E_BAD_REQUEST, -KEFS_E_THROUGHPUT_LIMIT, or
 * -KEFS_E_TOO_MANY_REQUESTS within a day of the last increase or switch to provisioned; options is then as before.
 */
int kefs_options_set_throughput(struct kefs_fs_options *options, const struct kefs_throughput_change *change,
				int64_t now_ms, uint32_t mibps_max, struct kefs_err *err);

/* Replaces the lifecycle. 0 or -KEFS_E_BAD_REQUEST, and options is as before. */
int kefs_options_set_lifecycle(struct kefs_fs_options *options, int to_ia, int to_archive, int to_primary,
			       struct kefs_err *err);

#endif
