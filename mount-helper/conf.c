// SPDX-License-Identifier: GPL-2.0
#include "conf.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "common/str.h"

enum type { TEXT, FLAG, NUMBER };

/* One row per key: where it stands, where its value goes, what it is when the file says nothing. */
static const struct key {
	const char *section, *name;
	enum type type;
	size_t offset, size;		/* TEXT: room there */
	const char *preset;
	uint64_t min, max;		/* NUMBER */
} keys[] = {
#define MEMBER(m) offsetof(struct conf, m), sizeof(((struct conf *)0)->m)
	{ "DEFAULT", "logging_level", TEXT, MEMBER(log_level), "INFO", 0, 0 },
	{ "mount", "dns_name_format", TEXT, MEMBER(dns_name_format), "{az}.{fs_id}.efs.{region}.{dns_name_suffix}", 0, 0 },
	{ "mount", "dns_name_suffix", TEXT, MEMBER(dns_name_suffix), "amazonaws.com", 0, 0 },
	{ "mount", "region", TEXT, MEMBER(region), "", 0, 0 },
	{ "mount", "az_id", TEXT, MEMBER(az_id), "", 0, 0 },
	{ "mount", "stunnel_cafile", TEXT, MEMBER(cafile), CONF_CAFILE, 0, 0 },
	{ "mount", "stunnel_logs_file", TEXT, MEMBER(stunnel_log), "", 0, 0 },
	{ "mount", "efs_endpoint_url", TEXT, MEMBER(efs_endpoint), "", 0, 0 },
	{ "mount", "sts_endpoint_url", TEXT, MEMBER(sts_endpoint), "", 0, 0 },
	{ "mount", "stunnel_debug_enabled", FLAG, MEMBER(debug), "false", 0, 0 },
	{ "mount", "stunnel_check_cert_hostname", FLAG, MEMBER(check_hostname), "true", 0, 0 },
	{ "mount", "stunnel_check_cert_validity", FLAG, MEMBER(ocsp), "false", 0, 0 },
	{ "mount", "fips_mode_enabled", FLAG, MEMBER(fips), "false", 0, 0 },
	{ "mount", "optimize_readahead", FLAG, MEMBER(readahead), "true", 0, 0 },
	{ "mount", "fall_back_to_mount_target_ip_address_enabled", FLAG, MEMBER(fallback), "true", 0, 0 },
	{ "mount", "retry_nfs_mount_command", FLAG, MEMBER(retry), "true", 0, 0 },
	{ "mount", "retry_nfs_mount_command_count", NUMBER, MEMBER(retry_count), "3", 1, 100 },
	{ "mount", "retry_nfs_mount_command_timeout_sec", NUMBER, MEMBER(retry_seconds), "15", 1, 3600 },
	{ "mount", "port_range_lower_bound", NUMBER, MEMBER(port_low), "20049", 1, 65535 },
	{ "mount", "port_range_upper_bound", NUMBER, MEMBER(port_high), "21049", 1, 65536 },
	{ "client-info", "source", TEXT, MEMBER(source), "unknown", 0, 0 },
	{ "mount-watchdog", "enabled", FLAG, MEMBER(watchdog), "true", 0, 0 },
	{ "mount-watchdog", "poll_interval_sec", NUMBER, MEMBER(poll_seconds), "1", 1, 3600 },
	{ "mount-watchdog", "unmount_grace_period_sec", NUMBER, MEMBER(grace_seconds), "30", 0, 86400 },
	{ "mount-watchdog", "unmount_count_for_consistency", NUMBER, MEMBER(gone_count), "5", 0, 86400 },
	{ "mount-watchdog", "tls_cert_renewal_interval_min", NUMBER, MEMBER(renewal_minutes), "60", 1, 10080 },
	{ "mount-watchdog", "stunnel_health_check_enabled", FLAG, MEMBER(health_check), "true", 0, 0 },
	{ "mount-watchdog", "stunnel_health_check_interval_min", NUMBER, MEMBER(health_minutes), "5", 1, 10080 },
	{ "mount-watchdog", "stunnel_health_check_command_timeout_sec", NUMBER, MEMBER(health_seconds), "30", 1, 3600 },
#undef MEMBER
};

/* 0, or what the value should have been. */
static const char *set(struct conf *conf, const struct key *key, const char *value)
{
	char *at = (char *)conf + key->offset;
	uint64_t number;

	switch (key->type) {
	case TEXT:
		return kefs_str_copy(at, key->size, value) < 0 ? "too long" : NULL;
	case FLAG:
		return kefs_str_bool(value, (bool *)at) < 0 ? "want true or false" : NULL;
	case NUMBER:
		if (kefs_str_u64(value, key->min, key->max, &number) < 0)
			return "no number, or outside of what it may be";
		memcpy(at, &(unsigned int){ (unsigned int)number }, sizeof(unsigned int));
		return NULL;
	}
	return NULL;
}

static int set_all(struct conf *conf, struct failure *failure)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *value = ini_get(&conf->ini, keys[i].section, keys[i].name);
		char text[FAILURE_SIZE];
		const char *wrong;

		if (!value)
			value = ini_get(&conf->ini, "DEFAULT", keys[i].name);
		wrong = set(conf, &keys[i], value ? value : keys[i].preset);
		if (!wrong)
			continue;
		(void)kefs_str_format(text, sizeof(text), "%s: [%s] %s = '%.100s': %s", conf->path, keys[i].section,
				      keys[i].name, value, wrong);
		return refuse(failure, MSG_CONFIG, text);
	}
	return 0;
}

int conf_parse(struct conf *conf, struct ini *ini, const char *path, struct failure *failure)
{
	int rc;

	*conf = (struct conf){ .ini = *ini };
	*ini = (struct ini){ 0 };
	rc = kefs_str_copy(conf->path, sizeof(conf->path), path) < 0 ? refuse(failure, MSG_TOO_LONG, path) :
		set_all(conf, failure);
	if (rc == 0 && conf->port_low >= conf->port_high)
		rc = refuse(failure, MSG_PORT_RANGE, path);
	if (rc == 0 && *conf->region && !device_region_valid(conf->region))
		rc = refuse(failure, MSG_BAD_REGION, conf->region);
	if (rc == 0 && *conf->az_id && !device_zone_valid(conf->az_id))
		rc = refuse(failure, MSG_BAD_AZ, "az_id", conf->az_id);
	if (rc == 0 && !*conf->source)
		(void)kefs_str_copy(conf->source, sizeof(conf->source), "unknown");
	if (rc < 0)
		conf_free(conf);
	return rc;
}

int conf_load(struct conf *conf, const char *path, struct failure *failure)
{
	struct ini ini;
	int rc = ini_read(&ini, path, failure);

	if (rc < 0 && rc != -ENOENT)
		return rc;
	return conf_parse(conf, &ini, path, failure);
}

static const char *of_region(const struct conf *conf, const char *region, const char *key)
{
	char section[sizeof("mount.") + REGION_SIZE];

	if (!*region || kefs_str_format(section, sizeof(section), "mount.%s", region) < 0)
		return NULL;
	return ini_get(&conf->ini, section, key);
}

const char *conf_suffix(const struct conf *conf, const char *region)
{
	const char *own = of_region(conf, region, "dns_name_suffix");

	return own ? own : conf->dns_name_suffix;
}

const char *conf_cafile(const struct conf *conf, const char *region)
{
	const char *own = of_region(conf, region, "stunnel_cafile");

	return own ? own : conf->cafile;
}

void conf_free(struct conf *conf)
{
	ini_free(&conf->ini);
}
