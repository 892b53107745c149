// SPDX-License-Identifier: GPL-2.0
#include "nft.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/spawn.h"
#include "common/cleanup.h"
#include "common/fail.h"

#define LIMIT_SEC 10

static int write_file(const char *path, const char *text, size_t len)
{
	CLEANUP_CLOSE int fd = -1;

	(void)unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

int kefs_nft_load(const char *path, const char *commands, size_t len, struct kefs_err *err)
{
	const char *const argv[] = { "nft", "-f", path, NULL };
	int rc;

	kefs_fail_point("filter-write");
	rc = write_file(path, commands, len);
	if (rc < 0)
		return kefs_err_sys(err, rc, "writing %s", path);
	kefs_fail_point("filter-load");
	rc = kefs_spawn_run(argv, LIMIT_SEC, err);
	kefs_fail_point("filter-loaded");
	return rc;
}

/* --- what is there --- */

static int take_handle(struct nl_msg *msg, void *ctx)
{
	const struct nlattr *attr = nlmsg_find_attr(nlmsg_hdr(msg), sizeof(struct nfgenmsg), NFTA_TABLE_HANDLE);
	uint64_t handle;

	if (!attr || nla_len(attr) < (int)sizeof(handle))
		return NL_SKIP;
	memcpy(&handle, nla_data(attr), sizeof(handle));
	*(uint64_t *)ctx = be64toh(handle);
	return NL_OK;
}

static int ask(struct nl_sock *sock, const char *name)
{
	const struct nfgenmsg family = { .nfgen_family = NFPROTO_INET, .version = NFNETLINK_V0 };
	struct nl_msg *msg = nlmsg_alloc_simple(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE, NLM_F_REQUEST);
	int rc = msg ? nlmsg_append(msg, (void *)(uintptr_t)&family, sizeof(family), NLMSG_ALIGNTO) : -NLE_NOMEM;

	if (rc >= 0)
		rc = nla_put_string(msg, NFTA_TABLE_NAME, name);
	if (rc >= 0)
		rc = nl_send_auto(sock, msg);
	nlmsg_free(msg);
	return rc;
}

int kefs_nft_table(const char *name, uint64_t *ret_handle)
{
	struct nl_sock *sock = nl_socket_alloc();
	uint64_t handle = 0;
	int rc;

	if (!sock)
		return -ENOMEM;
	nl_socket_disable_auto_ack(sock);
	rc = nl_connect(sock, NETLINK_NETFILTER);
	if (rc >= 0)
		rc = nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, take_handle, &handle);
	if (rc >= 0)
		rc = ask(sock, name);
	if (rc >= 0)
		rc = nl_recvmsgs_default(sock);
	nl_socket_free(sock);
	if (rc < 0)
		return rc == -NLE_OBJ_NOTFOUND ? -ENOENT : -EIO;
	if (!handle)
		return -ENOENT;
	*ret_handle = handle;
	return 0;
}

int kefs_nft_watch(void)
{
	const struct sockaddr_nl group = { .nl_family = AF_NETLINK, .nl_groups = 1u << (NFNLGRP_NFTABLES - 1) };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);
	int rc = fd < 0 || bind(fd, (const struct sockaddr *)&group, sizeof(group)) < 0 ? -errno : 0;

	if (rc == 0)
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

/* What is changed says first which table it is in, but for the number of the change as a whole. */
static bool is_about(const struct nlmsghdr *hdr, const char *name)
{
	struct nlmsghdr *msg = (struct nlmsghdr *)(uintptr_t)hdr;
	const struct nlattr *attr = nlmsg_find_attr(msg, sizeof(struct nfgenmsg), NFTA_TABLE_NAME);

	return (hdr->nlmsg_type & 0xff) != NFT_MSG_NEWGEN && attr && nla_len(attr) == (int)strlen(name) + 1 &&
	       !memcmp(nla_data(attr), name, strlen(name) + 1);
}

bool kefs_nft_drain(int fd, const char *name)
{
	_Alignas(struct nlmsghdr) char buf[32768];
	bool found = false;
	ssize_t n;

	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0 || errno == EINTR || errno == ENOBUFS) {
		const struct nlmsghdr *hdr = (const struct nlmsghdr *)buf;
		int len = (int)n;

		found |= n < 0 && errno == ENOBUFS;
		for (; n > 0 && nlmsg_ok(hdr, len); hdr = nlmsg_next((struct nlmsghdr *)(uintptr_t)hdr, &len))
			found |= is_about(hdr, name);
	}
	return found;
}
