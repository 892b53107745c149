// SPDX-License-Identifier: GPL-2.0
#include "device.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "common/str.h"

#define HEX "0123456789abcdef"
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
#define LABEL "abcdefghijklmnopqrstuvwxyz0123456789-"

static bool label_valid(const char *text, size_t max)
{
	size_t len = strlen(text);

	return len && len <= max && strspn(text, LABEL) == len && text[0] != '-' && text[len - 1] != '-';
}

bool device_region_valid(const char *text)
{
	return label_valid(text, REGION_SIZE - 1);
}

bool device_zone_valid(const char *text)
{
	return label_valid(text, ZONE_SIZE - 1);
}

/* "fs-" and hex digits in the first len bytes? EFS's clients take any number of them. */
static bool is_fs_id(const char *text, size_t len)
{
	return len > 3 && len < KEFS_ID_SIZE && !strncmp(text, "fs-", 3) && strspn(text + 3, HEX) >= len - 3;
}

static bool is_address(const char *text)
{
	struct in6_addr addr;

	return inet_pton(AF_INET, text, &addr) == 1 || inet_pton(AF_INET6, text, &addr) == 1;
}

/* "[2001:db8::1]:/x": the colon that ends the host is behind the bracket. Returns what follows the remote. */
static const char *split(const char *text, const char **ret_remote, size_t *ret_len)
{
	const char *end = *text == '[' ? strchr(text, ']') : NULL;

	*ret_remote = end ? text + 1 : text;
	*ret_len = end ? (size_t)(end - text - 1) : strcspn(text, ":");
	return end ? end + 1 : text + *ret_len;
}

int device_parse(const char *text, struct device *ret_device, struct failure *failure)
{
	const char *remote, *rest, *path;
	size_t len;

	*ret_device = (struct device){ 0 };
	rest = split(text, &remote, &len);
	if (!len || len >= NAME_SIZE || (*rest && *rest != ':'))
		return refuse(failure, MSG_BAD_DEVICE, text);
	path = *rest == ':' && rest[1] ? rest + 1 : "/";
	if (*path != '/')
		return refuse(failure, MSG_BAD_PATH, text);
	if (kefs_str_copy(ret_device->path, sizeof(ret_device->path), path) < 0)
		return refuse(failure, MSG_TOO_LONG, "the device's path");
	memcpy(ret_device->remote, remote, len);
	ret_device->remote[len] = '\0';
	if (is_fs_id(ret_device->remote, len)) {
		ret_device->kind = DEVICE_ID;
		return kefs_str_copy(ret_device->fs_id, sizeof(ret_device->fs_id), ret_device->remote);
	}
	ret_device->kind = is_address(ret_device->remote) ? DEVICE_ADDRESS : DEVICE_NAME;
	if (*text == '[' && ret_device->kind != DEVICE_ADDRESS)
		return refuse(failure, MSG_BAD_DEVICE, text);
	return 0;
}

/* What a placeholder at *format stands for; *format goes behind it. NULL: there is no such placeholder. */
static const char *placeholder(const char **format, const struct name_rule *rule, const char *fs_id, const char *az)
{
	const struct {
		const char *name, *value;
	} known[] = {
		{ "{az}.", az }, { "{az}", az }, { "{fs_id}", fs_id }, { "{region}", rule->region },
		{ "{dns_name_suffix}", rule->suffix },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const char *rest = kefs_str_after(*format, known[i].name);

		if (!rest)
			continue;
		/* The zone's dot goes where the zone goes */
		*format = i == 0 && *az ? rest - 1 : rest;
		return known[i].value ? known[i].value : "";
	}
	return NULL;
}

int device_name(const struct name_rule *rule, const char *fs_id, const char *az, const char *config,
		char ret_name[NAME_SIZE], struct failure *failure)
{
	const char *p = rule->format;
	size_t at = 0;

	if (!strstr(p, "{fs_id}"))
		return refuse(failure, MSG_BAD_FORMAT, rule->format);
	if (strstr(p, "{region}") && (!rule->region || !*rule->region))
		return refuse(failure, MSG_NO_REGION, "the DNS name", config);
	while (*p) {
		const char *value = *p == '{' || *p == '}' ? placeholder(&p, rule, fs_id, az) : NULL;
		char one[2] = { *p, '\0' };

		if (!value && (*p == '{' || *p == '}'))
			return refuse(failure, MSG_BAD_FORMAT, rule->format);
		if (!value) {
			value = one;
			p++;
		}
		if (kefs_str_copy(ret_name + at, NAME_SIZE - at, value) < 0)
			return refuse(failure, MSG_LONG_NAME, fs_id);
		at += strlen(value);
	}
	return ret_name[strspn(ret_name, NAME_CHARACTERS)] ? refuse(failure, MSG_BAD_FORMAT, rule->format) : 0;
}

/* The id at the start of a name, or behind its first label: where it begins, or NULL. */
static const char *find_fs_id(const char *name, size_t *ret_len)
{
	for (int label = 0; label < 2; label++) {
		*ret_len = strcspn(name, ".");
		if (is_fs_id(name, *ret_len) && name[*ret_len] == '.')
			return name;
		if (!name[*ret_len])
			return NULL;
		name += *ret_len + 1;
	}
	return NULL;
}

int device_match(struct device *device, const char *canonical, const struct name_rule *rule, const char *config,
		 struct failure *failure)
{
	char expected[NAME_SIZE], az[ZONE_SIZE] = "", fs_id[KEFS_ID_SIZE];
	const char *start;
	size_t len;
	int rc;

	start = find_fs_id(canonical, &len);
	if (!start || (start > canonical && (size_t)(start - canonical) > sizeof(az)))
		return refuse(failure, MSG_NO_EFS_NAME, device->remote, canonical);
	memcpy(fs_id, start, len);
	fs_id[len] = '\0';
	if (start > canonical) {
		memcpy(az, canonical, (size_t)(start - canonical) - 1);
		az[start - canonical - 1] = '\0';
		if (!device_zone_valid(az))
			return refuse(failure, MSG_NO_EFS_NAME, device->remote, canonical);
	}
	rc = device_name(rule, fs_id, az, config, expected, failure);
	if (rc < 0)
		return rc;
	if (strcmp(expected, canonical) != 0)
		return refuse(failure, MSG_OTHER_NAME, device->remote, canonical, expected);
	(void)kefs_str_copy(device->fs_id, sizeof(device->fs_id), fs_id);
	return kefs_str_copy(device->az, sizeof(device->az), az);
}
