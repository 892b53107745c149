// SPDX-License-Identifier: GPL-2.0
#include "endpoints.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "net/ifaddr.h"
#include "store/st_mount_target.h"

#define NFS_PORT 2049

static struct kefs_addr addr_of(const struct kefs_mount_target *target)
{
	return (struct kefs_addr) {
		.in = { .sin_family = AF_INET, .sin_port = htons(NFS_PORT), .sin_addr.s_addr = htonl(target->address) },
		.len = sizeof(struct sockaddr_in),
	};
}

static int add(const struct kefs_endpoints *endpoints, const struct kefs_mount_target *target,
	       struct kefs_err *err)
{
	const struct kefs_subnet *subnet = kefs_topology_subnet(endpoints->topology, target->subnet_id);
	const struct kefs_addr addr = addr_of(target);
	struct kefs_err ignored;
	int rc;

	if (!subnet)
		return kefs_err_set(err, -ENODEV, "subnet %s is no longer configured", target->subnet_id);
	rc = kefs_ifaddr_add(subnet->interface, target->address, err);
	if (rc < 0)
		return rc;
	rc = endpoints->ops->listen(endpoints->ctx, &addr, err);
	if (rc < 0)
		goto err_address;
	rc = kefs_names_add(endpoints->names, target, err);
	if (rc == 0)
		return 0;
	kefs_names_remove(endpoints->names, target);
	endpoints->ops->unlisten(endpoints->ctx, &addr);
err_address:
	(void)kefs_ifaddr_del(target->address, &ignored);
	return rc;
}

int kefs_endpoints_filter(const struct kefs_endpoints *endpoints, struct kefs_err *err)
{
	return endpoints->ops->filter(endpoints->ctx, err);
}

int kefs_endpoints_add(const struct kefs_endpoints *endpoints, const struct kefs_mount_target *target,
		       struct kefs_err *err)
{
	/* Before anybody can reach it */
	int rc = kefs_endpoints_filter(endpoints, err);

	return rc < 0 ? rc : add(endpoints, target, err);
}

int kefs_endpoints_remove(const struct kefs_endpoints *endpoints, const struct kefs_mount_target *target,
			  struct kefs_err *err)
{
	const struct kefs_addr addr = addr_of(target);
	struct kefs_err why;
	int rc;

	kefs_names_remove(endpoints->names, target);
	endpoints->ops->unlisten(endpoints->ctx, &addr);
	rc = endpoints->ops->removed(endpoints->ctx, target->address, err);
	if (rc == 0)
		rc = kefs_ifaddr_del(target->address, err);
	if (rc == 0)
		rc = kefs_st_mount_target_delete(endpoints->db, target->id, err);
	if (rc < 0)
		return rc;
	/* Nobody reaches the address any more: what is left of it in the filter does no harm. */
	if (kefs_endpoints_filter(endpoints, &why) < 0)
		log_err("the packet filter is not as security groups have it: %s", why.text);
	return 0;
}

static int all_targets(struct kefs_db *db, struct kefs_mount_target_list *ret_all, struct kefs_err *err)
{
	struct kefs_page page = { .limit = KEFS_PAGE_MAX };
	struct kefs_mount_target *grown;
	int rc;

	for (;;) {
		struct kefs_mount_target_list part;
		size_t count;

		rc = kefs_st_mount_target_list(db, "", &page, &part, err);
		if (rc < 0)
			return rc;
		count = part.count > KEFS_PAGE_MAX ? KEFS_PAGE_MAX : part.count;
		grown = count ? reallocarray(ret_all->targets, ret_all->count + count, sizeof(*grown)) : NULL;
		if (grown) {
			memcpy(grown + ret_all->count, part.targets, count * sizeof(*grown));
			ret_all->targets = grown;
			ret_all->count += count;
			page.after_ms = grown[ret_all->count - 1].created_ms;
			(void)memcpy(page.after_id, grown[ret_all->count - 1].id, sizeof(page.after_id));
		}
		free(part.targets);
		if (count && !grown)
			return kefs_err_sys(err, -ENOMEM, "mount targets");
		if (part.count <= KEFS_PAGE_MAX)
			return 0;
	}
}

static bool is_resolver(const struct kefs_topology *topology, uint32_t address)
{
	for (size_t i = 0; i < topology->subnet_count; i++) {
		if (kefs_subnet_resolver(&topology->subnets[i]) == address)
			return true;
	}
	return false;
}

static bool is_ours(const struct kefs_endpoints *endpoints, const struct kefs_mount_target_list *all, uint32_t address)
{
	for (size_t i = 0; i < all->count; i++) {
		if (all->targets[i].address == address)
			return true;
	}
	return endpoints->resolvers && is_resolver(endpoints->topology, address);
}

static bool is_known(const void *ctx, const char *target_id)
{
	const struct kefs_mount_target_list *all = ctx;

	for (size_t i = 0; i < all->count; i++) {
		if (!strcmp(all->targets[i].id, target_id))
			return true;
	}
	return false;
}

static int drop_strays(const struct kefs_endpoints *endpoints, const struct kefs_mount_target_list *all,
		       struct kefs_err *err)
{
	CLEANUP_FREE struct kefs_ifaddr *list = NULL;
	size_t count = 0;
	int rc = kefs_ifaddr_list(&list, &count, err);

	for (size_t i = 0; i < count && rc == 0; i++) {
		if (list[i].ours && !is_ours(endpoints, all, list[i].address))
			rc = kefs_ifaddr_drop(&list[i], err);
	}
	return rc < 0 ? rc : kefs_names_prune(endpoints->names, is_known, all, err);
}

/* What was left half done, by an earlier run or a failure: none of it stays, if it can be had. */
static void settle(const struct kefs_endpoints *endpoints, struct kefs_mount_target_list *all)
{
	struct kefs_err why;
	size_t kept = 0;

	for (size_t i = 0; i < all->count; i++) {
		const struct kefs_mount_target *target = &all->targets[i];

		if (target->state == KEFS_STATE_AVAILABLE) {
			all->targets[kept++] = *target;
			continue;
		}
		if (kefs_endpoints_remove(endpoints, target, &why) < 0)
			log_warn_limited("mount target %s is %s and cannot be removed, which is tried again: %s", target->id,
					 kefs_state_name(target->state), why.text);
		else
			log_warn("mount target %s was left %s: it is removed", target->id, kefs_state_name(target->state));
	}
	all->count = kept;
}

int kefs_endpoints_start(const struct kefs_endpoints *endpoints, struct kefs_err *err)
{
	struct kefs_mount_target_list all = { .targets = NULL };
	struct kefs_err why;
	int rc = all_targets(endpoints->db, &all, err);

	if (rc == 0) {
		settle(endpoints, &all);
		rc = drop_strays(endpoints, &all, err);
	}
	/* What an earlier run set up holds on; nobody new is let in without. */
	if (rc == 0 && kefs_endpoints_filter(endpoints, &why) < 0) {
		log_err("mount targets stay as an earlier run left them, security groups cannot be enforced: %s", why.text);
		all.count = 0;
	}
	for (size_t i = 0; i < all.count && rc == 0; i++) {
		if (add(endpoints, &all.targets[i], &why) < 0)
			log_err("mount target %s is not reachable: %s", all.targets[i].id, why.text);
	}
	free(all.targets);
	return rc;
}

static bool is_there(const struct kefs_ifaddr *list, size_t count, uint32_t address)
{
	for (size_t i = 0; i < count; i++) {
		if (list[i].address == address)
			return true;
	}
	return false;
}

static void put_back_resolvers(const struct kefs_endpoints *endpoints, const struct kefs_ifaddr *list, size_t count)
{
	struct kefs_err why;

	for (size_t i = 0; i < endpoints->topology->subnet_count; i++) {
		const struct kefs_subnet *subnet = &endpoints->topology->subnets[i];

		if (!is_there(list, count, kefs_subnet_resolver(subnet)) &&
		    kefs_ifaddr_add(subnet->interface, kefs_subnet_resolver(subnet), &why) < 0)
			log_warn_limited("the resolver of subnet %s is not reachable: %s", subnet->id, why.text);
	}
}

/* Adds the targets whose addresses are not in the list, and ends what was left half done. */
static int put_back(const struct kefs_endpoints *endpoints, const struct kefs_ifaddr *list, size_t count,
		    struct kefs_err *err)
{
	struct kefs_mount_target_list all = { .targets = NULL };
	struct kefs_err why;
	int rc = all_targets(endpoints->db, &all, err);

	if (rc == 0)
		settle(endpoints, &all);
	for (size_t i = 0; i < all.count && rc == 0; i++) {
		if (is_there(list, count, all.targets[i].address))
			continue;
		if (add(endpoints, &all.targets[i], &why) < 0)
			log_warn_limited("mount target %s is not reachable: %s", all.targets[i].id, why.text);
		else
			log_info("mount target %s is reachable again", all.targets[i].id);
	}
	free(all.targets);
	return rc;
}

void kefs_endpoints_tick(const struct kefs_endpoints *endpoints)
{
	CLEANUP_FREE struct kefs_ifaddr *list = NULL;
	size_t count = 0, targets = 0, resolvers = 0;
	int64_t wanted = 0, unsettled = 0;
	struct kefs_err err;
	int rc = endpoints->ops->check_filter(endpoints->ctx, &err);

	if (rc == 0)
		rc = kefs_ifaddr_list(&list, &count, &err);
	if (rc == 0)
		rc = kefs_st_mount_target_count(endpoints->db, "", &wanted, &err);
	if (rc == 0)
		rc = kefs_st_mount_target_unsettled(endpoints->db, &unsettled, &err);
	for (size_t i = 0; i < count; i++)
		*(is_resolver(endpoints->topology, list[i].address) ? &resolvers : &targets) += list[i].ours;
	if (rc == 0 && endpoints->resolvers && resolvers < endpoints->topology->subnet_count)
		put_back_resolvers(endpoints, list, count);
	if (rc == 0 && (unsettled || (int64_t)targets < wanted))
		rc = put_back(endpoints, list, count, &err);
	if (rc < 0)
		log_warn_limited("mount targets cannot be looked after, which is tried again: %s", err.text);
}
