// SPDX-License-Identifier: GPL-2.0
#include "state.h"

#include <errno.h>
#include <jansson.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/str.h"
#include "file.h"

#define STATE_MAX	((size_t)128 * 1024)

enum type { TEXT, INT, UINT, LONG, ULONG };

/* One row per key. */
static const struct member {
	const char *key;
	enum type type;
	size_t offset, size;
} members[] = {
#define MEMBER(m) offsetof(struct state, m), sizeof(((struct state *)0)->m)
	{ "pid", INT, MEMBER(tunnel.pid) },
	{ "pid_start", ULONG, MEMBER(tunnel.start) },
	{ "helper", INT, MEMBER(helper.pid) },
	{ "helper_start", ULONG, MEMBER(helper.start) },
	{ "port", UINT, MEMBER(port) },
	{ "mountpoint", TEXT, MEMBER(mount_point) },
	{ "netns", TEXT, MEMBER(netns) },
	{ "mount_namespace", ULONG, MEMBER(mount_ns) },
	{ "network_namespace", ULONG, MEMBER(net_ns) },
	{ "mount_time", LONG, MEMBER(mount_time) },
	{ "fsId", TEXT, MEMBER(fs_id) },
	{ "accessPoint", TEXT, MEMBER(access_point) },
	{ "region", TEXT, MEMBER(region) },
	{ "commonName", TEXT, MEMBER(common_name) },
	{ "clientSource", TEXT, MEMBER(client_source) },
	{ "certificateCreationTime", LONG, MEMBER(cert_time) },
	{ "certificateEndTime", LONG, MEMBER(cert_end) },
	{ "awsCredentialsMethod", TEXT, MEMBER(creds_method) },
	{ "identity", TEXT, MEMBER(identity) },
	{ "credentialsFile", TEXT, MEMBER(credentials_file) },
	{ "configFile", TEXT, MEMBER(config_file) },
	{ "stsUrl", TEXT, MEMBER(sts_url) },
	{ "caBundle", TEXT, MEMBER(ca_bundle) },
	{ "boot", TEXT, MEMBER(boot) },
#undef MEMBER
};

void state_name(const char *fs_id, const char *mount_point, unsigned int port, char ret_name[STATE_NAME_SIZE])
{
	char point[STATE_NAME_SIZE - 64];

	(void)kefs_str_copy(point, sizeof(point), mount_point + strspn(mount_point, "/."));
	for (char *p = point; *p; p++)
		if (*p == '/' || *p == '\n')
			*p = '.';
	(void)kefs_str_format(ret_name, STATE_NAME_SIZE, "%.40s.%s.%u", fs_id, point, port);
}

unsigned int state_name_port(const char *name)
{
	const char *dot = strrchr(name, '.');
	uint64_t port;

	return dot && !strncmp(name, "fs-", 3) && kefs_str_u64(dot + 1, 1, UINT16_MAX, &port) == 0 ?
		(unsigned int)port : 0;
}

int state_path(const struct state *state, const char *file, char ret_path[PATH_MAX])
{
	return kefs_str_format(ret_path, PATH_MAX, "%s/%s%s%s", RUN_DIR, state->name, *file ? "/" : "", file);
}

static json_t *member_value(const struct state *state, const struct member *m)
{
	const char *at = (const char *)state + m->offset;
	unsigned int number;
	int64_t signed_number;
	uint64_t big;
	pid_t pid;

	switch (m->type) {
	case TEXT:
		return json_string_nocheck(at);
	case INT:
		memcpy(&pid, at, sizeof(pid));
		return json_integer(pid);
	case UINT:
		memcpy(&number, at, sizeof(number));
		return json_integer(number);
	case LONG:
		memcpy(&signed_number, at, sizeof(signed_number));
		return json_integer(signed_number);
	case ULONG:
		break;
	}
	memcpy(&big, at, sizeof(big));
	return json_integer((json_int_t)big);
}

int state_format(const struct state *state, char **ret_text, struct kefs_err *err)
{
	json_t *object = json_object();

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]) && object; i++)
		(void)json_object_set_new(object, members[i].key, member_value(state, &members[i]));
	*ret_text = object && json_object_size(object) == sizeof(members) / sizeof(members[0]) ?
		json_dumps(object, JSON_INDENT(1)) : NULL;
	json_decref(object);
	/* A mount point that is no UTF-8 cannot be written in JSON */
	return *ret_text ? 0 : kefs_err_set(err, -EILSEQ, "state: the mount point is no UTF-8, or there is no memory");
}

static int set_number(char *at, const struct member *m, json_int_t value)
{
	if (value < 0 && m->type != LONG)
		return -ERANGE;
	if (m->size == sizeof(int)) {
		if (value > INT_MAX)
			return -ERANGE;
		memcpy(at, &(int){ (int)value }, sizeof(int));
	} else {
		memcpy(at, &(int64_t){ value }, sizeof(int64_t));
	}
	return 0;
}

static int set_member(struct state *state, const struct member *m, const json_t *value)
{
	char *at = (char *)state + m->offset;

	if (m->type != TEXT)
		return json_is_integer(value) ? set_number(at, m, json_integer_value(value)) : -EINVAL;
	if (!json_is_string(value) || strlen(json_string_value(value)) != json_string_length(value))
		return -EINVAL;
	return kefs_str_copy(at, m->size, json_string_value(value));
}

int state_parse(struct state *state, const char *text, size_t len, struct kefs_err *err)
{
	json_error_t error;
	json_t *object = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	int rc = json_is_object(object) ? 0 : kefs_err_set(err, -EINVAL, "no JSON object: %s", error.text);

	for (size_t i = 0; rc == 0 && i < sizeof(members) / sizeof(members[0]); i++) {
		const json_t *value = json_object_get(object, members[i].key);

		rc = value ? set_member(state, &members[i], value) : 0;
		if (rc < 0)
			(void)kefs_err_sys(err, rc, "%s", members[i].key);
	}
	json_decref(object);
	if (rc == 0 && (!state->port || state->port > UINT16_MAX))
		rc = kefs_err_set(err, -EINVAL, "no port");
	return rc;
}

int state_save(const struct state *state, struct kefs_err *err)
{
	CLEANUP_FREE char *text = NULL;
	char path[PATH_MAX];
	int rc;

	rc = state_format(state, &text, err);
	if (rc < 0)
		return rc;
	rc = state_path(state, "state.json", path);
	if (rc == 0)
		rc = file_write(path, text, strlen(text), 0600, 0);
	return rc < 0 ? kefs_err_sys(err, rc, "%s", path) : 0;
}

int state_load(struct state *state, struct kefs_err *err)
{
	CLEANUP_FREE char *text = NULL;
	char path[PATH_MAX], boot[sizeof(state->boot)];
	size_t len;
	int rc;

	rc = state_path(state, "state.json", path);
	if (rc == 0)
		rc = file_read(path, STATE_MAX, &text, &len);
	if (rc < 0)
		return kefs_err_sys(err, rc, "%s", path);
	rc = state_parse(state, text, len, err);
	if (rc < 0)
		return kefs_err_prefix(err, rc == -ENOENT ? -EINVAL : rc, "%s: ", path);
	proc_boot(boot, sizeof(boot));
	if (*state->boot && strcmp(state->boot, boot))
		state->tunnel = state->helper = (struct proc_id){ 0 };
	(void)kefs_str_copy(state->boot, sizeof(state->boot), boot);
	return 0;
}

int state_remove(const struct state *state)
{
	char path[PATH_MAX];
	int rc = state_path(state, "", path);

	return rc < 0 ? rc : file_remove_dir(path);
}
