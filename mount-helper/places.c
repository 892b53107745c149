// SPDX-License-Identifier: GPL-2.0
#include "places.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/str.h"
#include "file.h"

const char *places_env(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static void find_file(char *path, const char *variable, const char *name)
{
	const char *given = places_env(variable);
	const struct passwd *user = given ? NULL : getpwuid(geteuid());
	int rc = -1;

	if (given)
		rc = file_absolute(given, path);
	else if (user)
		rc = kefs_str_format(path, PATH_MAX, "%s/.aws/%s", user->pw_dir, name);
	if (rc < 0)
		*path = '\0';
}

/* The environment's own URL, the configuration's, the environment's for all services, Amazon's form. */
static void find_url(char *url, const char *variable, const char *configured, const char *service, const char *region,
		     const char *suffix)
{
	const char *given = places_env(variable);
	size_t len;
	int rc;

	if (!given && *configured)
		given = configured;
	if (!given)
		given = places_env("AWS_ENDPOINT_URL");
	rc = given ? kefs_str_copy(url, URL_SIZE, given) :
		kefs_str_format(url, URL_SIZE, "https://%s.%s.%s", service, region, suffix);
	if (rc < 0 || (!given && !*region))
		*url = '\0';
	for (len = strlen(url); len && url[len - 1] == '/'; len--)
		url[len - 1] = '\0';
}

void places_find(struct places *places, const struct conf *conf, const char *region)
{
	const char *suffix = conf_suffix(conf, region);

	*places = (struct places){ 0 };
	find_file(places->credentials_file, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
	find_file(places->config_file, "AWS_CONFIG_FILE", "config");
	(void)kefs_str_copy(places->region, sizeof(places->region), region);
	find_url(places->sts_url, "AWS_ENDPOINT_URL_STS", conf->sts_endpoint, "sts", region, suffix);
	find_url(places->efs_url, "AWS_ENDPOINT_URL_EFS", conf->efs_endpoint, "elasticfilesystem", region, suffix);
}

struct creds_places places_for_creds(const struct places *places, const char *(*env)(const char *name))
{
	return (struct creds_places){
		.credentials_file = *places->credentials_file ? places->credentials_file : NULL,
		.config_file = *places->config_file ? places->config_file : NULL,
		.region = places->region, .sts_url = *places->sts_url ? places->sts_url : NULL, .env = env,
	};
}
