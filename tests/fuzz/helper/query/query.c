// SPDX-License-Identifier: GPL-2.0
/*
 * Requests of IAM, STS and EC2, whatever is in them: through the form's parser, operations and services to a store in
 * memory. The input is a service's number and who asks, in one byte, then the form. An answer is always made, of XML;
 * an internal error is a bug.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "api/query.h"
#include "audit/record.h"
#include "common/log.h"
#include "common/str.h"
#include "http/form.h"
#include "net/nft.h"
#include "service/access.h"
#include "service/access_keys.h"
#include "service/endpoints.h"
#include "service/packet_filter.h"
#include "store/st_mount_target.h"

#define USER_CALLS	64	/* then the store is made anew */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct kefs_db *db;
static struct kefs_identities *identities;
static struct kefs_topology topology;
static struct kefs_access_key key;

const struct kefs_fs_list *kefs_volumes_list(const struct kefs_volumes *volumes)
{
	static const struct kefs_fs_list none = { .count = 0 };

	(void)volumes;
	return &none;
}

/* The filter is written, though nobody takes it. */
int kefs_endpoints_filter(const struct kefs_endpoints *endpoints, struct kefs_err *err)
{
	(void)endpoints;
	bool made;

	return kefs_packet_filter_apply(db, &topology, "", &made, err);
}

int kefs_nft_load(const char *path, const char *commands, size_t len, struct kefs_err *err)
{
	(void)path;
	(void)err;
	if (strlen(commands) != len)
		abort();
	return 0;
}

void kefs_access_policy_changed(struct kefs_access *access, const char *fs_id)
{
	(void)access;
	(void)fs_id;
}

static void set_up(void)
{
	struct kefs_identity user;
	struct kefs_err err;

	kefs_log_set_level(KEFS_LOG_ERR);
	kefs_identities_free(identities);
	kefs_db_close(db);
	if (kefs_topology_build(&topology, "us-east-1", "000000000000", "", &err) < 0 ||
	    kefs_db_open(":memory:", &db, &err) < 0 || kefs_packet_filter_defaults(db, &topology, &err) < 0 ||
	    kefs_identities_new(&(struct kefs_identities_parts) { .db = db, .topology = &topology }, &identities, &err) < 0 ||
	    kefs_identity_make(KEFS_IDENTITY_USER, 1, &user) < 0)
		abort();
	(void)kefs_str_copy(user.name, sizeof(user.name), "ann");
	if (kefs_st_identity_insert(db, &user, "", 10, &err) < 0 || kefs_access_keys_make(db, user.id, &key, &err) < 0)
		abort();
}

/* A line is made of it, whatever it is, and only one. */
static void audit(struct kefs_http_note *note)
{
	const struct kefs_audit_place place = { topology.region, topology.account, 1 };
	const struct kefs_audit_call call = {
		.service = note->service, .operation = note->operation, .address = "", .request_id = "", .identity = note->identity,
		.parameters = note->parameters, .response = note->response,
	};
	char *line = kefs_audit_line(kefs_audit_call_record(&place, &call));

	if (!line || strchr(line, '\n') || (*key.secret && strstr(line, key.secret)))
		abort();
	free(line);
	json_decref(note->identity);
	json_decref(note->parameters);
	json_decref(note->response);
}

static void ask(const char *service, bool user, const char *body, size_t len)
{
	struct kefs_http_caller caller = { .account = "000000000000", .arn = "arn:aws:iam::000000000000:root" };
	const struct kefs_efs efs = { .db = db, .topology = &topology, .identities = identities };
	const struct kefs_api api = { .efs = &efs };
	struct kefs_http_note note = { .service = "" };
	const struct kefs_http_request request = {
		.method = "POST", .path = "/", .query = "", .body = body, .body_len = len, .caller = &caller, .note = &note,
	};
	struct kefs_http_reply reply = { .status = 0 };

	(void)kefs_str_copy(caller.service, sizeof(caller.service), service);
	if (user)
		(void)kefs_str_copy(caller.access_key, sizeof(caller.access_key), key.id);
	kefs_query_handle((void *)(uintptr_t)&api, &request, &reply);
	/* Who has switched off or deleted himself is nobody any more. */
	if (reply.status < 200 || (reply.status >= 500 && !user) || !reply.xml || *reply.xml != '<')
		abort();
	if ((reply.status >= 300) != (reply.error != NULL))
		abort();
	kefs_reply_free(&reply);
	audit(&note);
}

/*
 * Did the asker send the secret himself? libFuzzer learns it from what is compared with it; what a line then says of it
 * is no leak.
 */
static bool knows_secret(const char *body, size_t len)
{
	struct kefs_form form;
	bool knows = false;

	if (kefs_form_parse(body, len, &form) < 0)
		return strstr(body, key.secret);
	for (size_t i = 0; i < form.count; i++)
		knows |= strstr(form.params[i].name, key.secret) || strstr(form.params[i].value, key.secret);
	kefs_form_free(&form);
	return knows;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const services[] = { "sts", "iam", "ec2", "ec2" };
	static unsigned int calls;
	char *text;

	if (!size)
		return 0;
	if (calls++ % USER_CALLS == 0)
		set_up();
	text = malloc(size);
	if (!text)
		return 0;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	if (!knows_secret(text, size - 1))
		ask(services[data[0] % 4], data[0] & 4, text, size - 1);
	free(text);
	return 0;
}
