// SPDX-License-Identifier: GPL-2.0
/*
 * Why somebody may do what with a file system, or not: the question that is asked when he mounts, put by the
 * administrator, and each statement by itself. On the control socket only: what it says of policies is not for all.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/str.h"
#include "internal.h"
#include "model/fault.h"
#include "service/access.h"
#include "service/access_points.h"
#include "service/fs_policies.h"

#define ARN_SIZE	KEFS_CALLER_ARN_SIZE

struct question {
	const struct kefs_efs *efs;
	const char *fs_id;
	char principal[ARN_SIZE], action[128], access_point[KEFS_ROUTE_PARAM_SIZE];
	struct kefs_addr peer;
	bool tls;
	struct kefs_who who;
	struct kefs_policy *of_fs;
	struct kefs_policy_set set;
	struct kefs_access_client client;
};

/* --- what is asked --- */

static int read_action(struct question *q, const char *text, struct kefs_err *err)
{
	const char *prefix = "elasticfilesystem:";
	const char *rest = strncasecmp(text, prefix, strlen(prefix)) ? text : text + strlen(prefix);

	if (!*text)
		return 0;
	if (strpbrk(rest, ":*?") || !*rest)
		return kefs_err_set(err, -KEFS_E_BAD_REQUEST, "'%.64s' is not one action of EFS, such as ClientMount", text);
	return kefs_str_format(q->action, sizeof(q->action), "%s%s", prefix, rest) < 0 ?
		kefs_err_set(err, -KEFS_E_BAD_REQUEST, "the name of the action is too long") : 0;
}

static int read_address(struct question *q, const char *text, struct kefs_err *err)
{
	if (!*text || kefs_addr_parse(text, 1, &q->peer) == 0)
		return 0;
	return kefs_err_set(err, -KEFS_E_BAD_REQUEST, "'%.64s' is not an address", text);
}

static int read_question(const struct kefs_http_request *request, struct question *q, struct kefs_err *err)
{
	const struct kefs_fs *fs;
	char action[128], address[KEFS_ADDR_TEXT], tls[8];
	int rc = kefs_efs_find_fs(q->efs, request->match->params[0], &fs, err);

	if (rc < 0)
		return rc;
	q->fs_id = fs->id;
	if (kefs_http_query(request, "Principal", q->principal, sizeof(q->principal)) < 0 ||
	    kefs_http_query(request, "AccessPointId", q->access_point, sizeof(q->access_point)) < 0 ||
	    kefs_http_query(request, "Action", action, sizeof(action)) < 0 ||
	    kefs_http_query(request, "Address", address, sizeof(address)) < 0 ||
	    kefs_http_query(request, "Tls", tls, sizeof(tls)) < 0)
		return kefs_err_set(err, -KEFS_E_BAD_REQUEST, "The query is not valid");
	q->tls = strcmp(tls, "false") != 0;
	rc = read_address(q, address, err);
	return rc < 0 ? rc : read_action(q, action, err);
}

static int find_access_point(struct question *q, struct kefs_err *err)
{
	struct kefs_access_point point;
	int rc = *q->access_point ? kefs_access_points_get(q->efs, q->access_point, &point, err) : 0;

	if (rc < 0 || !*q->access_point)
		return rc;
	if (strcmp(point.fs_id, q->fs_id))
		return kefs_err_set(err, -KEFS_E_ACCESS_POINT_NOT_FOUND, "%s has no access point %s", q->fs_id, point.id);
	return kefs_str_copy(q->access_point, sizeof(q->access_point), point.id);
}

static bool is_anonymous(const struct question *q)
{
	return !*q->principal || !strcmp(q->principal, "anonymous");
}

static int find_policies(struct question *q, struct kefs_err *err)
{
	struct kefs_policy_set set = { .resource = NULL };
	int rc = 0;

	if (!is_anonymous(q)) {
		rc = kefs_identities_named(q->efs->identities, q->principal, &q->who, err);
		if (rc == -ENOENT)
			return kefs_err_set(err, -KEFS_E_NO_SUCH_ENTITY, "there is nobody %.256s", q->principal);
		if (rc == -EINVAL)
			return -KEFS_E_BAD_REQUEST;
		if (rc == 0)
			rc = kefs_identities_policies(q->efs->identities, &q->who, &set, err);
	}
	if (rc == 0)
		rc = kefs_fs_policies_compile(q->efs->db, q->efs->topology, q->fs_id, &q->of_fs, err);
	q->set = set;
	q->set.resource = q->of_fs;
	return rc == -ENOENT ? 0 : rc;
}

/* --- what is answered --- */

static void add_statements(const struct question *q, const struct kefs_policy *policy, const char *action,
			   const struct kefs_policy_answer *answer, json_t *list)
{
	char why[KEFS_POLICY_REASON_SIZE];

	for (size_t i = 0; policy && i < kefs_policy_statements(policy); i++) {
		bool applies = kefs_nfs_explain(policy, i, &q->client.nfs, action, q->set.boundary != NULL, why);

		(void)json_array_append_new(list, json_pack("{ss sI ss ss sb sb ss}", "Policy", kefs_policy_name(policy),
							    "Statement", (json_int_t)i + 1, "Sid", kefs_policy_sid(policy, i),
							    "Effect", kefs_policy_allows(policy, i) ? "Allow" : "Deny",
							    "Applies", applies, "Decides",
							    answer->policy == policy && answer->statement == i, "WhyNot", why));
	}
}

static json_t *action_json(const struct question *q, const char *action, const struct kefs_policy_answer *answer)
{
	char reason[KEFS_POLICY_REASON_SIZE];
	json_t *statements = json_array();

	add_statements(q, q->set.resource, action, answer, statements);
	for (size_t i = 0; i < q->set.identity_count; i++)
		add_statements(q, q->set.identity[i], action, answer, statements);
	add_statements(q, q->set.boundary, action, answer, statements);
	add_statements(q, q->set.session, action, answer, statements);
	kefs_policy_reason(answer, reason);
	return json_pack("{ss sb ss so}", "Action", action, "Allowed", answer->verdict == KEFS_POLICY_ALLOWED, "Reason", reason,
			 "Statements", statements);
}

/* The three of a client are decided together: without ClientMount there is none of the others. */
static json_t *actions_json(const struct question *q, const struct kefs_nfs_decision *decision)
{
	struct kefs_policy_answer answer;
	json_t *list = json_array();
	bool client = false;

	for (int i = 0; i < KEFS_NFS_ACTIONS; i++) {
		const char *name = kefs_nfs_action_name((enum kefs_nfs_action)i);

		if (*q->action && strcasecmp(q->action, name) != 0)
			continue;
		(void)json_array_append_new(list, action_json(q, name, &decision->answers[i]));
		client = true;
	}
	if (client)
		return list;
	(void)kefs_nfs_decide_action(&q->set, &q->client.nfs, q->action, &answer);
	(void)json_array_append_new(list, action_json(q, q->action, &answer));
	return list;
}

static json_t *answer_json(struct question *q)
{
	const struct kefs_access_how how = {
		.fs_id = q->fs_id, .access_point = q->access_point, .peer = &q->peer, .tls = q->tls,
		.principal = is_anonymous(q) ? NULL : &q->who.caller.principal, .keys = q->set.keys, .key_count = q->set.key_count,
	};
	struct kefs_nfs_decision decision;
	char address[KEFS_ADDR_TEXT] = "";

	if (q->peer.len)
		kefs_addr_format(&q->peer, address);
	kefs_access_describe(q->efs->topology, &how, &q->client);
	kefs_nfs_decide(&q->set, &q->client.nfs, &decision);
	return json_pack("{ss ss ss sb sb ss so}", "FileSystemId", q->fs_id,
			 "Principal", is_anonymous(q) ? "anonymous" : q->who.caller.arn, "AccessPointId", q->access_point,
			 "Tls", q->tls, "HasPolicy", q->of_fs != NULL, "Decision", kefs_nfs_summary(&decision),
			 "Actions", actions_json(q, &decision));
}

void kefs_api_explain(void *ctx, const struct kefs_http_request *request, struct kefs_http_reply *reply)
{
	const struct kefs_api *api = ctx;
	CLEANUP_FREE struct question *q = calloc(1, sizeof(*q));
	struct kefs_err err;
	int rc;

	if (!q) {
		kefs_reply_json(reply, 200, NULL);
		return;
	}
	q->efs = api->efs;
	rc = read_question(request, q, &err);
	if (rc == 0)
		rc = find_access_point(q, &err);
	if (rc == 0)
		rc = find_policies(q, &err);
	if (rc == 0)
		kefs_reply_json(reply, 200, answer_json(q));
	else
		kefs_reply_error(reply, kefs_fault_info(rc)->status, kefs_fault_info(rc)->code, "%s", err.text);
	kefs_policy_free(q->of_fs);
}
