// SPDX-License-Identifier: GPL-2.0
#include "fs_options.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "common/str.h"
#include "fault.h"

#define DAY_MS (24 * 60 * 60 * 1000LL)

const char *const kefs_performance_words[] = { "generalPurpose", "maxIO", NULL };
const char *const kefs_throughput_words[] = { "bursting", "provisioned", "elastic", NULL };
const char *const kefs_protection_words[] = { "ENABLED", "DISABLED", "REPLICATING", NULL };
const char *const kefs_backup_words[] = { "", "ENABLED", "DISABLED", NULL };
const char *const kefs_transition_words[] = {
	"",
	"AFTER_1_DAY", "AFTER_7_DAYS", "AFTER_14_DAYS", "AFTER_30_DAYS", "AFTER_60_DAYS", "AFTER_90_DAYS", "AFTER_180_DAYS",
	"AFTER_270_DAYS", "AFTER_365_DAYS", NULL,
};
const char *const kefs_primary_words[] = { "", "AFTER_1_ACCESS", NULL };

int kefs_words_find(const char *const *words, const char *word)
{
	for (int i = 0; words[i]; i++) {
		if (!strcmp(words[i], word))
			return i;
	}
	return -EINVAL;
}

static int check_mibps(double mibps, uint32_t mibps_max, struct kefs_err *err)
{
	if (!(mibps >= 1 && mibps <= KEFS_MIBPS_MAX))
		return kefs_err_set(err, -KEFS_E_BAD_REQUEST, "ProvisionedThroughputInMibps must be from 1 to %d", KEFS_MIBPS_MAX);
	if (mibps > mibps_max)
		return kefs_err_set(err, -KEFS_E_THROUGHPUT_LIMIT, "The provisioned throughput is limited to %u MiB/s here",
				    mibps_max);
	return 0;
}

static int check_throughput(const struct kefs_fs_options *options, uint32_t mibps_max, struct kefs_err *err)
{
	if (options->throughput == KEFS_ELASTIC && options->performance == KEFS_MAX_IO)
		return kefs_err_set(err, -KEFS_E_BAD_REQUEST, "Elastic throughput is for performance mode generalPurpose only");
	if (options->throughput == KEFS_PROVISIONED)
		return check_mibps(options->mibps, mibps_max, err);
	if (options->mibps > 0 || options->mibps < 0)
		return kefs_err_set(err, -KEFS_E_BAD_REQUEST,
				    "ProvisionedThroughputInMibps is for throughput mode provisioned only");
	return 0;
}

int kefs_options_check(const struct kefs_fs_options *options, const struct kefs_topology *topology, uint32_t mibps_max,
		       struct kefs_err *err)
{
	if (*options->zone && options->performance == KEFS_MAX_IO)
		return kefs_err_set(err, -KEFS_E_BAD_REQUEST, "A One Zone file system has performance mode generalPurpose");
	if (*options->zone && !kefs_topology_zone(topology, options->zone, NULL))
		return kefs_err_set(err, -KEFS_E_UNSUPPORTED_ZONE, "There is no availability zone '%s' in region %s",
				    options->zone, topology->region);
	return check_throughput(options, mibps_max, err);
}

/* "2026-11-21T10:00:00Z" */
static void format_utc(int64_t ms, char *buf, size_t size)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) || !strftime(buf, size, "%Y-%m-%dT%H:%M:%SZ", &tm))
		(void)kefs_str_copy(buf, size, "tomorrow");
}

/* Within a day of a step up nothing may go down again. */
static int check_pace(const struct kefs_fs_options *from, const struct kefs_fs_options *to, int64_t now_ms,
		      struct kefs_err *err)
{
	int64_t until = from->provisioned_ms + DAY_MS;
	char text[32];

	if (from->throughput != KEFS_PROVISIONED || !from->provisioned_ms || now_ms >= until)
		return 0;
	if (to->throughput == KEFS_PROVISIONED && to->mibps >= from->mibps)
		return 0;
	format_utc(until, text, sizeof(text));
	return kefs_err_set(err, -KEFS_E_TOO_MANY_REQUESTS,
			    "The maximum number of throughput mode changes or throughput decreases has been reached. Wait until %s "
			    "to change the throughput mode or to decrease the throughput.", text);
}

int kefs_options_set_throughput(struct kefs_fs_options *options, const struct kefs_throughput_change *change,
				int64_t now_ms, uint32_t mibps_max, struct kefs_err *err)
{
	struct kefs_fs_options to = *options;
	bool different;
	int rc;

	if (!change->has_mode && !change->has_mibps)
		return kefs_err_set(err, -KEFS_E_BAD_REQUEST, "Give ThroughputMode or ProvisionedThroughputInMibps");
	if (change->has_mode)
		to.throughput = change->mode;
	if (change->has_mibps)
		to.mibps = change->mibps;
	else if (to.throughput != KEFS_PROVISIONED)
		to.mibps = 0;
	rc = check_throughput(&to, mibps_max, err);
	if (rc == 0 && to.throughput != KEFS_ELASTIC && to.to_archive)
		rc = kefs_err_set(err, -KEFS_E_BAD_REQUEST,
				  "The file system's lifecycle moves files to Archive, which is for elastic throughput only");
	if (rc == 0)
		rc = check_pace(options, &to, now_ms, err);
	if (rc < 0)
		return rc;
	different = to.throughput != options->throughput || to.mibps > options->mibps || to.mibps < options->mibps;
	if (different && to.throughput == KEFS_PROVISIONED)
		to.provisioned_ms = now_ms;
	*options = to;
	return 0;
}

int kefs_options_set_lifecycle(struct kefs_fs_options *options, int to_ia, int to_archive, int to_primary,
			       struct kefs_err *err)
{
	if (to_archive && to_ia && to_archive <= to_ia)
		return kefs_err_set(err, -KEFS_E_BAD_REQUEST, "TransitionToArchive must be later than TransitionToIA");
	if (to_archive && (options->throughput != KEFS_ELASTIC || options->performance != KEFS_GENERAL_PURPOSE ||
			    *options->zone))
		return kefs_err_set(err, -KEFS_E_BAD_REQUEST,
				    "TransitionToArchive is for Regional file systems with elastic throughput only");
	options->to_ia = to_ia;
	options->to_archive = to_archive;
	options->to_primary = to_primary;
	return 0;
}
