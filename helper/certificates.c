// SPDX-License-Identifier: GPL-2.0
#include "certificates.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"

#define LOOK_MS	2000
#define RETRY_MS 600000	/* what could not be read then: there are days until the old one ends */

struct kefs_certificates {
	struct kefs_certificates_parts parts;
	struct kefs_filewatch *watch;	/* NULL: none was given */
};

void kefs_certificates_wipe(char *key)
{
	if (key)
		explicit_bzero(key, strlen(key));
	free(key);
}

int kefs_certificates_load_api(const struct kefs_settings *settings, char **ret_certificate, char **ret_key,
			       struct kefs_err *err)
{
	const struct kefs_ca_parts parts = {
		.state_dir = settings->state_dir,
		.certificate = settings->api_certificate,
		.key = settings->api_key,
		.ca = "",
		.names = "",
	};
	CLEANUP_FREE char *certificate = NULL;
	struct kefs_ca *ca;
	size_t len;
	int rc = kefs_ca_open(&parts, &ca, err);

	if (rc < 0)
		return kefs_err_prefix(err, rc, "api_certificate: ");
	kefs_ca_free(ca);
	rc = kefs_ca_read(settings->api_certificate, false, &certificate, &len, err);
	if (rc == 0)
		rc = kefs_ca_read(settings->api_key, true, ret_key, &len, err);
	if (rc == 0)
		*ret_certificate = take_ptr(certificate);
	return rc;
}

static int renew_api(const struct kefs_certificates_parts *parts, struct kefs_err *err)
{
	CLEANUP_FREE char *certificate = NULL;
	char *key = NULL;
	int rc = kefs_certificates_load_api(parts->settings, &certificate, &key, err);

	if (rc == 0)
		rc = kefs_http_server_renew(parts->api, certificate, key, err);
	kefs_certificates_wipe(key);
	return rc;
}

static void say(const char *what, int rc, const struct kefs_err *err)
{
	if (rc < 0)
		log_err("%s stays as it was: %s", what, err->text);
	else
		log_info("%s was read again", what);
}

static bool renew(void *ctx)
{
	const struct kefs_certificates_parts *parts = &((struct kefs_certificates *)ctx)->parts;
	struct kefs_err err;
	bool all = true;
	int rc;

	if (kefs_ca_is_given(parts->ca)) {
		rc = kefs_ca_renew(parts->ca, &err);
		say("tls_certificate", rc, &err);
		all = rc == 0;
		parts->renewed(parts->ctx);
	}
	if (parts->api && *parts->settings->api_certificate) {
		rc = renew_api(parts, &err);
		say("api_certificate", rc, &err);
		all = all && rc == 0;
	}
	return all;
}

void kefs_certificates_renew(struct kefs_certificates *certificates)
{
	if (certificates)
		(void)renew(certificates);
}

/* The paths of those that are given. */
static void list_files(const struct kefs_settings *settings, const char *ret_paths[KEFS_FILEWATCH_MAX])
{
	const char *const all[] = {
		settings->tls_certificate, settings->tls_key, settings->tls_ca, settings->api_certificate, settings->api_key,
	};
	size_t count = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (*all[i])
			ret_paths[count++] = all[i];
	}
	ret_paths[count] = NULL;
}

void kefs_certificates_look(const struct kefs_settings *settings, struct kefs_certificates_seen *ret_seen)
{
	const char *paths[KEFS_FILEWATCH_MAX];

	list_files(settings, paths);
	for (size_t i = 0; paths[i]; i++)
		ret_seen->looks[i] = kefs_filewatch_look(paths[i]);
}

int kefs_certificates_new(const struct kefs_certificates_parts *parts, struct kefs_certificates **ret_certificates,
			  struct kefs_err *err)
{
	struct kefs_certificates *certificates = calloc(1, sizeof(*certificates));
	struct kefs_filewatch_parts watch = {
		.loop = parts->loop, .seen = parts->seen->looks, .every_ms = LOOK_MS, .retry_ms = RETRY_MS, .changed = renew,
		.ctx = certificates,
	};
	int rc = certificates ? 0 : -ENOMEM;

	list_files(parts->settings, watch.paths);
	if (rc == 0) {
		certificates->parts = *parts;
		rc = *watch.paths ? kefs_filewatch_new(&watch, &certificates->watch) : 0;
	}
	if (rc < 0) {
		free(certificates);
		return kefs_err_sys(err, rc, "watching certificates");
	}
	*ret_certificates = certificates;
	return 0;
}

void kefs_certificates_free(struct kefs_certificates *certificates)
{
	if (!certificates)
		return;
	kefs_filewatch_free(certificates->watch);
	free(certificates);
}
