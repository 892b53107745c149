// SPDX-License-Identifier: GPL-2.0
#include "record.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/json.h"
#include "common/id.h"
#include "common/str.h"

#define NAME_SIZE 128

/* --- who --- */

static json_t *session_identity(const struct kefs_principal *principal)
{
	const char *role = principal->role_arn ? strrchr(principal->role_arn, '/') : NULL;

	return json_pack("{s{ss ss ss ss ss}}", "sessionIssuer", "type", "Role", "principalId", principal->id ? principal->id : "",
			 "arn", principal->role_arn ? principal->role_arn : "", "accountId", principal->account,
			 "userName", role ? role + 1 : "");
}

static json_t *typed_identity(const struct kefs_principal *principal)
{
	const char *id = principal->id ? principal->id : "";
	char session[NAME_SIZE * 3];

	switch (principal->type) {
	case KEFS_PRINCIPAL_ROOT:
		return json_pack("{ss ss}", "type", "Root", "principalId", principal->account);
	case KEFS_PRINCIPAL_USER:
		return json_pack("{ss ss ss}", "type", "IAMUser", "principalId", id, "userName", principal->name);
	case KEFS_PRINCIPAL_SESSION:
		(void)kefs_str_format(session, sizeof(session), "%s:%s", id, principal->name);
		return json_pack("{ss ss so}", "type", "AssumedRole", "principalId", session, "sessionContext",
				 session_identity(principal));
	case KEFS_PRINCIPAL_FEDERATED:
		return json_pack("{ss ss}", "type", "FederatedUser", "principalId", id);
	case KEFS_PRINCIPAL_SERVICE:
	case KEFS_PRINCIPAL_ANONYMOUS:
	default:
		return json_pack("{ss ss ss}", "type", "AWSAccount", "principalId", "", "accountId", "ANONYMOUS_PRINCIPAL");
	}
}

json_t *kefs_audit_identity(const struct kefs_principal *principal, const char *access_key)
{
	json_t *identity = typed_identity(principal);

	if (principal->arn)
		(void)json_object_set_new(identity, "arn", json_string(principal->arn));
	if (principal->account)
		(void)json_object_set_new(identity, "accountId", json_string(principal->account));
	if (*access_key)
		(void)json_object_set_new(identity, "accessKeyId", json_string(access_key));
	return identity;
}

/* Text from outside need not be UTF-8. */
static json_t *text_json(const char *text)
{
	json_t *json = json_string(text);
	char copy[KEFS_ERR_SIZE];

	if (json)
		return json;
	(void)kefs_str_copy(copy, sizeof(copy), text);
	for (char *p = copy; *p; p++) {
		if (*p < ' ' || *p > '~')
			*p = '?';
	}
	return json_string(copy);
}

static json_t *unproven_identity(const char *access_key)
{
	json_t *identity = json_pack("{ss ss}", "type", "Unknown", "principalId", "");

	if (access_key && *access_key)
		(void)json_object_set_new(identity, "accessKeyId", text_json(access_key));
	return identity;
}

/* --- parameters and answers --- */

static bool is_secret(const char *name)
{
	/* What IAM and STS have of the kind, whether it is there yet or not */
	static const char *const names[] = {
		"SecretAccessKey", "SessionToken", "Password", "OldPassword", "NewPassword", "PrivateKey", "TokenCode",
		"AuthenticationCode1", "AuthenticationCode2", "SAMLAssertion", "WebIdentityToken", "Signature",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcasecmp(name, names[i]))
			return true;
	}
	return false;
}

/* A copy with names as CloudTrail writes them; depth against a stack without end. */
static json_t *camel(const json_t *value, int depth)
{
	char name[NAME_SIZE];
	const char *key;
	json_t *copy, *member;
	size_t i;

	if (depth > KEFS_JSON_DEPTH_MAX)
		return json_null();
	if (json_is_array(value)) {
		copy = json_array();
		json_array_foreach(value, i, member)
			(void)json_array_append_new(copy, camel(member, depth + 1));
		return copy;
	}
	if (!json_is_object(value))
		return json_deep_copy(value);
	copy = json_object();
	json_object_foreach((json_t *)(uintptr_t)value, key, member) {
		(void)kefs_str_copy(name, sizeof(name), key);
		if (name[0] >= 'A' && name[0] <= 'Z')
			name[0] |= 0x20;
		(void)json_object_set_new(copy, name, is_secret(key) ? json_string(KEFS_AUDIT_HIDDEN) : camel(member, depth + 1));
	}
	return copy;
}

static json_t *camel_or_null(const json_t *value)
{
	return value && json_object_size(value) ? camel(value, 0) : json_null();
}

/* --- records --- */

/* What all have. identity is taken over. */
static json_t *begin(const struct kefs_audit_place *place, json_t *identity, const char *service, const char *operation,
		     const char *address)
{
	time_t now = (time_t)place->now;
	char when[32] = "", source[NAME_SIZE], id[KEFS_UUID_SIZE] = "";
	struct tm tm;

	if (gmtime_r(&now, &tm))
		(void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	(void)kefs_str_format(source, sizeof(source), "%s.amazonaws.com", service);
	(void)kefs_id_uuid(id);
	return json_pack("{ss so ss ss so ss ss ss ss sb ss}", "eventVersion", "1.08", "userIdentity", identity, "eventTime", when,
			 "eventSource", strcmp(service, "kefs") ? source : "kefs", "eventName", text_json(operation),
			 "awsRegion", place->region, "sourceIPAddress", address, "eventID", id, "eventCategory", "Management",
			 "managementEvent", true, "recipientAccountId", place->account);
}

static void set(json_t *record, const char *key, json_t *value)
{
	(void)json_object_set_new(record, key, value);
}

json_t *kefs_audit_call_record(const struct kefs_audit_place *place, const struct kefs_audit_call *call)
{
	json_t *identity = call->identity ? json_incref(call->identity) : unproven_identity(call->access_key);
	json_t *record = begin(place, identity, call->service, call->operation, *call->address ? call->address : "localhost");

	set(record, "userAgent", text_json(call->user_agent ? call->user_agent : ""));
	if (call->error_code) {
		set(record, "errorCode", json_string(call->error_code));
		set(record, "errorMessage", text_json(call->error_message ? call->error_message : ""));
	}
	set(record, "requestParameters", camel_or_null(call->parameters));
	/* As CloudTrail: what was read is not written down, and what has failed gave nothing */
	set(record, "responseElements", call->read_only || call->error_code ? json_null() : camel_or_null(call->response));
	set(record, "requestID", json_string(call->request_id));
	set(record, "readOnly", json_boolean(call->read_only));
	set(record, "eventType", json_string("AwsApiCall"));
	if (!strcmp(call->service, "elasticfilesystem"))
		set(record, "apiVersion", json_string("2015-02-01"));
	return record;
}

static json_t *resource(const struct kefs_audit_place *place, const char *type, const char *kind, const char *id)
{
	char arn[NAME_SIZE * 2];

	(void)kefs_str_format(arn, sizeof(arn), "arn:aws:elasticfilesystem:%s:%s:%s/%s", place->region, place->account, kind, id);
	return json_pack("{ss ss so}", "accountId", place->account, "type", type, "ARN", text_json(arn));
}

static json_t *resources(const struct kefs_audit_place *place, const struct kefs_audit_connection *connection)
{
	json_t *list = json_array();

	if (connection->fs_id)
		(void)json_array_append_new(list, resource(place, "AWS::EFS::FileSystem", "file-system", connection->fs_id));
	if (*connection->access_point)
		(void)json_array_append_new(list, resource(place, "AWS::EFS::AccessPoint", "access-point",
							   connection->access_point));
	return list;
}

static const char *short_name(int action)
{
	return strchr(kefs_nfs_action_name((enum kefs_nfs_action)action), ':') + 1;
}

/* As CloudTrail has it, and behind that what was decided, and by which statement. */
static json_t *details(const struct kefs_audit_connection *connection, const char *address)
{
	const struct kefs_nfs_decision *decision = connection->decision;
	const bool allowed[KEFS_NFS_ACTIONS] = {
		decision && decision->mount, decision && decision->write, decision && decision->root,
	};
	json_t *permissions = json_object(), *by = json_object();
	char reason[KEFS_POLICY_REASON_SIZE];

	for (int i = 0; i < KEFS_NFS_ACTIONS; i++) {
		set(permissions, short_name(i), json_boolean(allowed[i] && !connection->refused));
		if (!decision)
			continue;
		kefs_policy_reason(&decision->answers[i], reason);
		set(by, short_name(i), text_json(reason));
	}
	return json_pack("{so ss sb so ss so}", "permissions", permissions, "sourceIpAddress", address, "tls", connection->tls,
			 "accessPointId", *connection->access_point ? text_json(connection->access_point) : json_null(),
			 "decision", decision && !connection->refused ? kefs_nfs_summary(decision) : "no mount", "decidedBy", by);
}

static json_t *who(const struct kefs_audit_connection *connection)
{
	static const struct kefs_principal anonymous = { .type = KEFS_PRINCIPAL_ANONYMOUS };

	if (connection->principal)
		return kefs_audit_identity(connection->principal, connection->access_key);
	return *connection->access_key ? unproven_identity(connection->access_key) : kefs_audit_identity(&anonymous, "");
}

/* Without the port; an IPv4 address as such, even if it came in through a dual-stack socket. */
static void host_of(const struct kefs_addr *addr, char *ret_text)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	uint8_t host[16] = { 0 };
	bool v4;

	if (addr->len)
		kefs_addr_host(addr, host);
	v4 = !memcmp(host, mapped, sizeof(mapped));
	if (!inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? host + 12 : host, ret_text, KEFS_ADDR_TEXT))
		*ret_text = '\0';
}

json_t *kefs_audit_connection_record(const struct kefs_audit_place *place,
				     const struct kefs_audit_connection *connection)
{
	const struct kefs_nfs_decision *decision = connection->decision;
	bool refused = connection->refused || !decision || !decision->mount;
	char address[KEFS_ADDR_TEXT], reason[KEFS_NFS_REASON_SIZE];
	json_t *record;

	host_of(connection->peer, address);
	record = begin(place, who(connection), "elasticfilesystem",
		       connection->update ? "UpdateClientConnection" : "NewClientConnection", address);
	set(record, "userAgent", json_string("elasticfilesystem"));
	if (refused) {
		if (!connection->refused && decision)
			kefs_nfs_reason(decision, reason);
		else
			(void)kefs_str_copy(reason, sizeof(reason), connection->refused ? connection->refused : "");
		set(record, "errorCode", json_string("AccessDenied"));
		set(record, "errorMessage", text_json(reason));
	}
	set(record, "requestParameters", json_null());
	set(record, "responseElements", json_null());
	set(record, "readOnly", json_false());
	set(record, "resources", resources(place, connection));
	set(record, "eventType", json_string("AwsServiceEvent"));
	set(record, "serviceEventDetails", details(connection, address));
	return record;
}

json_t *kefs_audit_gap_record(const struct kefs_audit_place *place, const char *operation, const char *address,
			      uint64_t lines)
{
	json_t *identity = json_pack("{ss ss}", "type", "AWSService", "invokedBy", "kefs");
	json_t *record = begin(place, identity, "kefs", operation, address);

	set(record, "eventType", json_string("AwsServiceEvent"));
	set(record, "readOnly", json_false());
	set(record, "serviceEventDetails", json_pack("{sI}", "leftOut", (json_int_t)lines));
	return record;
}

char *kefs_audit_line(json_t *record)
{
	char *line = record ? json_dumps(record, JSON_COMPACT) : NULL;

	if (line && strlen(line) > KEFS_AUDIT_LINE_MAX) {
		free(line);
		set(record, "requestParameters", json_null());
		set(record, "responseElements", json_null());
		set(record, "additionalEventData", json_pack("{ss}", "omitted", "parameters of more than 64 KiB"));
		line = json_dumps(record, JSON_COMPACT);
	}
	json_decref(record);
	return line;
}
