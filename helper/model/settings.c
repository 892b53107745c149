// SPDX-License-Identifier: GPL-2.0
#include "settings.h"

#include <errno.h>
#include <string.h>

#include "common/config.h"
#include "common/str.h"
#include "model/fs_options.h"

#define MIB	(1024ull * 1024)
#define GIB	(1024ull * MIB)
#define TIB	(1024ull * GIB)

void kefs_settings_init(struct kefs_settings *settings)
{
	*settings = (struct kefs_settings) {
		.state_dir = "/var/lib/kefs",
		.run_dir = "/run/kefs",
		.pool_image_size = 64 * GIB,
		.listen_count = 2,
		.listen_default = true,
		.lease_seconds = 90,
		.conns_max = 65536,
		.conns_per_address = 8192,
		.log_level = KEFS_LOG_INFO,
		.audit = true,
		.audit_size = 64 * MIB,
		.audit_files = 8,
		.tls_kernel = true,
		.tls_relays_max = 256,
		.dns_suffix = "amazonaws.com",
		.region = "us-east-1",
		.account_id = "000000000000",
		.limits = KEFS_LIMITS_DEFAULT,
	};
	(void)kefs_addr_parse("0.0.0.0", KEFS_NFS_PORT, &settings->listen[0]);
	(void)kefs_addr_parse("::", KEFS_NFS_PORT, &settings->listen[1]);
	(void)kefs_addr_parse("127.0.0.1", KEFS_API_PORT, &settings->api_listen);
	(void)kefs_topology_build(&settings->topology, settings->region, settings->account_id, "", NULL);
}

static int set_path(char *field, const char *value, bool may_be_empty, struct kefs_err *err)
{
	size_t len = strlen(value);

	if (!len && may_be_empty) {
		field[0] = '\0';
		return 0;
	}
	if (*value != '/')
		return kefs_err_set(err, -EINVAL, "\"%.80s\" is not an absolute path (it must begin with /)", value);
	while (len > 1 && value[len - 1] == '/')
		len--;
	if (kefs_str_format(field, KEFS_SETTINGS_PATH - 64, "%.*s", (int)len, value) < 0)
		return kefs_err_set(err, -ENAMETOOLONG, "the path is longer than %d bytes", KEFS_SETTINGS_PATH - 65);
	return 0;
}

static int set_u32(uint32_t *field, const char *value, uint32_t min, uint32_t max, struct kefs_err *err)
{
	uint64_t number;
	int rc = kefs_str_u64(value, min, max, &number);

	if (rc < 0)
		return kefs_err_set(err, rc, "\"%.40s\" is not a whole number from %u to %u", value, min, max);
	*field = (uint32_t)number;
	return 0;
}

static int set_size(uint64_t *field, const char *value, uint64_t min, uint64_t max, bool may_be_zero,
		    struct kefs_err *err)
{
	uint64_t bytes;
	int rc = kefs_str_size(value, &bytes);

	if (rc == 0 && (bytes < min || bytes > max) && !(may_be_zero && !bytes))
		rc = -ERANGE;
	if (rc < 0)
		return kefs_err_set(err, rc, "\"%.40s\" is not a size such as 512M, 64G or 2T, from %llu MiB to %llu TiB%s",
				    value, (unsigned long long)(min / MIB), (unsigned long long)(max / TIB),
				    may_be_zero ? ", or 0 for the default" : "");
	*field = bytes;
	return 0;
}

static int set_state_dir(void *settings, const char *value, struct kefs_err *err)
{
	return set_path(((struct kefs_settings *)settings)->state_dir, value, false, err);
}

static int set_run_dir(void *settings, const char *value, struct kefs_err *err)
{
	struct kefs_settings *s = settings;
	int rc = set_path(s->run_dir, value, false, err);

	/* "<run_dir>/kefsd.sock" must fit sun_path. */
	if (rc == 0 && strlen(s->run_dir) > 90)
		return kefs_err_set(err, -ENAMETOOLONG, "a path of more than 90 bytes cannot hold a socket");
	return rc;
}

static int set_pool(void *settings, const char *value, struct kefs_err *err)
{
	return set_path(((struct kefs_settings *)settings)->pool, value, true, err);
}

static int set_pool_image_size(void *settings, const char *value, struct kefs_err *err)
{
	return set_size(&((struct kefs_settings *)settings)->pool_image_size, value, 64 * MIB, 16 * TIB, false, err);
}

static int add_listen(struct kefs_settings *s, const char *text, struct kefs_err *err)
{
	struct kefs_addr addr;

	if (s->listen_count == KEFS_SETTINGS_LISTEN_MAX)
		return kefs_err_set(err, -E2BIG, "more than %d addresses", KEFS_SETTINGS_LISTEN_MAX);
	if (kefs_addr_parse(text, KEFS_NFS_PORT, &addr) < 0)
		return kefs_err_set(err, -EINVAL,
				    "\"%.80s\" is not an address such as 192.0.2.1, 192.0.2.1:2049, :: or [2001:db8::1]:2049 "
				    "(names are not looked up)", text);
	for (size_t i = 0; i < s->listen_count; i++) {
		if (kefs_addr_equal(&s->listen[i], &addr))
			return kefs_err_set(err, -EINVAL, "%.80s stands there twice", text);
	}
	s->listen[s->listen_count++] = addr;
	return 0;
}

static int set_listen(void *settings, const char *value, struct kefs_err *err)
{
	struct kefs_settings *s = settings;

	s->listen_count = 0;
	s->listen_default = false;
	while (*value) {
		size_t n = strcspn(value, ", \t");
		char text[KEFS_ADDR_TEXT * 2];
		int rc;

		if (n) {
			if (kefs_str_format(text, sizeof(text), "%.*s", (int)n, value) < 0)
				return kefs_err_set(err, -EINVAL, "\"%.80s…\" is too long for an address", text);
			rc = add_listen(s, text, err);
			if (rc < 0)
				return rc;
		}
		value += n;
		value += strspn(value, ", \t");
	}
	if (!s->listen_count)
		return kefs_err_set(err, -EINVAL, "no address; leave the line out for all addresses");
	return 0;
}

static int set_memory_budget(void *settings, const char *value, struct kefs_err *err)
{
	return set_size(&((struct kefs_settings *)settings)->memory_budget, value, 16 * MIB, 1 * TIB, true, err);
}

static int set_lease_seconds(void *settings, const char *value, struct kefs_err *err)
{
	return set_u32(&((struct kefs_settings *)settings)->lease_seconds, value, 10, 3600, err);
}

static int set_threads_max(void *settings, const char *value, struct kefs_err *err)
{
	return set_u32(&((struct kefs_settings *)settings)->threads_max, value, 2, 1024, err);
}

static int set_conns_max(void *settings, const char *value, struct kefs_err *err)
{
	return set_u32(&((struct kefs_settings *)settings)->conns_max, value, 1, 1048576, err);
}

static int set_conns_per_address(void *settings, const char *value, struct kefs_err *err)
{
	return set_u32(&((struct kefs_settings *)settings)->conns_per_address, value, 1, 1048576, err);
}

static int set_default_file_system(void *settings, const char *value, struct kefs_err *err)
{
	struct kefs_settings *s = settings;

	if (*value && !kefs_id_valid(value, "fs-"))
		return kefs_err_set(err, -EINVAL, "\"%.60s\" is not a file system id (fs- and 17 hex digits)", value);
	return kefs_str_copy(s->default_file_system, sizeof(s->default_file_system), value);
}

static int set_log_level(void *settings, const char *value, struct kefs_err *err)
{
	if (kefs_log_level_parse(value, &((struct kefs_settings *)settings)->log_level) < 0)
		return kefs_err_set(err, -EINVAL, "\"%.40s\" is not one of error, warning, info, debug", value);
	return 0;
}

static int set_api_listen(void *settings, const char *value, struct kefs_err *err)
{
	struct kefs_settings *s = settings;

	if (!strcmp(value, "none")) {
		s->api_listen.len = 0;
		return 0;
	}
	if (kefs_addr_parse(value, KEFS_API_PORT, &s->api_listen) < 0)
		return kefs_err_set(err, -EINVAL, "\"%.80s\" is neither an address such as 127.0.0.1:%d nor \"none\"", value,
				    KEFS_API_PORT);
	return 0;
}

static int set_api_certificate(void *settings, const char *value, struct kefs_err *err)
{
	return set_path(((struct kefs_settings *)settings)->api_certificate, value, true, err);
}

static int set_api_key(void *settings, const char *value, struct kefs_err *err)
{
	return set_path(((struct kefs_settings *)settings)->api_key, value, true, err);
}

static int set_region(void *settings, const char *value, struct kefs_err *err)
{
	struct kefs_settings *s = settings;

	if (!kefs_topology_is_region(value))
		return kefs_err_set(err, -EINVAL, "\"%.80s\" is not the name of a region, such as eu-central-1", value);
	return kefs_str_copy(s->region, sizeof(s->region), value);
}

static int set_switch(bool *field, const char *value, struct kefs_err *err)
{
	if (strcmp(value, "on") && strcmp(value, "off"))
		return kefs_err_set(err, -EINVAL, "\"%.40s\" is neither on nor off", value);
	*field = !strcmp(value, "on");
	return 0;
}

static int set_dns(void *settings, const char *value, struct kefs_err *err)
{
	return set_switch(&((struct kefs_settings *)settings)->dns, value, err);
}

static int set_audit(void *settings, const char *value, struct kefs_err *err)
{
	return set_switch(&((struct kefs_settings *)settings)->audit, value, err);
}

static int set_audit_file(void *settings, const char *value, struct kefs_err *err)
{
	return set_path(((struct kefs_settings *)settings)->audit_file, value, true, err);
}

static int set_audit_size(void *settings, const char *value, struct kefs_err *err)
{
	return set_size(&((struct kefs_settings *)settings)->audit_size, value, 1 * MIB, 1 * TIB, false, err);
}

static int set_audit_files(void *settings, const char *value, struct kefs_err *err)
{
	return set_u32(&((struct kefs_settings *)settings)->audit_files, value, 1, 1000, err);
}

static int set_dns_suffix(void *settings, const char *value, struct kefs_err *err)
{
	struct kefs_settings *s = settings;
	size_t len = strlen(value);

	if (!len || len >= sizeof(s->dns_suffix) || strstr(value, "..") || value[0] == '.' || value[len - 1] == '.' ||
	    value[strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-.")])
		return kefs_err_set(err, -EINVAL, "\"%.80s\" is not a domain such as example.net", value);
	return kefs_str_copy(s->dns_suffix, sizeof(s->dns_suffix), value);
}

static int set_account_id(void *settings, const char *value, struct kefs_err *err)
{
	struct kefs_settings *s = settings;

	if (!kefs_topology_is_account(value))
		return kefs_err_set(err, -EINVAL, "\"%.80s\" is not an account's number of 12 digits", value);
	return kefs_str_copy(s->account_id, sizeof(s->account_id), value);
}

/* Looked at when region and account are known. */
static int set_subnets(void *settings, const char *value, struct kefs_err *err)
{
	struct kefs_settings *s = settings;

	if (kefs_str_copy(s->subnets, sizeof(s->subnets), value) < 0)
		return kefs_err_set(err, -EINVAL, "longer than %zu characters", sizeof(s->subnets) - 1);
	return 0;
}

static int set_max_file_systems(void *settings, const char *value, struct kefs_err *err)
{
	return set_u32(&((struct kefs_settings *)settings)->limits.file_systems, value, 1, 100000, err);
}

static int set_max_access_points(void *settings, const char *value, struct kefs_err *err)
{
	return set_u32(&((struct kefs_settings *)settings)->limits.access_points, value, 1, 100000, err);
}

static int set_max_mount_targets(void *settings, const char *value, struct kefs_err *err)
{
	return set_u32(&((struct kefs_settings *)settings)->limits.mount_targets, value, 1, 1000000, err);
}

static int set_max_provisioned_mibps(void *settings, const char *value, struct kefs_err *err)
{
	return set_u32(&((struct kefs_settings *)settings)->limits.provisioned_mibps, value, 1, KEFS_MIBPS_MAX, err);
}

static int set_tls_certificate(void *settings, const char *value, struct kefs_err *err)
{
	return set_path(((struct kefs_settings *)settings)->tls_certificate, value, true, err);
}

static int set_tls_key(void *settings, const char *value, struct kefs_err *err)
{
	return set_path(((struct kefs_settings *)settings)->tls_key, value, true, err);
}

static int set_tls_ca(void *settings, const char *value, struct kefs_err *err)
{
	return set_path(((struct kefs_settings *)settings)->tls_ca, value, true, err);
}

static int set_tls_names(void *settings, const char *value, struct kefs_err *err)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.*, ";
	struct kefs_settings *s = settings;

	if (value[strspn(value, allowed)])
		return kefs_err_set(err, -EINVAL, "\"%.80s\" are not DNS names, such as *.efs.us-east-1.example.org, with commas "
				    "between them", value);
	if (kefs_str_copy(s->tls_names, sizeof(s->tls_names), value) < 0)
		return kefs_err_set(err, -EINVAL, "longer than %zu characters", sizeof(s->tls_names) - 1);
	return 0;
}

static int set_tls_kernel(void *settings, const char *value, struct kefs_err *err)
{
	return set_switch(&((struct kefs_settings *)settings)->tls_kernel, value, err);
}

static int set_tls_fallback(void *settings, const char *value, struct kefs_err *err)
{
	if (strcmp(value, "none") && strcmp(value, "relay"))
		return kefs_err_set(err, -EINVAL, "\"%.40s\" is neither none nor relay", value);
	((struct kefs_settings *)settings)->tls_relays = !strcmp(value, "relay");
	return 0;
}

static int set_tls_relays_max(void *settings, const char *value, struct kefs_err *err)
{
	return set_u32(&((struct kefs_settings *)settings)->tls_relays_max, value, 1, 2048, err);
}

static int check_tls(const struct kefs_settings *settings, const char *source, struct kefs_err *err)
{
	if (!*settings->api_certificate != !*settings->api_key)
		return kefs_err_set(err, -EINVAL, "%s: api_certificate and api_key go together: set both or none", source);
	if (!*settings->tls_certificate != !*settings->tls_key)
		return kefs_err_set(err, -EINVAL, "%s: tls_certificate and tls_key go together: set both or none", source);
	if (*settings->tls_ca && !*settings->tls_certificate)
		return kefs_err_set(err, -EINVAL, "%s: tls_ca is for a tls_certificate of your own: set that and tls_key too", source);
	return 0;
}

static const struct kefs_config_key settings_keys[] = {
	{ "state_dir", set_state_dir },
	{ "run_dir", set_run_dir },
	{ "pool", set_pool },
	{ "pool_image_size", set_pool_image_size },
	{ "listen", set_listen },
	{ "memory_budget", set_memory_budget },
	{ "lease_seconds", set_lease_seconds },
	{ "threads_max", set_threads_max },
	{ "conns_max", set_conns_max },
	{ "conns_per_address", set_conns_per_address },
	{ "default_file_system", set_default_file_system },
	{ "log_level", set_log_level },
	{ "audit", set_audit },
	{ "audit_file", set_audit_file },
	{ "audit_size", set_audit_size },
	{ "audit_files", set_audit_files },
	{ "api_listen", set_api_listen },
	{ "api_certificate", set_api_certificate },
	{ "api_key", set_api_key },
	{ "region", set_region },
	{ "account_id", set_account_id },
	{ "subnets", set_subnets },
	{ "dns", set_dns },
	{ "dns_suffix", set_dns_suffix },
	{ "max_file_systems", set_max_file_systems },
	{ "max_access_points", set_max_access_points },
	{ "max_mount_targets", set_max_mount_targets },
	{ "max_provisioned_mibps", set_max_provisioned_mibps },
	{ "tls_certificate", set_tls_certificate },
	{ "tls_key", set_tls_key },
	{ "tls_ca", set_tls_ca },
	{ "tls_names", set_tls_names },
	{ "tls_kernel", set_tls_kernel },
	{ "tls_fallback", set_tls_fallback },
	{ "tls_relays_max", set_tls_relays_max },
};

int kefs_settings_parse(struct kefs_settings *settings, const char *text, size_t len, const char *source,
			struct kefs_err *err)
{
	int rc = kefs_config_parse(text, len, source, settings_keys, sizeof(settings_keys) / sizeof(settings_keys[0]),
				   settings, err);

	if (rc == 0)
		rc = check_tls(settings, source, err);
	if (rc < 0)
		return rc;
	rc = kefs_topology_build(&settings->topology, settings->region, settings->account_id, settings->subnets, err);
	return rc < 0 ? kefs_err_prefix(err, rc, "%s: subnets: ", source) : 0;
}
