// SPDX-License-Identifier: GPL-2.0
/*
 * A policy document, refused or compiled, and then what it gives to several callers. The first byte says which kind
 * of document, the second how many bytes behind it are a value of the request's context.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/caller.h"
#include "policy/nfs.h"
#include "policy/policy.h"

#define HOME "111122223333"
#define FS_ARN "arn:aws:elasticfilesystem:us-east-1:" HOME ":file-system/fs-0123456789abcdef0"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct kefs_principal callers[] = {
	{ .type = KEFS_PRINCIPAL_ANONYMOUS },
	{ .type = KEFS_PRINCIPAL_ROOT, .account = HOME, .arn = "arn:aws:iam::" HOME ":root" },
	{ .type = KEFS_PRINCIPAL_USER, .account = HOME, .arn = "arn:aws:iam::" HOME ":user/alice",
	  .id = "AIDAALICEALICEALICE", .name = "alice" },
	{ .type = KEFS_PRINCIPAL_SESSION, .account = HOME, .arn = "arn:aws:sts::" HOME ":assumed-role/ops/monday",
	  .role_arn = "arn:aws:iam::" HOME ":role/ops", .id = "AROAOPSOPSOPSOPSOPS", .name = "monday", .issued = 1700000000 },
	{ .type = KEFS_PRINCIPAL_FEDERATED, .account = "444455556666", .arn = "arn:aws:sts::444455556666:federated-user/fred",
	  .name = "fred" },
	{ .type = KEFS_PRINCIPAL_SERVICE, .name = "ec2.amazonaws.com" },
};

static void check_answer(const struct kefs_policy_answer *answer, bool allowed, const struct kefs_policy *policy)
{
	char reason[KEFS_POLICY_REASON_SIZE];

	kefs_policy_reason(answer, reason);
	if (allowed != (answer->verdict == KEFS_POLICY_ALLOWED) || strncmp(reason, allowed ? "allowed" : "denied", 6))
		abort();
	if (answer->policy && (answer->policy != policy || answer->statement >= kefs_policy_statements(policy)))
		abort();
}

static void evaluate(const struct kefs_policy *policy, const struct kefs_principal *caller, const char *value)
{
	const char *values[] = { value, "x" };
	const struct kefs_policy_key keys[] = {
		{ .name = "a:b", .value = value }, { .name = "a:c", .values = values, .count = 2 },
		{ .name = "aws:SourceIp", .value = "192.0.2.1" }, { .name = "aws:SecureTransport", .value = "true" },
	};
	const struct kefs_policy_request request = {
		.principal = caller, .action = "elasticfilesystem:ClientMount", .resource = FS_ARN, .account = HOME,
		.keys = keys, .key_count = 4, .now = 1769860800,
	};
	struct kefs_policy_set sets[] = { { .resource = policy }, { .identity = &policy, .identity_count = 1 },
					  { .identity = &policy, .identity_count = 1, .boundary = policy, .session = policy } };
	struct kefs_policy_answer answer;
	char text[KEFS_POLICY_REASON_SIZE];

	for (int i = 0; i < 3; i++)
		check_answer(&answer, kefs_policy_evaluate(&sets[i], &request, &answer), policy);
	/* A statement that decided applies */
	if (kefs_policy_evaluate(&sets[0], &request, &answer) && answer.policy &&
	    !kefs_policy_explain(policy, answer.statement, &request, false, text))
		abort();
}

static void decide(const struct kefs_policy *policy, const struct kefs_principal *caller, const char *value)
{
	struct kefs_nfs_client client = { .principal = caller, .fs_arn = FS_ARN, .fs_account = HOME, .tls = true,
					  .access_point_arn = value, .private_source_ip = true };
	const struct kefs_policy_set set = { .resource = policy };
	struct kefs_nfs_decision decision;
	char reason[KEFS_NFS_REASON_SIZE];

	if (kefs_addr_parse("10.0.0.1", 1, &client.peer) < 0)
		abort();
	kefs_nfs_decide(&set, &client, &decision);
	kefs_nfs_reason(&decision, reason);
	if ((decision.write || decision.root) && !decision.mount)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct kefs_caller caller;
	struct kefs_policy_rules rules = { .name = "p", .resource = FS_ARN };
	struct kefs_policy *policy = NULL;
	struct kefs_err err = { "" };
	char value[256] = "";
	size_t len;
	int rc;

	if (size < 2)
		return 0;
	rules.kind = data[0] % 3;
	len = data[1] < size - 2 ? data[1] : size - 2;
	memcpy(value, data + 2, len);
	rc = kefs_policy_parse((const char *)data + 2 + len, size - 2 - len, &rules, &policy, &err);
	if (rc != 0 && (!*err.text || policy || (rc != -EINVAL && rc != -E2BIG)))
		abort();
	if (rc != 0)
		return 0;
	for (size_t i = 0; i < sizeof(callers) / sizeof(callers[0]); i++) {
		evaluate(policy, &callers[i], value);
		decide(policy, &callers[i], value);
	}
	if (kefs_caller_parse(value, NULL, NULL, &caller, &err) == 0)
		decide(policy, &caller.principal, value);
	kefs_policy_free(policy);
	return 0;
}
