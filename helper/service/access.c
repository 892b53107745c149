// SPDX-License-Identifier: GPL-2.0
/*
 * Compiled policies are kept, by file system, until they change. One that is in the store and cannot be understood (it
 * was checked when it was set) denies everything: to let people in by mistake is the worse error.
 */
#include "access.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/str.h"
#include "policy/nfs.h"
#include "service/efs.h"
#include "service/fs_policies.h"
#include "store/st_mount_target.h"

struct entry {
	struct entry *next;
	char fs_id[KEFS_ID_SIZE];
	struct kefs_policy *policy;	/* NULL: none is set */
	bool broken;
};

struct kefs_access {
	struct kefs_access_parts parts;
	struct entry *entries;
};

int kefs_access_new(const struct kefs_access_parts *parts, struct kefs_access **ret_access, struct kefs_err *err)
{
	struct kefs_access *access = calloc(1, sizeof(*access));

	if (!access)
		return kefs_err_sys(err, -ENOMEM, "access");
	access->parts = *parts;
	*ret_access = access;
	return 0;
}

static void forget(struct kefs_access *access, const char *fs_id)
{
	struct entry **p = &access->entries, *entry;

	while (*p) {
		entry = *p;
		if (fs_id && strcmp(entry->fs_id, fs_id)) {
			p = &entry->next;
			continue;
		}
		*p = entry->next;
		kefs_policy_free(entry->policy);
		free(entry);
	}
}

void kefs_access_free(struct kefs_access *access)
{
	if (!access)
		return;
	forget(access, NULL);
	free(access);
}

/* --- policies --- */

static struct entry *load(struct kefs_access *access, const char *fs_id)
{
	struct entry *entry = calloc(1, sizeof(*entry));
	struct kefs_err err;
	int rc;

	if (!entry)
		return NULL;
	(void)kefs_str_copy(entry->fs_id, sizeof(entry->fs_id), fs_id);
	rc = kefs_fs_policies_compile(access->parts.db, access->parts.topology, fs_id, &entry->policy, &err);
	if (rc < 0 && rc != -ENOENT) {
		log_err("the policy of %s cannot be used, nobody may mount it: %s", fs_id, err.text);
		entry->broken = true;
	}
	entry->next = access->entries;
	access->entries = entry;
	return entry;
}

static const struct entry *policy_of(struct kefs_access *access, const char *fs_id)
{
	struct entry *entry = access->entries;

	while (entry && strcmp(entry->fs_id, fs_id))
		entry = entry->next;
	return entry ? entry : load(access, fs_id);
}

/* --- decisions --- */

static void say(const char *fs_id, const struct kefs_claims *claims, const struct kefs_nfs_decision *decision)
{
	char peer[KEFS_ADDR_TEXT], reason[KEFS_NFS_REASON_SIZE];

	if (decision->mount && decision->write && decision->root)
		return;
	kefs_addr_format(&claims->peer, peer);
	kefs_nfs_reason(decision, reason);
	log_warn_limited("%s on %s: %s", peer, fs_id, reason);
}

/* claims->volume_id is that of fs_id. */
static int decide(struct kefs_access *access, const char *fs_id, const struct kefs_claims *claims,
		  struct kefs_grant *ret_grant)
{
	const struct entry *entry = policy_of(access, fs_id);
	const struct kefs_policy_set set = { .resource = entry ? entry->policy : NULL };
	struct kefs_nfs_decision decision = { .mount = false };
	char arn[KEFS_ARN_SIZE];
	const struct kefs_nfs_client client = {
		.fs_arn = arn,
		.fs_account = access->parts.topology->account,
		.peer = claims->peer,
		.private_source_ip = true,
		.now = kefs_efs_now_ms() / 1000,
	};
	int rc = kefs_grant_make(claims, ret_grant);

	if (rc < 0)
		return rc;
	kefs_topology_arn(access->parts.topology, "file-system", fs_id, arn);
	if (entry && !entry->broken) {
		kefs_nfs_decide(&set, &client, &decision);
		say(fs_id, claims, &decision);
	}
	if (!decision.mount)
		ret_grant->flags |= KEFS_MODEL_GRANT_NO_ACCESS;
	if (!decision.write)
		ret_grant->flags |= KEFS_MODEL_GRANT_READ_ONLY;
	if (!decision.root)
		ret_grant->flags |= KEFS_MODEL_GRANT_SQUASH_ROOT;
	return 0;
}

/* Host byte order; 0: not IPv4. A client may come in through a dual-stack socket. */
static uint32_t ipv4_of(const struct kefs_addr *addr)
{
	uint32_t net;

	if (addr->len && addr->sa.sa_family == AF_INET)
		return ntohl(addr->in.sin_addr.s_addr);
	if (!addr->len || addr->sa.sa_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&addr->in6.sin6_addr))
		return 0;
	memcpy(&net, addr->in6.sin6_addr.s6_addr + 12, sizeof(net));
	return ntohl(net);
}

/* The file system behind a local address: its volume. */
static int resolve(struct kefs_access *access, const struct kefs_addr *local, uint64_t *ret_volume,
		   struct kefs_err *err)
{
	const struct kefs_fs_list *list = kefs_volumes_list(access->parts.volumes);
	char id[KEFS_ID_SIZE];
	int rc = kefs_st_mount_target_fs(access->parts.db, ipv4_of(local), id, err);

	if (rc == -ENOENT)
		return kefs_volumes_default(access->parts.volumes, ret_volume, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < list->count; i++) {
		if (!strcmp(list->fs[i].id, id)) {
			*ret_volume = list->fs[i].volume_id;
			return 0;
		}
	}
	return kefs_err_set(err, -ENOENT, "file system %s is gone", id);
}

int kefs_access_decide(struct kefs_access *access, const struct kefs_claims *claims, struct kefs_grant *ret_grant,
		       struct kefs_err *err)
{
	struct kefs_claims known = *claims;
	const char *fs_id;
	int rc = resolve(access, &claims->local, &known.volume_id, err);

	if (rc < 0)
		return rc;
	fs_id = kefs_volumes_name(access->parts.volumes, known.volume_id);
	if (!fs_id)
		return kefs_err_set(err, -ENOENT, "its file system is gone");
	rc = decide(access, fs_id, &known, ret_grant);
	return rc < 0 ? kefs_err_sys(err, rc, "deciding on a connection") : 0;
}

/* --- connections that live --- */

#define DECIDED (KEFS_MODEL_GRANT_NO_ACCESS | KEFS_MODEL_GRANT_READ_ONLY | KEFS_MODEL_GRANT_SQUASH_ROOT)

static int renew_one(struct kefs_access *access, const struct kefs_kconn *conn, struct kefs_err *err)
{
	const struct kefs_claims claims = { .peer = conn->peer, .local = conn->local, .volume_id = conn->volume };
	const char *fs_id = kefs_volumes_name(access->parts.volumes, conn->volume);
	struct kefs_grant grant;
	int rc = fs_id ? decide(access, fs_id, &claims, &grant) : -ENOENT;

	if (rc < 0 || !((grant.flags ^ conn->grant_flags) & DECIDED))
		return 0;
	return access->parts.kernel.ops->grant_set(access->parts.kernel.ctx, conn->id, &grant, err);
}

/* Of one volume, or of all for 0. Whose grant cannot be changed must not keep the old one. */
static void renew(struct kefs_access *access, uint64_t volume)
{
	const struct kefs_kernel *kernel = &access->parts.kernel;
	CLEANUP_FREE struct kefs_kconn *list = NULL;
	struct kefs_err err, ignored;
	size_t count = 0;
	int rc = kernel->ops->conn_list(kernel->ctx, volume, &list, &count, &err);

	if (rc < 0 && rc != -ENODEV)
		log_err("connections keep their old grants: %s", err.text);
	for (size_t i = 0; i < count; i++) {
		rc = renew_one(access, &list[i], &err);
		if (rc == 0 || rc == -ENOENT || rc == -ENODEV)
			continue;
		log_err("closing a connection whose grant cannot be changed: %s", err.text);
		(void)kernel->ops->conn_del(kernel->ctx, list[i].id, &ignored);
	}
}

void kefs_access_renew(struct kefs_access *access)
{
	renew(access, 0);
}

void kefs_access_policy_changed(struct kefs_access *access, const char *fs_id)
{
	const struct kefs_fs_list *list = kefs_volumes_list(access->parts.volumes);

	forget(access, fs_id);
	for (size_t i = 0; i < list->count; i++) {
		if (!strcmp(list->fs[i].id, fs_id))
			renew(access, list->fs[i].volume_id);
	}
}

void kefs_access_target_removed(struct kefs_access *access, uint32_t address)
{
	const struct kefs_kernel *kernel = &access->parts.kernel;
	CLEANUP_FREE struct kefs_kconn *list = NULL;
	struct kefs_err err;
	size_t count = 0;

	if (kernel->ops->conn_list(kernel->ctx, 0, &list, &count, &err) < 0)
		return;
	for (size_t i = 0; i < count; i++) {
		if (ipv4_of(&list[i].local) == address)
			(void)kernel->ops->conn_del(kernel->ctx, list[i].id, &err);
	}
}
