// SPDX-License-Identifier: GPL-2.0
#include "nfs.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "common/buf.h"
#include "common/str.h"

#define OWN_KEYS 4

/* What is asked of the policies for a client. */
struct question {
	struct kefs_policy_request request;
	struct kefs_policy_key keys[OWN_KEYS + KEFS_NFS_KEYS_MAX];
	char source_ip[INET6_ADDRSTRLEN];
};

static const char *const action_names[KEFS_NFS_ACTIONS] = {
	[KEFS_NFS_MOUNT] = "elasticfilesystem:ClientMount",
	[KEFS_NFS_WRITE] = "elasticfilesystem:ClientWrite",
	[KEFS_NFS_ROOT] = "elasticfilesystem:ClientRootAccess",
};

const char *kefs_nfs_action_name(enum kefs_nfs_action action)
{
	return action_names[action];
}

static void add_key(struct question *question, const char *name, const char *value)
{
	question->keys[question->request.key_count++] = (struct kefs_policy_key){ .name = name, .value = value };
}

struct range {
	uint8_t prefix[2];
	unsigned int bits;
};

static bool in_ranges(const uint8_t *address, const struct range *ranges, size_t count)
{
	unsigned int first = (unsigned int)address[0] << 8 | address[1], wanted;

	for (size_t i = 0; i < count; i++) {
		wanted = (unsigned int)ranges[i].prefix[0] << 8 | ranges[i].prefix[1];
		if ((first ^ wanted) >> (16 - ranges[i].bits) == 0)
			return true;
	}
	return false;
}

/* Addresses that mean nothing outside: private, shared, link-local, loopback, unspecified. */
static bool is_private(const uint8_t host[16])
{
	static const struct range ipv4[] = {
		{ { 0, 0 }, 8 }, { { 10, 0 }, 8 }, { { 100, 64 }, 10 }, { { 127, 0 }, 8 }, { { 169, 254 }, 16 },
		{ { 172, 16 }, 12 }, { { 192, 168 }, 16 },
	};
	/* Of IPv6, also what begins with sixteen zero bits: "::", "::1" and what embeds IPv4 addresses */
	static const struct range ipv6[] = { { { 0, 0 }, 16 }, { { 0xfc, 0 }, 7 }, { { 0xfe, 0x80 }, 10 } };
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (!memcmp(host, mapped, sizeof(mapped)))
		return in_ranges(host + 12, ipv4, sizeof(ipv4) / sizeof(ipv4[0]));
	return in_ranges(host, ipv6, sizeof(ipv6) / sizeof(ipv6[0]));
}

static void add_source_ip(struct question *question, const struct kefs_nfs_client *client)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	uint8_t host[16];
	const char *text;

	if (!client->peer.len)
		return;
	kefs_addr_host(&client->peer, host);
	if (is_private(host) && !client->private_source_ip)
		return;
	if (!memcmp(host, mapped, sizeof(mapped)))
		text = inet_ntop(AF_INET, host + 12, question->source_ip, sizeof(question->source_ip));
	else
		text = inet_ntop(AF_INET6, host, question->source_ip, sizeof(question->source_ip));
	if (text)
		add_key(question, "aws:SourceIp", text);
}

/* False if there are too many keys. The question holds pointers into itself. */
static bool ask(const struct kefs_nfs_client *client, const char *action, struct question *question)
{
	static const struct kefs_principal anonymous = { .type = KEFS_PRINCIPAL_ANONYMOUS };

	question->request = (struct kefs_policy_request){
		.principal = client->principal ? client->principal : &anonymous,
		.action = action,
		.resource = client->fs_arn,
		.account = client->fs_account,
		.keys = question->keys,
		.now = client->now,
	};
	add_key(question, "aws:SecureTransport", client->tls ? "true" : "false");
	add_key(question, "elasticfilesystem:AccessedViaMountTarget", "true");
	if (client->access_point_arn)
		add_key(question, "elasticfilesystem:AccessPointArn", client->access_point_arn);
	add_source_ip(question, client);
	if (client->key_count > KEFS_NFS_KEYS_MAX)
		return false;
	for (size_t i = 0; i < client->key_count; i++)
		question->keys[question->request.key_count++] = client->keys[i];
	return true;
}

bool kefs_nfs_decide_action(const struct kefs_policy_set *set, const struct kefs_nfs_client *client,
			    const char *action, struct kefs_policy_answer *ret_answer)
{
	struct question question;

	if (!ask(client, action, &question)) {
		*ret_answer = (struct kefs_policy_answer){ .verdict = KEFS_POLICY_DENIED, .note = KEFS_POLICY_NOTE_FAILED };
		return false;
	}
	if (kefs_policy_evaluate(set, &question.request, ret_answer))
		return true;
	if (set->resource || ret_answer->verdict != KEFS_POLICY_NO_STATEMENT)
		return false;
	for (int i = 0; i < KEFS_NFS_ACTIONS; i++) {
		if (strcasecmp(action, action_names[i]))
			continue;
		*ret_answer = (struct kefs_policy_answer){ .verdict = KEFS_POLICY_ALLOWED, .note = KEFS_POLICY_NOTE_DEFAULT,
							   .changes = ret_answer->changes };
		return true;
	}
	return false;
}

bool kefs_nfs_explain(const struct kefs_policy *policy, size_t statement, const struct kefs_nfs_client *client,
		      const char *action, bool bounded, char *ret_text)
{
	struct question question;

	(void)ask(client, action, &question);
	return kefs_policy_explain(policy, statement, &question.request, bounded, ret_text);
}

void kefs_nfs_decide(const struct kefs_policy_set *set, const struct kefs_nfs_client *client,
		     struct kefs_nfs_decision *ret_decision)
{
	bool allowed[KEFS_NFS_ACTIONS];

	ret_decision->changes = 0;
	for (int i = 0; i < KEFS_NFS_ACTIONS; i++) {
		int64_t changes;

		allowed[i] = kefs_nfs_decide_action(set, client, action_names[i], &ret_decision->answers[i]);
		changes = ret_decision->answers[i].changes;
		if (changes && (!ret_decision->changes || changes < ret_decision->changes))
			ret_decision->changes = changes;
		if (allowed[i] && !allowed[KEFS_NFS_MOUNT]) {
			allowed[i] = false;
			ret_decision->answers[i].verdict = KEFS_POLICY_NO_STATEMENT;
			ret_decision->answers[i].note = KEFS_POLICY_NOTE_MOUNT;
		}
	}
	ret_decision->mount = allowed[KEFS_NFS_MOUNT];
	ret_decision->write = allowed[KEFS_NFS_WRITE];
	ret_decision->root = allowed[KEFS_NFS_ROOT];
}

const char *kefs_nfs_summary(const struct kefs_nfs_decision *decision)
{
	if (!decision->mount)
		return "no mount";
	if (decision->root)
		return decision->write ? "read-write" : "read-only";
	return decision->write ? "read-write, root squashed" : "read-only, root squashed";
}

void kefs_nfs_reason(const struct kefs_nfs_decision *decision, char *ret_text)
{
	int count = decision->mount ? KEFS_NFS_ACTIONS : 1;
	char reason[KEFS_POLICY_REASON_SIZE];
	size_t used = strlen(kefs_nfs_summary(decision));

	(void)kefs_str_copy(ret_text, KEFS_NFS_REASON_SIZE, kefs_nfs_summary(decision));
	for (int i = 0; i < count; i++) {
		kefs_policy_reason(&decision->answers[i], reason);
		(void)kefs_str_format(ret_text + used, KEFS_NFS_REASON_SIZE - used, "%s%s %s", i ? "; " : ": ",
				      strchr(action_names[i], ':') + 1, reason);
		used += strlen(ret_text + used);
	}
}
