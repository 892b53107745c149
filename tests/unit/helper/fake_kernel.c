// SPDX-License-Identifier: GPL-2.0
#include "fake_kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fail.h"
#include "common/str.h"

void fake_kernel_init(struct fake_kernel *fake, uint64_t instance)
{
	memset(fake, 0, sizeof(*fake));
	fake->loaded = true;
	fake->instance = instance;
}

void fake_kernel_unload(struct fake_kernel *fake)
{
	for (size_t i = 0; i < fake->conn_count; i++)
		(void)close(fake->conns[i].fd);
	fake->conn_count = 0;
	fake->volume_count = 0;
	fake->loaded = false;
}

static int up(const struct fake_kernel *fake, struct kefs_err *err)
{
	kefs_fail_point("kernel-call");
	return fake->loaded ? 0 : kefs_err_set(err, -ENODEV, "fake: not loaded");
}

static int once(int *fail, struct kefs_err *err)
{
	int rc = *fail;

	*fail = 0;
	return rc < 0 ? kefs_err_sys(err, rc, "fake") : 0;
}

/* Connections whose peer is gone are gone. */
static void reap(struct fake_kernel *fake)
{
	for (size_t i = 0; i < fake->conn_count;) {
		char byte;
		ssize_t n = recv(fake->conns[i].fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

		if (n > 0 || (n < 0 && errno == EAGAIN)) {
			i++;
			continue;
		}
		(void)close(fake->conns[i].fd);
		fake->conns[i] = fake->conns[--fake->conn_count];
	}
}

static uint32_t conns_of(const struct fake_kernel *fake, uint64_t volume)
{
	uint32_t n = 0;

	for (size_t i = 0; i < fake->conn_count; i++)
		n += !volume || fake->conns[i].volume == volume;
	return n;
}

static size_t find(const struct fake_kernel *fake, uint64_t id)
{
	size_t i;

	for (i = 0; i < fake->volume_count && fake->volumes[i].id != id; i++)
		;
	return i;
}

bool fake_kernel_has(const struct fake_kernel *fake, uint64_t id)
{
	return find(fake, id) < fake->volume_count;
}

static int fake_info(void *ctx, struct kefs_kinfo *ret_info, struct kefs_err *err)
{
	struct fake_kernel *fake = ctx;

	if (up(fake, err) < 0)
		return -ENODEV;
	reap(fake);
	*ret_info = (struct kefs_kinfo) {
		.abi = 1,
		.instance = fake->instance,
		.volumes = (uint32_t)fake->volume_count,
		.conns = (uint32_t)fake->conn_count,
		.lease_sec = fake->config.lease_sec,
		.mem_budget = fake->config.mem_budget,
	};
	return 0;
}

static int fake_config_set(void *ctx, const struct kefs_kconfig *config, struct kefs_err *err)
{
	struct fake_kernel *fake = ctx;

	if (up(fake, err) < 0)
		return -ENODEV;
	fake->config = *config;
	return 0;
}

static int fake_volume_add(void *ctx, const struct kefs_kvolume_new *volume, struct kefs_err *err)
{
	struct fake_kernel *fake = ctx;
	struct stat st;
	size_t n;
	int rc;

	if (up(fake, err) < 0)
		return -ENODEV;
	rc = once(&fake->fail_add, err);
	if (rc < 0)
		return rc;
	if (fake_kernel_has(fake, volume->id))
		return kefs_err_set(err, -EEXIST, "fake: volume is there");
	if (fstat(volume->root_fd, &st) < 0 || !S_ISDIR(st.st_mode))
		return kefs_err_set(err, -ENOTDIR, "fake: no directory");
	if (fstat(volume->recovery_fd, &st) < 0 || !S_ISREG(st.st_mode))
		return kefs_err_set(err, -EINVAL, "fake: no recovery file");
	n = fake->volume_count++;
	fake->volumes[n].id = volume->id;
	(void)kefs_str_copy(fake->volumes[n].name, sizeof(fake->volumes[n].name), volume->name);
	memcpy(fake->volumes[n].key, volume->key, sizeof(fake->volumes[n].key));
	kefs_fail_point("kernel-called");
	return 0;
}

static int fake_grace_end(void *ctx, uint64_t id, struct kefs_err *err)
{
	struct fake_kernel *fake = ctx;
	size_t i = find(fake, id);

	if (up(fake, err) < 0)
		return -ENODEV;
	if (i == fake->volume_count)
		return kefs_err_set(err, -ENOENT, "fake: no such volume");
	if (!fake->volumes[i].grace_ms)
		return kefs_err_set(err, -ESRCH, "fake: no grace");
	fake->volumes[i].grace_ms = 0;
	return 0;
}

static int fake_volume_del(void *ctx, uint64_t id, bool force, struct kefs_err *err)
{
	struct fake_kernel *fake = ctx;
	size_t i = find(fake, id);
	int rc;

	if (up(fake, err) < 0)
		return -ENODEV;
	rc = once(&fake->fail_del, err);
	if (rc < 0)
		return rc;
	if (i == fake->volume_count)
		return kefs_err_set(err, -ENOENT, "fake: no such volume");
	reap(fake);
	if (conns_of(fake, id) && !force)
		return kefs_err_set(err, -EBUSY, "fake: connections");
	for (size_t c = 0; c < fake->conn_count;) {
		if (fake->conns[c].volume != id) {
			c++;
			continue;
		}
		(void)close(fake->conns[c].fd);
		fake->conns[c] = fake->conns[--fake->conn_count];
	}
	fake->volumes[i] = fake->volumes[--fake->volume_count];
	kefs_fail_point("kernel-called");
	return 0;
}

static int fake_volume_list(void *ctx, uint64_t id, struct kefs_kvolume **ret_list, size_t *ret_count,
			    struct kefs_err *err)
{
	struct fake_kernel *fake = ctx;
	struct kefs_kvolume *list;
	size_t count = 0;
	int rc;

	if (up(fake, err) < 0)
		return -ENODEV;
	rc = once(&fake->fail_list, err);
	if (rc < 0)
		return rc;
	reap(fake);
	list = calloc(fake->volume_count + 1, sizeof(*list));
	for (size_t i = 0; list && i < fake->volume_count; i++) {
		struct kefs_kvolume *volume = &list[count];

		if (id && fake->volumes[i].id != id)
			continue;
		volume->id = fake->volumes[i].id;
		(void)kefs_str_copy(volume->name, sizeof(volume->name), fake->volumes[i].name);
		volume->conns = conns_of(fake, volume->id);
		volume->clients = volume->conns;
		count++;
	}
	*ret_list = list;
	*ret_count = count;
	return 0;
}

static int fake_conn_add(void *ctx, int fd, const struct kefs_ends *ends, const struct kefs_grant *grant,
			 uint64_t *ret_id, struct kefs_err *err)
{
	struct fake_kernel *fake = ctx;

	if (up(fake, err) < 0)
		return -ENODEV;
	if (!fake_kernel_has(fake, grant->volume_id))
		return kefs_err_set(err, -ENOENT, "fake: no such volume");
	reap(fake);
	if (fake->conn_count == FAKE_CONNS || (fake->config.conns_max && fake->conn_count >= fake->config.conns_max))
		return kefs_err_set(err, -EMFILE, "fake: too many connections");
	*ret_id = ++fake->next_conn;
	fake->conns[fake->conn_count].id = *ret_id;
	fake->conns[fake->conn_count].volume = grant->volume_id;
	fake->conns[fake->conn_count].grant = *grant;
	fake->conns[fake->conn_count].relayed = ends != NULL;
	if (ends)
		fake->conns[fake->conn_count].ends = *ends;
	fake->conns[fake->conn_count].has_root = grant->root_fd >= 0;
	fake->conns[fake->conn_count].fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	fake->conn_count++;
	return 0;
}

static size_t find_conn(const struct fake_kernel *fake, uint64_t id)
{
	size_t i;

	for (i = 0; i < fake->conn_count && fake->conns[i].id != id; i++)
		;
	return i;
}

static int fake_conn_del(void *ctx, uint64_t id, struct kefs_err *err)
{
	struct fake_kernel *fake = ctx;
	size_t i = find_conn(fake, id);

	if (up(fake, err) < 0)
		return -ENODEV;
	if (i == fake->conn_count)
		return kefs_err_set(err, -ENOENT, "fake: no such connection");
	(void)close(fake->conns[i].fd);
	fake->conns[i] = fake->conns[--fake->conn_count];
	return 0;
}

static int fake_grant_set(void *ctx, uint64_t id, const struct kefs_grant *grant, struct kefs_err *err)
{
	struct fake_kernel *fake = ctx;
	size_t i = find_conn(fake, id);

	if (up(fake, err) < 0)
		return -ENODEV;
	if (i == fake->conn_count)
		return kefs_err_set(err, -ENOENT, "fake: no such connection");
	if (grant->domain_len != fake->conns[i].grant.domain_len ||
	    memcmp(grant->domain, fake->conns[i].grant.domain, grant->domain_len))
		return kefs_err_set(err, -EINVAL, "fake: a connection cannot change its domain");
	fake->conns[i].grant = *grant;
	return 0;
}

static int fake_conn_list(void *ctx, uint64_t volume, struct kefs_kconn **ret_list, size_t *ret_count,
			  struct kefs_err *err)
{
	struct fake_kernel *fake = ctx;
	struct kefs_kconn *list;
	size_t n = 0;
	int rc;

	if (up(fake, err) < 0)
		return -ENODEV;
	rc = once(&fake->fail_conn_list, err);
	if (rc < 0)
		return rc;
	reap(fake);
	list = calloc(fake->conn_count + 1, sizeof(*list));
	for (size_t i = 0; list && i < fake->conn_count; i++) {
		struct kefs_kconn *conn = &list[n];

		if (volume && fake->conns[i].volume != volume)
			continue;
		n++;
		conn->id = fake->conns[i].id;
		conn->volume = fake->conns[i].volume;
		conn->grant_flags = fake->conns[i].grant.flags;
		conn->ids = fake->conns[i].grant.ids;
		memcpy(conn->access_point, fake->conns[i].grant.access_point, sizeof(conn->access_point));
		memcpy(conn->who, fake->conns[i].grant.who, sizeof(conn->who));
		memcpy(conn->domain, fake->conns[i].grant.domain, sizeof(conn->domain));
		conn->domain_len = fake->conns[i].grant.domain_len;
		conn->peer.len = sizeof(conn->peer.storage);
		(void)getpeername(fake->conns[i].fd, &conn->peer.sa, &conn->peer.len);
		conn->local.len = sizeof(conn->local.storage);
		(void)getsockname(fake->conns[i].fd, &conn->local.sa, &conn->local.len);
		conn->relayed = fake->conns[i].relayed;
		if (conn->relayed) {
			conn->peer = fake->conns[i].ends.peer;
			conn->local = fake->conns[i].ends.local;
		}
		conn->requests = 1;
	}
	*ret_list = list;
	*ret_count = n;
	return 0;
}

/* One client for each connection. */
static int fake_client_list(void *ctx, uint64_t volume, struct kefs_kclient **ret_list, size_t *ret_count,
			    struct kefs_err *err)
{
	struct kefs_kconn *conns;
	struct kefs_kclient *list;
	size_t count;
	int rc = fake_conn_list(ctx, volume, &conns, &count, err);

	if (rc < 0)
		return rc;
	list = calloc(count + 1, sizeof(*list));
	for (size_t i = 0; list && i < count; i++) {
		list[i].id = conns[i].id;
		list[i].volume = conns[i].volume;
		list[i].peer = conns[i].peer;
		memcpy(list[i].owner, "Linux NFSv4.1 fake", 18);
		list[i].owner_len = i ? 18 : 1;
		list[i].confirmed = true;
	}
	free(conns);
	*ret_list = list;
	*ret_count = count;
	return 0;
}

static int fake_stats(void *ctx, uint64_t volume, struct kefs_kstats **ret_list, size_t *ret_count,
		      struct kefs_err *err)
{
	struct fake_kernel *fake = ctx;
	struct kefs_kstats *list;
	size_t n = 1;

	if (up(fake, err) < 0)
		return -ENODEV;
	list = calloc(fake->volume_count + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	list[0].counters[2] = 7;
	list[0].counter_count = 23;
	for (size_t i = 0; i < fake->volume_count; i++) {
		if (volume && fake->volumes[i].id != volume)
			continue;
		list[n].ops[0] = (struct kefs_kop) { .op = 25, .count = 1000, .errors = 1, .nsec = 5000000, .bytes = 1 << 20 };
		list[n].ops[1] = (struct kefs_kop) { .op = 200, .count = 1 };
		list[n].op_count = 2;
		list[n++].volume = fake->volumes[i].id;
	}
	*ret_list = list;
	*ret_count = n;
	return 0;
}

struct kefs_kernel fake_kernel_ops(struct fake_kernel *fake)
{
	static const struct kefs_kernel_ops ops = {
		.info = fake_info,
		.config_set = fake_config_set,
		.volume_add = fake_volume_add,
		.volume_del = fake_volume_del,
		.volume_list = fake_volume_list,
		.grace_end = fake_grace_end,
		.conn_add = fake_conn_add,
		.conn_del = fake_conn_del,
		.grant_set = fake_grant_set,
		.conn_list = fake_conn_list,
		.client_list = fake_client_list,
		.stats = fake_stats,
	};

	return (struct kefs_kernel) { .ops = &ops, .ctx = fake };
}
