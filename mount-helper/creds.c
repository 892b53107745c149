// SPDX-License-Identifier: GPL-2.0
#include "creds.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "aws.h"
#include "common/buf.h"
#include "common/cleanup.h"
#include "common/err.h"
#include "common/sigv4_canon.h"
#include "common/str.h"
#include "file.h"
#include "profile.h"

#define ROLE_DEPTH_MAX		5
#define TRIED_MAX		((size_t)1200)
#define FORM_MAX		((size_t)64 * 1024)
#define TOKEN_FILE_MAX		((size_t)32 * 1024)
#define SESSION_NAME		"efs-mount-helper"
#define CONTAINER_HOST		"http://169.254.170.2"
#define CONTAINER_LIMIT_MS	1000
#define ENV_SECTION		"environment"
#define SESSION_SEC		3600	/* what STS gives, unless it is asked for another */

static const char *env(const struct creds_places *places, const char *name)
{
	const char *value = places->env ? places->env(name) : NULL;

	return value && *value ? value : NULL;
}

static const char *ca_file(const struct creds_places *places)
{
	return places->ca_file ? places->ca_file : env(places, "AWS_CA_BUNDLE");
}

/* They go into headers and certificates: printable, and no blanks. */
static bool is_plain(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

static int take(struct creds *creds, const char *access_key, const char *secret, const char *token,
		struct kefs_err *err)
{
	if (!access_key || !secret || !*access_key || !*secret)
		return kefs_err_set(err, -ENOENT, "no keys in the answer");
	creds->expires = 0;
	if (!is_plain(access_key) || !is_plain(secret) || (token && !is_plain(token)) ||
	    kefs_str_copy(creds->access_key, sizeof(creds->access_key), access_key) < 0 ||
	    kefs_str_copy(creds->secret, sizeof(creds->secret), secret) < 0 ||
	    kefs_str_copy(creds->token, sizeof(creds->token), token ? token : "") < 0)
		return kefs_err_set(err, -EINVAL, "the keys are no keys: blanks inside, or too long");
	return 0;
}

/* When a session ends: seconds since the epoch, as STS writes it in JSON, or a date, as agents do. */
static int64_t session_end(const json_t *expiration)
{
	const char *text = json_string_value(expiration);
	struct tm tm = { 0 };

	if (json_is_number(expiration) && json_number_value(expiration) > 0 && json_number_value(expiration) < 1e12)
		return (int64_t)json_number_value(expiration);
	if (text && strptime(text, "%Y-%m-%dT%H:%M:%S", &tm))
		return (int64_t)timegm(&tm);
	return (int64_t)time(NULL) + SESSION_SEC;
}

static int take_json(struct creds *creds, const json_t *object, const char *token, struct kefs_err *err)
{
	int rc = take(creds, json_string_value(json_object_get(object, "AccessKeyId")),
		      json_string_value(json_object_get(object, "SecretAccessKey")),
		      json_string_value(json_object_get(object, token)), err);

	if (rc == 0)
		creds->expires = session_end(json_object_get(object, "Expiration"));
	return rc;
}

/* A file's text without blanks at its end. */
static int read_token(const char *path, char **ret_text, struct kefs_err *err)
{
	size_t len;
	int rc = file_read(path, TOKEN_FILE_MAX, ret_text, &len);

	if (rc < 0)
		return kefs_err_sys(err, rc, "%s", path);
	while (len && strchr(" \t\r\n", (*ret_text)[len - 1]))
		(*ret_text)[--len] = '\0';
	return 0;
}

static int add_field(struct kefs_buf *form, const char *name, const char *value)
{
	int rc = kefs_buf_format(form, "%s%s=", form->len ? "&" : "", name);

	return rc < 0 ? rc : sigv4_encode(form, value, strlen(value), "");
}

/* Asks STS; of the answer, result is the object with the credentials' outer name in it. */
static int ask_sts(const struct creds_places *places, const char *action, const struct kefs_buf *form,
		   const struct creds *signer, struct creds *ret_creds, struct kefs_err *err)
{
	const struct aws_call call = { .url = places->sts_url, .body = form->data, .region = places->region,
				       .service = "sts", .creds = signer, .ca_file = ca_file(places),
				       .limit_ms = AWS_LIMIT_MS };
	char outer[64], inner[64];
	json_t *object, *found;
	int rc;

	if (!places->sts_url || !places->region || !*places->region)
		return kefs_err_set(err, -EINVAL, "the region is not known, which STS needs");
	rc = aws_do(&call, &object, err);
	if (rc < 0)
		return rc;
	(void)kefs_str_format(outer, sizeof(outer), "%sResponse", action);
	(void)kefs_str_format(inner, sizeof(inner), "%sResult", action);
	found = json_object_get(json_object_get(json_object_get(object, outer), inner), "Credentials");
	rc = take_json(ret_creds, found, "SessionToken", err);
	json_decref(object);
	return rc;
}

static int web_identity(const struct creds_places *places, const char *arn, const char *token_file,
			struct creds *ret_creds, struct kefs_err *err)
{
	struct kefs_buf form = { .cap = FORM_MAX };
	CLEANUP_FREE char *token = NULL;
	int rc;

	rc = read_token(token_file, &token, err);
	if (rc < 0)
		return rc;
	rc = kefs_buf_format(&form, "Version=2011-06-15&Action=AssumeRoleWithWebIdentity");
	if (rc == 0)
		rc = add_field(&form, "RoleArn", arn);
	if (rc == 0)
		rc = add_field(&form, "RoleSessionName", SESSION_NAME);
	if (rc == 0)
		rc = add_field(&form, "WebIdentityToken", token);
	if (rc < 0)
		(void)kefs_err_sys(err, rc, "the request");
	else
		rc = ask_sts(places, "AssumeRoleWithWebIdentity", &form, NULL, ret_creds, err);
	kefs_buf_free(&form);
	if (rc == 0)
		rc = kefs_str_format(ret_creds->method, CREDS_METHOD, "webidentity:%s,%s", arn, token_file);
	return rc;
}

static int assume_role(const struct creds_places *places, const struct profile *profile, const struct creds *source,
		       struct creds *ret_creds, struct kefs_err *err)
{
	struct kefs_buf form = { .cap = FORM_MAX };
	int rc;

	rc = kefs_buf_format(&form, "Version=2011-06-15&Action=AssumeRole");
	if (rc == 0)
		rc = add_field(&form, "RoleArn", profile->role_arn);
	if (rc == 0)
		rc = add_field(&form, "RoleSessionName", profile->session_name ? profile->session_name : SESSION_NAME);
	if (rc == 0 && profile->external_id)
		rc = add_field(&form, "ExternalId", profile->external_id);
	if (rc < 0)
		(void)kefs_err_sys(err, rc, "the request");
	else
		rc = ask_sts(places, "AssumeRole", &form, source, ret_creds, err);
	kefs_buf_free(&form);
	return rc;
}

struct files {
	struct ini credentials, config;
};

static int of_profile(const struct creds_places *places, const struct files *files, const char *name,
		      unsigned int depth, struct creds *ret_creds, struct kefs_err *err);

/* Who assumes the profile's role. A profile may be its own source: then its keys are meant. */
static int source_of(const struct creds_places *places, const struct files *files, const struct profile *profile,
		     const char *name, unsigned int depth, struct creds *ret_creds, struct kefs_err *err)
{
	struct profile keys;

	if (strcmp(profile->source_profile, name))
		return of_profile(places, files, profile->source_profile, depth + 1, ret_creds, err);
	keys = profile_find_keys(&files->credentials, &files->config, name);
	if (keys.kind == PROFILE_NONE)
		return kefs_err_set(err, -ENOENT, "it is the profile itself, which has no keys");
	return take(ret_creds, keys.access_key, keys.secret, keys.token, err);
}

static int of_profile(const struct creds_places *places, const struct files *files, const char *name,
		      unsigned int depth, struct creds *ret_creds, struct kefs_err *err)
{
	const struct profile profile = profile_find(&files->credentials, &files->config, name);
	struct creds source = { 0 };
	const char *method = profile.kind == PROFILE_CONFIG ? "config" : "credentials";
	char token_file[PATH_MAX];
	int rc;

	switch (profile.kind) {
	case PROFILE_NONE:
		return kefs_err_set(err, -ENOENT, "no keys or role in %s or %s", places->credentials_file,
				    places->config_file);
	case PROFILE_WEB_IDENTITY:
		rc = file_absolute(profile.token_file, token_file);
		if (rc < 0)
			return kefs_err_sys(err, rc, "%s", profile.token_file);
		return web_identity(places, profile.role_arn, token_file, ret_creds, err);
	case PROFILE_ROLE:
		if (depth >= ROLE_DEPTH_MAX)
			return kefs_err_set(err, -ELOOP, "source_profile leads on and on");
		rc = source_of(places, files, &profile, name, depth, &source, err);
		if (rc < 0)
			return kefs_err_prefix(err, rc, "source_profile %s: ", profile.source_profile);
		rc = assume_role(places, &profile, &source, ret_creds, err);
		method = "named_profile";
		break;
	case PROFILE_CONFIG:
	case PROFILE_CREDENTIALS:
	default:
		rc = take(ret_creds, profile.access_key, profile.secret, profile.token, err);
	}
	explicit_bzero(&source, sizeof(source));
	return rc < 0 ? rc : kefs_str_format(ret_creds->method, CREDS_METHOD, "%s:%s", method, name);
}

static int from_profile(const struct creds_places *places, const char *name, struct creds *ret_creds,
			struct kefs_err *err)
{
	struct files files = { 0 };
	struct failure failure;
	int rc;

	if (!places->credentials_file || !places->config_file)
		return kefs_err_set(err, -ENOENT, "no home directory");
	rc = ini_read(&files.credentials, places->credentials_file, &failure);
	if (rc == 0 || rc == -ENOENT)
		rc = ini_read(&files.config, places->config_file, &failure);
	if (rc < 0 && rc != -ENOENT)
		(void)kefs_err_set(err, rc, "%.700s", failure.text);
	else
		rc = of_profile(places, &files, name, 0, ret_creds, err);
	ini_free(&files.credentials);
	ini_free(&files.config);
	return rc;
}

/* What a container's agent gives. */
static int from_url(const struct creds_places *places, const char *url, const char *authorization,
		    struct creds *ret_creds, struct kefs_err *err)
{
	const struct aws_call call = { .url = url, .authorization = authorization, .limit_ms = CONTAINER_LIMIT_MS,
				       .ca_file = ca_file(places) };
	json_t *object;
	int rc = aws_do(&call, &object, err);

	if (rc < 0)
		return rc;
	rc = take_json(ret_creds, object, "Token", err);
	json_decref(object);
	return rc;
}

static int from_container(const struct creds_places *places, const char *uri, struct creds *ret_creds,
			  struct kefs_err *err)
{
	char url[1200];
	int rc = kefs_str_format(url, sizeof(url), CONTAINER_HOST "%s", uri);

	if (rc == 0)
		rc = from_url(places, url, NULL, ret_creds, err);
	return rc < 0 ? rc : kefs_str_format(ret_creds->method, CREDS_METHOD, "ecs:%s", uri);
}

static int from_pod(const struct creds_places *places, const char *url, const char *token_file,
		    struct creds *ret_creds, struct kefs_err *err)
{
	CLEANUP_FREE char *token = NULL;
	int rc = read_token(token_file, &token, err);

	if (rc == 0 && !is_plain(token))
		rc = kefs_err_set(err, -EINVAL, "%s holds no token", token_file);
	if (rc == 0)
		rc = from_url(places, url, token, ret_creds, err);
	return rc < 0 ? rc : kefs_str_format(ret_creds->method, CREDS_METHOD, "podidentity:%s,%s", url, token_file);
}

/* Places that are asked one after the other; what each had to say, for the one that fails in the end. */
struct search {
	const struct creds_places *places;
	const struct creds_request *request;
	struct creds *creds;
	struct kefs_buf tried;
};

static int found_or_tried(struct search *search, const char *place, int rc, const struct kefs_err *err)
{
	/* A text that does not fit is cut: TRIED_MAX */
	if (rc < 0)
		(void)kefs_buf_format(&search->tried, "%s%s (%s)", search->tried.len ? "; " : "", place, err->text);
	return rc;
}

static int try_role(struct search *search)
{
	const struct creds_request *r = search->request;
	struct kefs_err err;

	if (!*r->role_arn || !*r->jwt_path)
		return -ENOENT;
	return found_or_tried(search, "rolearn and jwtpath",
			      web_identity(search->places, r->role_arn, r->jwt_path, search->creds, &err), &err);
}

static int try_env_keys(struct search *search)
{
	const struct creds_places *p = search->places;
	const char *key = env(p, "AWS_ACCESS_KEY_ID"), *secret = env(p, "AWS_SECRET_ACCESS_KEY");
	struct kefs_err err = { "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set" };
	int rc = -ENOENT;

	if (key && secret)
		rc = take(search->creds, key, secret, env(p, "AWS_SESSION_TOKEN"), &err);
	if (rc == 0)
		(void)kefs_str_copy(search->creds->method, CREDS_METHOD, ENV_SECTION);
	return found_or_tried(search, "the environment", rc, &err);
}

static int try_profile(struct search *search)
{
	const char *name = *search->request->profile ? search->request->profile : "default";
	struct kefs_err err;
	char place[CREDS_NAME + 16];

	(void)kefs_str_format(place, sizeof(place), "profile '%s'", name);
	return found_or_tried(search, place, from_profile(search->places, name, search->creds, &err), &err);
}

static int try_container(struct search *search)
{
	const struct creds_places *p = search->places;
	const char *uri = env(p, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
	struct kefs_err err;

	if (!uri)
		return -ENOENT;
	return found_or_tried(search, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
			      from_container(p, uri, search->creds, &err), &err);
}

static int try_pod(struct search *search)
{
	const struct creds_places *p = search->places;
	const char *url = env(p, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
	const char *given = env(p, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	char file[PATH_MAX];
	struct kefs_err err;

	if (!url || !given || file_absolute(given, file) < 0)
		return -ENOENT;
	return found_or_tried(search, "AWS_CONTAINER_CREDENTIALS_FULL_URI",
			      from_pod(p, url, file, search->creds, &err), &err);
}

static int try_web_identity(struct search *search)
{
	const struct creds_places *p = search->places;
	const char *arn = env(p, "AWS_ROLE_ARN"), *given = env(p, "AWS_WEB_IDENTITY_TOKEN_FILE");
	char file[PATH_MAX];
	struct kefs_err err;

	if (!arn || !given || file_absolute(given, file) < 0)
		return -ENOENT;
	return found_or_tried(search, "AWS_ROLE_ARN", web_identity(p, arn, file, search->creds, &err), &err);
}

/* Given by name: what is not there is an error, not a reason to look elsewhere. */
static int find_given(const struct creds_request *request, const struct creds_places *places, struct creds *creds,
		      struct failure *failure)
{
	struct kefs_err err;

	if (*request->uri)
		return from_container(places, request->uri, creds, &err) < 0 ?
			refuse(failure, MSG_BAD_CREDENTIALS, "awscredsuri", err.text) : 0;
	return from_profile(places, request->profile, creds, &err) < 0 ?
		refuse(failure, MSG_BAD_CREDENTIALS, request->profile, err.text) : 0;
}

int creds_find(const struct creds_request *request, const struct creds_places *places, struct creds *ret_creds,
	       struct failure *failure)
{
	static int (*const places_of[])(struct search *) = { try_role, try_env_keys, try_profile, try_container,
							     try_pod, try_web_identity };
	struct search search = { places, request, ret_creds, { .cap = TRIED_MAX } };
	int rc = -ENOENT;

	if (*request->uri || request->profile_given)
		return find_given(request, places, ret_creds, failure);
	for (size_t i = 0; rc < 0 && i < sizeof(places_of) / sizeof(places_of[0]); i++)
		rc = places_of[i](&search);
	if (rc < 0)
		rc = refuse(failure, MSG_NO_CREDENTIALS, search.tried.data);
	kefs_buf_free(&search.tried);
	return rc;
}

/* "A,B" into two texts: 0 or -EINVAL. The second may have commas. */
static int split(const char *text, char *first, size_t size, const char **ret_second)
{
	const char *comma = strchr(text, ',');

	if (!comma || (size_t)(comma - text) >= size)
		return -EINVAL;
	memcpy(first, text, (size_t)(comma - text));
	first[comma - text] = '\0';
	*ret_second = comma + 1;
	return 0;
}

static int from_file(const char *path, struct creds *creds, struct kefs_err *err)
{
	struct failure failure = { .text = "there is no such file" };
	struct ini ini;
	int rc = ini_read(&ini, path, &failure);

	if (rc < 0)
		return kefs_err_set(err, rc, "%.700s", failure.text);
	rc = take(creds, ini_get(&ini, ENV_SECTION, "aws_access_key_id"),
		  ini_get(&ini, ENV_SECTION, "aws_secret_access_key"),
		  ini_get(&ini, ENV_SECTION, "aws_session_token"), err);
	ini_free(&ini);
	return rc < 0 ? rc : kefs_str_format(creds->method, CREDS_METHOD, "file:%s", path);
}

static int again(const char *kind, const char *rest, const struct creds_places *places, struct creds *creds,
		 struct kefs_err *err)
{
	char first[CREDS_ARN];
	const char *second;

	if (!strcmp(kind, "credentials") || !strcmp(kind, "config") || !strcmp(kind, "named_profile"))
		return from_profile(places, rest, creds, err);
	if (!strcmp(kind, "ecs"))
		return from_container(places, rest, creds, err);
	if (!strcmp(kind, "file"))
		return from_file(rest, creds, err);
	if (split(rest, first, sizeof(first), &second) < 0)
		return kefs_err_set(err, -EINVAL, "no such method");
	if (!strcmp(kind, "podidentity"))
		return from_pod(places, first, second, creds, err);
	if (!strcmp(kind, "webidentity"))
		return web_identity(places, first, second, creds, err);
	return kefs_err_set(err, -EINVAL, "no such method");
}

int creds_again(const char *method, const struct creds_places *places, struct creds *ret_creds,
		struct failure *failure)
{
	const char *colon = strchr(method, ':');
	struct kefs_err err = { "no such method" };
	char kind[24];

	if (!colon || (size_t)(colon - method) >= sizeof(kind))
		return refuse(failure, MSG_BAD_CREDENTIALS, method, err.text);
	memcpy(kind, method, (size_t)(colon - method));
	kind[colon - method] = '\0';
	if (again(kind, colon + 1, places, ret_creds, &err) < 0)
		return refuse(failure, MSG_BAD_CREDENTIALS, method, err.text);
	return 0;
}
