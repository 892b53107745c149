// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include <kefs.h>

#include "talk.h"

static struct nl_sock *sock;
static int family;

int talk_open(void)
{
	int one = 1;

	sock = nl_socket_alloc();
	if (!sock)
		return -ENOMEM;
	if (genl_connect(sock) < 0)
		return -errno;
	family = genl_ctrl_resolve(sock, KEFS_GENL_NAME);
	if (family < 0)
		return -ENOENT;
	if (setsockopt(nl_socket_get_fd(sock), SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one)) < 0)
		return -errno;
	return 0;
}

void talk_close(void)
{
	nl_socket_free(sock);
}

struct nl_msg *talk_request(uint8_t cmd, int flags)
{
	struct nl_msg *msg = nlmsg_alloc_size(32768);

	if (!msg || !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, NLM_F_ACK | flags, cmd, KEFS_GENL_VERSION)) {
		fputs("no memory for a message\n", stderr);
		exit(2);
	}
	return msg;
}

/* The innermost attribute of @head's ones that starts at @offset from @base. */
static int attribute_at(const char *base, struct nlattr *head, int len, size_t offset)
{
	struct nlattr *attr;
	int rem;

	nla_for_each_attr(attr, head, len, rem) {
		size_t from = (size_t)((const char *)attr - base);

		if (from == offset)
			return nla_type(attr);
		if (offset > from && offset < from + (size_t)attr->nla_len)
			return attribute_at(base, nla_data(attr), nla_len(attr), offset);
	}
	return -1;
}

/* The acknowledgement: the request as it was sent (with an error only), then attributes of its own. */
static void parse_ack(struct nlmsghdr *header, struct answer *answer)
{
	struct nlmsgerr *ack = nlmsg_data(header);
	size_t skip = sizeof(*ack);
	struct nlattr *attr;
	int rem;

	answer->err = ack->error;
	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(header->nlmsg_flags & NLM_F_CAPPED))
		skip += ack->msg.nlmsg_len - sizeof(ack->msg);
	nla_for_each_attr(attr, (struct nlattr *)((char *)ack + skip), (int)(nlmsg_datalen(header) - skip), rem) {
		struct nlmsghdr *sent = &ack->msg;

		switch (nla_type(attr)) {
		case NLMSGERR_ATTR_MSG:
			snprintf(answer->text, sizeof(answer->text), "%.*s", nla_len(attr), (char *)nla_data(attr));
			break;
		case NLMSGERR_ATTR_OFFS:
			answer->attr = attribute_at((char *)sent, nlmsg_attrdata(sent, GENL_HDRLEN),
						    nlmsg_attrlen(sent, GENL_HDRLEN), nla_get_u32(attr));
			break;
		case NLMSGERR_ATTR_MISS_TYPE:
			answer->missing = (int)nla_get_u32(attr);
			break;
		}
	}
}

/* One message; true if it was the last one. */
static bool take(struct nlmsghdr *header, talk_message_fn fn, void *arg, struct answer *answer)
{
	struct nlattr *attrs[KEFS_A_MAX + 1];

	if (header->nlmsg_type == NLMSG_ERROR) {
		parse_ack(header, answer);
		return true;
	}
	if (header->nlmsg_type == NLMSG_DONE) {
		answer->err = *(int *)nlmsg_data(header);
		return true;
	}
	if (fn && genlmsg_parse(header, 0, attrs, KEFS_A_MAX, NULL) == 0)
		fn(attrs, arg);
	return false;
}

void talk(struct nl_msg *msg, talk_message_fn fn, void *arg, struct answer *ret_answer)
{
	static char buffer[65536] __attribute__((aligned(8)));
	struct nlmsghdr *header;
	bool last = false;
	int len;

	*ret_answer = (struct answer){ .attr = -1, .missing = -1 };
	nl_complete_msg(sock, msg);
	len = nl_send(sock, msg);
	nlmsg_free(msg);
	if (len < 0) {
		ret_answer->err = -EIO;
		return;
	}
	while (!last) {
		len = (int)recv(nl_socket_get_fd(sock), buffer, sizeof(buffer), 0);
		if (len < 0) {
			ret_answer->err = -errno;
			return;
		}
		for (header = (struct nlmsghdr *)buffer; nlmsg_ok(header, len) && !last; header = nlmsg_next(header, &len))
			last = take(header, fn, arg, ret_answer);
	}
}
