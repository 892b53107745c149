// SPDX-License-Identifier: GPL-2.0
#include "ifaddr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdlib.h>

#include "common/fail.h"

#define MARK 0x4b	/* IFA_PROTO's values above 3 are for who puts addresses there */

#define LIST_TRIES 5

/* libnl's errors have numbers of their own. */
static int to_errno(int rc)
{
	switch (-rc) {
	case NLE_SUCCESS:
		return 0;
	case NLE_EXIST:
		return -EEXIST;
	case NLE_NOADDR:
		return -EADDRNOTAVAIL;
	case NLE_PERM:
		return -EPERM;
	case NLE_NOMEM:
		return -ENOMEM;
	case NLE_DUMP_INTR:
		return -EAGAIN;
	case NLE_NODEV:
	case NLE_OBJ_NOTFOUND:
		return -ENODEV;
	default:
		return -EIO;
	}
}

static int open_route(struct nl_sock **ret_sock, struct kefs_err *err)
{
	int rc;

	*ret_sock = nl_socket_alloc();
	if (!*ret_sock)
		return kefs_err_sys(err, -ENOMEM, "interface addresses");
	rc = nl_connect(*ret_sock, NETLINK_ROUTE);
	if (rc == 0)
		return 0;
	nl_socket_free(*ret_sock);
	return kefs_err_set(err, to_errno(rc), "interface addresses: %s", nl_geterror(rc));
}

static struct nl_msg *message(int type, int flags, unsigned int ifindex, uint32_t address)
{
	struct nl_msg *msg = nlmsg_alloc_simple(type, NLM_F_REQUEST | NLM_F_ACK | flags);
	struct ifaddrmsg ifa = { .ifa_family = AF_INET, .ifa_prefixlen = 32, .ifa_index = ifindex };
	uint32_t net = htonl(address);

	if (!msg)
		return NULL;
	if (nlmsg_append(msg, &ifa, sizeof(ifa), NLMSG_ALIGNTO) == 0 &&
	    nla_put(msg, IFA_LOCAL, sizeof(net), &net) == 0 && nla_put(msg, IFA_ADDRESS, sizeof(net), &net) == 0 &&
	    nla_put_u8(msg, IFA_PROTO, MARK) == 0)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

/* One request and its acknowledgement; frees the message. */
static int exchange(struct nl_msg *msg, struct kefs_err *err)
{
	struct nl_sock *sock;
	int rc;

	if (!msg)
		return kefs_err_sys(err, -ENOMEM, "interface addresses");
	rc = open_route(&sock, err);
	if (rc < 0) {
		nlmsg_free(msg);
		return rc;
	}
	kefs_fail_point("address-change");
	rc = nl_send_auto(sock, msg);
	if (rc >= 0)
		rc = nl_wait_for_ack(sock);
	kefs_fail_point("address-changed");
	nlmsg_free(msg);
	nl_socket_free(sock);
	return rc < 0 ? kefs_err_set(err, to_errno(rc), "%s", nl_geterror(rc)) : 0;
}

static void dotted(uint32_t address, char text[INET_ADDRSTRLEN])
{
	const struct in_addr in = { .s_addr = htonl(address) };

	(void)inet_ntop(AF_INET, &in, text, INET_ADDRSTRLEN);
}

int kefs_ifaddr_add(const char *interface, uint32_t address, struct kefs_err *err)
{
	unsigned int ifindex = if_nametoindex(interface);
	char text[INET_ADDRSTRLEN];
	struct kefs_err why;
	int rc;

	if (!ifindex)
		return kefs_err_set(err, -ENODEV, "there is no interface %s (subnets in kefsd.conf)", interface);
	rc = exchange(message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, ifindex, address), &why);
	if (rc == 0 || rc == -EEXIST)
		return 0;
	dotted(address, text);
	return kefs_err_set(err, rc, "adding %s to %s: %s", text, interface, why.text);
}

struct listing {
	struct kefs_ifaddr *list;
	size_t count, room;
	int error;
};

static bool is_marked(struct nlattr *proto)
{
	return proto && nla_len(proto) == 1 && nla_get_u8(proto) == MARK;
}

static int take(struct nl_msg *msg, void *ctx)
{
	struct listing *all = ctx;
	struct nlattr *tb[IFA_MAX + 1];
	const struct ifaddrmsg *ifa = nlmsg_data(nlmsg_hdr(msg));
	struct kefs_ifaddr *list;

	if (nlmsg_parse(nlmsg_hdr(msg), sizeof(*ifa), tb, IFA_MAX, NULL) < 0 || ifa->ifa_family != AF_INET ||
	    !tb[IFA_LOCAL] || nla_len(tb[IFA_LOCAL]) != sizeof(uint32_t))
		return NL_OK;
	if (all->count == all->room) {
		all->room = all->room ? 2 * all->room : 16;
		list = reallocarray(all->list, all->room, sizeof(*list));
		if (!list) {
			all->error = -ENOMEM;
			return NL_STOP;
		}
		all->list = list;
	}
	all->list[all->count++] = (struct kefs_ifaddr) {
		.address = ntohl(nla_get_u32(tb[IFA_LOCAL])),
		.ifindex = ifa->ifa_index,
		.ours = is_marked(tb[IFA_PROTO]),
	};
	return NL_OK;
}

static int list_once(struct kefs_ifaddr **ret_list, size_t *ret_count, struct kefs_err *err)
{
	struct listing all = { .list = NULL };
	struct ifaddrmsg ifa = { .ifa_family = AF_INET };
	struct nl_sock *sock;
	int rc = open_route(&sock, err);

	if (rc < 0)
		return rc;
	rc = nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, take, &all);
	if (rc == 0)
		rc = nl_send_simple(sock, RTM_GETADDR, NLM_F_DUMP, &ifa, sizeof(ifa));
	if (rc >= 0)
		rc = nl_recvmsgs_default(sock);
	nl_socket_free(sock);
	if (rc < 0 || all.error) {
		free(all.list);
		return kefs_err_set(err, all.error ? all.error : to_errno(rc), "listing interface addresses: %s",
				    all.error ? "out of memory" : nl_geterror(rc));
	}
	*ret_list = all.list;
	*ret_count = all.count;
	return 0;
}

int kefs_ifaddr_list(struct kefs_ifaddr **ret_list, size_t *ret_count, struct kefs_err *err)
{
	int rc = -EAGAIN;

	/* While addresses come and go the kernel says that a listing may have gaps. */
	for (int i = 0; i < LIST_TRIES && rc == -EAGAIN; i++)
		rc = list_once(ret_list, ret_count, err);
	return rc;
}

int kefs_ifaddr_drop(const struct kefs_ifaddr *ifaddr, struct kefs_err *err)
{
	char text[INET_ADDRSTRLEN];
	struct kefs_err why;
	int rc = exchange(message(RTM_DELADDR, 0, ifaddr->ifindex, ifaddr->address), &why);

	if (rc == 0 || rc == -EADDRNOTAVAIL || rc == -ENODEV)
		return 0;
	dotted(ifaddr->address, text);
	return kefs_err_set(err, rc, "removing %s: %s", text, why.text);
}

int kefs_ifaddr_del(uint32_t address, struct kefs_err *err)
{
	struct kefs_ifaddr *list = NULL;
	size_t count = 0;
	int rc = kefs_ifaddr_list(&list, &count, err);

	for (size_t i = 0; i < count && rc == 0; i++) {
		if (list[i].ours && list[i].address == address)
			rc = kefs_ifaddr_drop(&list[i], err);
	}
	free(list);
	return rc;
}
