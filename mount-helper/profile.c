// SPDX-License-Identifier: GPL-2.0
#include "profile.h"

#include <string.h>

#include "common/str.h"

static bool keys_of(const struct ini *ini, const char *section, struct profile *profile)
{
	const char *key = ini_get(ini, section, "aws_access_key_id");
	const char *secret = ini_get(ini, section, "aws_secret_access_key");
	const char *token = ini_get(ini, section, "aws_session_token");

	if (!key || !*key || !secret || !*secret)
		return false;
	*profile = (struct profile){ .access_key = key, .secret = secret, .token = token && *token ? token : NULL };
	return true;
}

static bool role_of(const struct ini *ini, const char *section, struct profile *profile)
{
	const char *role = ini_get(ini, section, "role_arn"), *source = ini_get(ini, section, "source_profile");
	const char *file = ini_get(ini, section, "web_identity_token_file");

	if (!role || (!source && !file))
		return false;
	*profile = (struct profile){
		.kind = source ? PROFILE_ROLE : PROFILE_WEB_IDENTITY, .role_arn = role, .source_profile = source,
		.token_file = file, .external_id = ini_get(ini, section, "external_id"),
		.session_name = ini_get(ini, section, "role_session_name"),
	};
	return true;
}

struct profile profile_find_keys(const struct ini *credentials, const struct ini *config, const char *name)
{
	char section[sizeof("profile ") + CREDS_NAME];
	struct profile profile = { .kind = PROFILE_NONE };
	const char *const sections[] = { section, name };

	if (kefs_str_format(section, sizeof(section), "profile %s", name) < 0)
		return profile;
	if (keys_of(credentials, name, &profile)) {
		profile.kind = PROFILE_CREDENTIALS;
		return profile;
	}
	for (size_t i = 0; i < 2; i++) {
		if (keys_of(config, sections[i], &profile)) {
			profile.kind = PROFILE_CONFIG;
			return profile;
		}
	}
	return profile;
}

struct profile profile_find(const struct ini *credentials, const struct ini *config, const char *name)
{
	char section[sizeof("profile ") + CREDS_NAME];
	struct profile profile = { .kind = PROFILE_NONE };
	const char *const sections[] = { section, name };

	if (kefs_str_format(section, sizeof(section), "profile %s", name) < 0)
		return profile;
	/* A role with a source wins over keys of the same profile: as AWS's own tools have it */
	for (size_t i = 0; i < 2; i++)
		if (role_of(config, sections[i], &profile))
			return profile;
	if (role_of(credentials, name, &profile))
		return profile;
	return profile_find_keys(credentials, config, name);
}
