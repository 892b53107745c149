// SPDX-License-Identifier: GPL-2.0
#include "making.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/str.h"
#include "file.h"
#include "tunnel.h"

#define CREDENTIALS_MAX	((size_t)8 * 1024)

int making_fill(const struct exec_request *r, struct state *s, struct failure *failure)
{
	const char *bundle = places_env("AWS_CA_BUNDLE");

	s->mount_time = (int64_t)time(NULL);
	s->mount_ns = proc_namespace("/proc/self/ns/mnt");
	s->net_ns = proc_namespace(*r->plan->netns ? r->plan->netns : "/proc/self/ns/net");
	if (proc_identify(getpid(), &s->helper) < 0)
		return refuse(failure, MSG_SYSTEM, "/proc", "not mounted");
	(void)kefs_str_copy(s->mount_point, sizeof(s->mount_point), r->plan->mount_point);
	(void)kefs_str_copy(s->netns, sizeof(s->netns), r->plan->netns);
	(void)kefs_str_copy(s->fs_id, sizeof(s->fs_id), r->plan->device.fs_id);
	(void)kefs_str_copy(s->access_point, sizeof(s->access_point), r->plan->access_point);
	(void)kefs_str_copy(s->region, sizeof(s->region), r->plan->region);
	(void)kefs_str_copy(s->client_source, sizeof(s->client_source), r->plan->client_source);
	(void)kefs_str_copy(s->credentials_file, sizeof(s->credentials_file), r->places->credentials_file);
	(void)kefs_str_copy(s->config_file, sizeof(s->config_file), r->places->config_file);
	(void)kefs_str_copy(s->sts_url, sizeof(s->sts_url), r->places->sts_url);
	if (bundle && !realpath(bundle, s->ca_bundle))
		s->ca_bundle[0] = '\0';
	proc_boot(s->boot, sizeof(s->boot));
	if (gethostname(s->common_name, sizeof(s->common_name) - 1) < 0 || !*s->common_name)
		(void)kefs_str_copy(s->common_name, sizeof(s->common_name), "localhost");
	return 0;
}

int making_folder(const struct state *state, struct failure *failure)
{
	char path[PATH_MAX];
	int rc;

	rc = state_path(state, "", path);
	if (rc == 0)
		rc = mkdir(path, 0700) < 0 ? -errno : 0;
	if (rc < 0 && rc != -EEXIST)
		return refuse(failure, MSG_STATE, path, kefs_err_name(rc));
	return rc;
}

int making_creds(const struct exec_request *r, struct creds *creds, struct failure *failure)
{
	const struct creds_places places = places_for_creds(r->places, places_env);

	return creds_find(&r->plan->creds, &places, creds, failure);
}

static bool is_environment(const struct creds *creds)
{
	return !strcmp(creds->method, "environment");
}

/* When a file was changed last; 0: it is not there. */
static int64_t stamp(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec : 0;
}

/*
 * Keys for good are who they are. Those that end are others the next time: what counts is where they come from, and
 * that nobody has written something else there.
 */
int making_identity(struct state *state, const struct creds *creds, struct failure *failure)
{
	unsigned char hash[SHA256_DIGEST_LENGTH];
	char keys[sizeof(creds->access_key) + sizeof(creds->secret) + sizeof(creds->token)], hex[2 * sizeof(hash) + 1];
	bool lasting = !*creds->token || is_environment(creds);
	int rc;

	if (lasting)
		rc = kefs_str_format(keys, sizeof(keys), "%s\n%s\n%s", creds->access_key, creds->secret, creds->token);
	else
		rc = kefs_str_format(keys, sizeof(keys), "%" PRId64 " %" PRId64, stamp(state->credentials_file),
				      stamp(state->config_file));
	if (rc == 0)
		(void)SHA256((const unsigned char *)keys, strlen(keys), hash);
	explicit_bzero(keys, sizeof(keys));
	for (size_t i = 0; i < sizeof(hash); i++)
		(void)kefs_str_format(hex + 2 * i, 3, "%02x", hash[i]);
	if (rc == 0)
		rc = kefs_str_format(state->identity, sizeof(state->identity), "%s %s %s %s", creds->method,
				      state->credentials_file, state->config_file, hex);
	return rc < 0 ? refuse(failure, MSG_TOO_LONG, "where the credentials come from") : 0;
}

/*
 * Keys of the environment are gone with it: kefs-watchdog finds them in the folder, which is root's and in memory, when
 * it renews the certificate.
 */
static int keep_keys(struct state *state, const struct creds *creds, struct failure *failure)
{
	struct kefs_buf text = { .cap = CREDENTIALS_MAX };
	char path[PATH_MAX];
	int rc;

	rc = state_path(state, "credentials", path);
	if (rc == 0)
		rc = kefs_buf_format(&text, "[environment]\naws_access_key_id = %s\naws_secret_access_key = %s\n"
				     "aws_session_token = %s\n", creds->access_key, creds->secret, creds->token);
	if (rc == 0)
		rc = file_write(path, text.data, text.len, 0600, 0);
	if (text.data)
		explicit_bzero(text.data, text.len);
	kefs_buf_free(&text);
	if (rc == 0)
		rc = kefs_str_format(state->creds_method, sizeof(state->creds_method), "file:%s", path);
	return rc < 0 ? refuse(failure, MSG_STATE, path, kefs_err_name(rc)) : 0;
}

int making_certify(struct state *state, const struct creds *creds, struct failure *failure)
{
	struct kefs_err err;
	int rc = 0;

	if (creds && is_environment(creds))
		rc = keep_keys(state, creds, failure);
	else if (creds)
		rc = kefs_str_copy(state->creds_method, sizeof(state->creds_method), creds->method);
	if (rc < 0)
		return rc;
	rc = file_mkdirs("/etc/amazon/efs", 0755);
	if (rc < 0)
		return refuse(failure, MSG_CERTIFICATE, kefs_err_name(rc));
	return tunnel_certify(state, creds, &err) < 0 ? refuse(failure, MSG_CERTIFICATE, err.text) : 0;
}

int making_save(const struct state *state, struct failure *failure)
{
	struct kefs_err err;

	return state_save(state, &err) < 0 ? refuse(failure, MSG_CONFIG, err.text) : 0;
}
