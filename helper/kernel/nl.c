// SPDX-License-Identifier: GPL-2.0
/*
 * One socket for requests, used synchronously; a second one, watched by the loop, for the controller's notices that the
 * family came or went. The family's number is looked up when it is not known and forgotten when the module goes or
 * a request finds nobody. After an answer that does not fit its request (a time-out, a lost message) the socket is
 * thrown away and opened anew: nothing late can then be taken for the answer to something else.
 */
#include "nl.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <kefs.h>

#include "common/fail.h"
#include "common/str.h"
#include "internal.h"

#define ANSWER_LIMIT_SEC	30
#define RECEIVE_BUFFER		(256 * 1024)
#define KERNEL_TEXT		256

struct kefs_nl {
	struct nl_sock *sock;
	int family;			/* 0: not known */
	struct nl_sock *watch_sock;
	bool noticed;			/* set by on_notice() */
};

/* One call's state, for libnl's callbacks. */
struct call {
	int object;
	kefs_nl_object_fn fn;
	void *ctx;
	int error;			/* from the kernel, or from fn */
	bool done;
	char text[KERNEL_TEXT];		/* the extended ack's */
};

static int open_socket(struct nl_sock **ret_sock)
{
	const struct timeval limit = { .tv_sec = ANSWER_LIMIT_SEC };
	struct nl_sock *sock = nl_socket_alloc();
	const int on = 1;
	int rc;

	if (!sock)
		return -ENOMEM;
	nl_socket_disable_auto_ack(sock);
	rc = genl_connect(sock);
	if (rc < 0) {
		nl_socket_free(sock);
		return rc == -NLE_NOMEM ? -ENOMEM : -EPROTONOSUPPORT;
	}
	(void)nl_socket_set_msg_buf_size(sock, RECEIVE_BUFFER);
	(void)nl_socket_set_buffer_size(sock, 4 * RECEIVE_BUFFER, RECEIVE_BUFFER);
	(void)setsockopt(nl_socket_get_fd(sock), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	(void)setsockopt(nl_socket_get_fd(sock), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	(void)setsockopt(nl_socket_get_fd(sock), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	*ret_sock = sock;
	return 0;
}

int kefs_nl_open(struct kefs_nl **ret_nl, struct kefs_err *err)
{
	struct kefs_nl *nl = calloc(1, sizeof(*nl));
	int rc;

	if (!nl)
		return kefs_err_sys(err, -ENOMEM, "netlink");
	rc = open_socket(&nl->sock);
	if (rc < 0) {
		free(nl);
		return kefs_err_sys(err, rc, "opening a generic netlink socket");
	}
	*ret_nl = nl;
	return 0;
}

void kefs_nl_free(struct kefs_nl *nl)
{
	if (!nl)
		return;
	nl_socket_free(nl->watch_sock);
	nl_socket_free(nl->sock);
	free(nl);
}

static void reopen(struct kefs_nl *nl)
{
	struct nl_sock *sock;

	nl->family = 0;
	if (open_socket(&sock) == 0) {
		nl_socket_free(nl->sock);
		nl->sock = sock;
	}
}

/* On a socket of its own: libnl's lookup counts on a socket's default behaviour. */
static int find_family(struct kefs_nl *nl)
{
	struct nl_sock *sock;
	int id = -NLE_NOMEM;

	if (nl->family)
		return 0;
	sock = nl_socket_alloc();
	if (sock && genl_connect(sock) == 0)
		id = genl_ctrl_resolve(sock, KEFS_GENL_NAME);
	nl_socket_free(sock);
	if (id <= 0)
		return -ENODEV;
	nl->family = id;
	return 0;
}

int kefs_nl_request(struct kefs_nl *nl, uint8_t cmd, int flags, struct nl_msg **ret_msg, struct kefs_err *err)
{
	struct nl_msg *msg;

	if (find_family(nl) < 0)
		return kefs_err_set(err, -ENODEV, "the kernel module kefs is not loaded (modprobe kefs)");
	msg = nlmsg_alloc();
	if (!msg || !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, nl->family, 0, NLM_F_REQUEST | NLM_F_ACK | flags, cmd,
				 KEFS_GENL_VERSION)) {
		nlmsg_free(msg);
		return kefs_err_sys(err, -ENOMEM, "netlink");
	}
	*ret_msg = msg;
	return 0;
}

struct nlattr *kefs_nl_nest(struct nl_msg *msg, int type)
{
	return nla_nest_start(msg, type | NLA_F_NESTED);
}

int kefs_nl_too_long(struct nl_msg *msg, const char *doing, struct kefs_err *err)
{
	nlmsg_free(msg);
	return kefs_err_sys(err, -EMSGSIZE, "%s", doing);
}

/* The text of the extended ack in len bytes of attributes. */
static void take_ext_ack(struct call *call, const void *attrs, int len)
{
	struct nlattr *tb[NLMSGERR_ATTR_MAX + 1];
	union {
		const void *in;
		struct nlattr *out;
	} u = { .in = attrs };

	if (len <= 0 || nla_parse(tb, NLMSGERR_ATTR_MAX, u.out, len, NULL) < 0)
		return;
	if (tb[NLMSGERR_ATTR_MSG])
		(void)nla_strlcpy(call->text, tb[NLMSGERR_ATTR_MSG], sizeof(call->text));
	else if (tb[NLMSGERR_ATTR_MISS_TYPE])
		(void)kefs_str_format(call->text, sizeof(call->text), "attribute %u is missing",
				      kefs_nl_get_u32(tb[NLMSGERR_ATTR_MISS_TYPE]));
	else if (tb[NLMSGERR_ATTR_OFFS])
		(void)kefs_str_format(call->text, sizeof(call->text), "the attribute at byte %u is wrong",
				      kefs_nl_get_u32(tb[NLMSGERR_ATTR_OFFS]));
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *nlerr, void *arg)
{
	const struct nlmsghdr *hdr = (const void *)((const char *)nlerr - NLMSG_HDRLEN);
	struct call *call = arg;
	int used = (int)sizeof(*nlerr);

	(void)from;
	call->error = nlerr->error;
	call->done = true;
	if (!(hdr->nlmsg_flags & NLM_F_CAPPED))
		used += (int)nlerr->msg.nlmsg_len - NLMSG_HDRLEN;
	if (hdr->nlmsg_flags & NLM_F_ACK_TLVS)
		take_ext_ack(call, (const char *)nlerr + used, (int)hdr->nlmsg_len - NLMSG_HDRLEN - used);
	return NL_STOP;
}

/* The end of a dump carries its error, if it came to one, and the extended ack behind it. */
static int on_finish(struct nl_msg *msg, void *arg)
{
	const struct nlmsghdr *hdr = nlmsg_hdr(msg);
	struct call *call = arg;
	int error = 0, len = nlmsg_datalen(hdr);

	if (len >= (int)sizeof(error))
		memcpy(&error, nlmsg_data(hdr), sizeof(error));
	if (error < 0 && !call->error)
		call->error = error;
	if (hdr->nlmsg_flags & NLM_F_ACK_TLVS)
		take_ext_ack(call, (const char *)nlmsg_data(hdr) + sizeof(error), len - (int)sizeof(error));
	call->done = true;
	return NL_STOP;
}

static int on_ack(struct nl_msg *msg, void *arg)
{
	struct call *call = arg;

	(void)msg;
	call->done = true;
	return NL_STOP;
}

static int on_valid(struct nl_msg *msg, void *arg)
{
	struct genlmsghdr *hdr = nlmsg_data(nlmsg_hdr(msg));
	struct call *call = arg;
	struct nlattr *attr;
	int left;

	if (!genlmsg_valid_hdr(nlmsg_hdr(msg), 0) || !call->fn || call->error)
		return NL_OK;
	nla_for_each_attr(attr, genlmsg_attrdata(hdr, 0), genlmsg_attrlen(hdr, 0), left) {
		if (nla_type(attr) == call->object && !call->error)
			call->error = call->fn(call->ctx, attr);
	}
	return NL_OK;
}

/* Reads until the acknowledgement, the error or the end of the dump. 0, or what libnl says. */
static int read_answers(struct kefs_nl *nl, struct call *call)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int rc = 0;

	if (!cb)
		return -NLE_NOMEM;
	(void)nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, call);
	(void)nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, call);
	(void)nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, call);
	(void)nl_cb_err(cb, NL_CB_CUSTOM, on_error, call);
	while (rc >= 0 && !call->done)
		rc = nl_recvmsgs(nl->sock, cb);
	nl_cb_put(cb);
	return rc < 0 && !call->done ? rc : 0;
}

static int translate(struct kefs_nl *nl, int nle, const char *doing, struct kefs_err *err)
{
	int code = -EIO;

	if (nle == -NLE_AGAIN || nle == -NLE_INTR)
		code = -ETIMEDOUT;
	else if (nle == -NLE_NOMEM)
		code = -ENOMEM;
	else if (nle == -NLE_DUMP_INTR)
		code = -EAGAIN;
	reopen(nl);
	return kefs_err_set(err, code, "%s: no answer from the kernel module: %s", doing, nl_geterror(nle));
}

int kefs_nl_call(struct kefs_nl *nl, struct nl_msg *msg, int object, kefs_nl_object_fn fn, void *ctx,
		 const char *doing, struct kefs_err *err)
{
	struct call call = { .object = object, .fn = fn, .ctx = ctx };
	int rc;

	kefs_fail_point("kernel-call");
	rc = nl_send_auto(nl->sock, msg);
	nlmsg_free(msg);
	if (rc >= 0)
		rc = read_answers(nl, &call);
	kefs_fail_point("kernel-called");
	if (rc < 0)
		return translate(nl, rc, doing, err);
	if (!call.error)
		return 0;
	/* The controller answers for a family number that nobody has. */
	if (call.error == -ENOENT && !*call.text) {
		int old = nl->family;

		nl->family = 0;
		if (find_family(nl) < 0 || nl->family != old)
			return kefs_err_set(err, -ENODEV, "%s: the kernel module kefs is not loaded (modprobe kefs)", doing);
	}
	if (*call.text)
		return kefs_err_set(err, call.error, "%s: %s (%s)", doing, call.text, kefs_err_name(call.error));
	return kefs_err_sys(err, call.error, "%s", doing);
}

int kefs_nl_parse(struct nlattr *object, int max, struct nlattr **tb)
{
	return nla_parse_nested(tb, max, object, NULL) < 0 ? -EBADMSG : 0;
}

uint64_t kefs_nl_get_u64(const struct nlattr *attr)
{
	uint64_t value = 0;

	if (attr && nla_len(attr) == (int)sizeof(value))
		memcpy(&value, nla_data(attr), sizeof(value));
	return value;
}

uint32_t kefs_nl_get_u32(const struct nlattr *attr)
{
	uint32_t value = 0;

	if (attr && nla_len(attr) == (int)sizeof(value))
		memcpy(&value, nla_data(attr), sizeof(value));
	return value;
}

void *kefs_nl_list_add(struct kefs_nl_list *list)
{
	char *slot;

	if (list->count == list->room) {
		size_t room = list->room ? 2 * list->room : 16;
		void *bigger = reallocarray(list->data, room, list->size);

		if (!bigger)
			return NULL;
		list->data = bigger;
		list->room = room;
	}
	slot = (char *)list->data + list->count++ * list->size;
	memset(slot, 0, list->size);
	return slot;
}

int kefs_nl_dump(struct kefs_nl *nl, const struct kefs_nl_dump *dump, uint64_t selected, struct kefs_nl_list *ret_list,
		 struct kefs_err *err)
{
	struct kefs_nl_list list = { .size = dump->size };
	struct nlattr *nest;
	struct nl_msg *msg;
	int rc = kefs_nl_request(nl, dump->cmd, NLM_F_DUMP, &msg, err);

	if (rc < 0)
		return rc;
	if (selected) {
		nest = kefs_nl_nest(msg, dump->object);
		if (!nest || nla_put_u64(msg, dump->selector, selected) < 0)
			return kefs_nl_too_long(msg, dump->doing, err);
		(void)nla_nest_end(msg, nest);
	}
	rc = kefs_nl_call(nl, msg, dump->object, dump->take, &list, dump->doing, err);
	if (rc < 0)
		free(list.data);
	else
		*ret_list = list;
	return rc;
}

int kefs_nl_probe(struct kefs_nl *nl)
{
	return find_family(nl);
}

/* A notice of the controller: is it about our family, and did it come or go? */
static int on_notice(struct nl_msg *msg, void *arg)
{
	struct nlattr *tb[CTRL_ATTR_MAX + 1];
	const struct genlmsghdr *hdr = nlmsg_data(nlmsg_hdr(msg));
	struct kefs_nl *nl = arg;

	if (genlmsg_parse(nlmsg_hdr(msg), 0, tb, CTRL_ATTR_MAX, NULL) < 0 || !tb[CTRL_ATTR_FAMILY_NAME] ||
	    nla_strcmp(tb[CTRL_ATTR_FAMILY_NAME], KEFS_GENL_NAME))
		return NL_OK;
	if (hdr->cmd == CTRL_CMD_NEWFAMILY || hdr->cmd == CTRL_CMD_DELFAMILY) {
		nl->family = 0;
		nl->noticed = true;
	}
	return NL_OK;
}

int kefs_nl_watch(struct kefs_nl *nl, struct kefs_err *err)
{
	int group;

	nl->watch_sock = nl_socket_alloc();
	if (!nl->watch_sock)
		return kefs_err_sys(err, -ENOMEM, "netlink");
	if (genl_connect(nl->watch_sock) < 0)
		return kefs_err_set(err, -EPROTONOSUPPORT, "opening a generic netlink socket failed");
	group = genl_ctrl_resolve_grp(nl->watch_sock, "nlctrl", "notify");
	nl_socket_disable_seq_check(nl->watch_sock);
	(void)nl_socket_modify_cb(nl->watch_sock, NL_CB_VALID, NL_CB_CUSTOM, on_notice, nl);
	if (group < 0 || nl_socket_add_membership(nl->watch_sock, group) < 0)
		return kefs_err_set(err, -EPROTONOSUPPORT, "joining the netlink controller's notices failed");
	(void)nl_socket_set_nonblocking(nl->watch_sock);
	return nl_socket_get_fd(nl->watch_sock);
}

int kefs_nl_read_notices(struct kefs_nl *nl)
{
	bool noticed;

	/* Lost notices (-NLE_NOMEM) do no harm: the module is also asked from time to time. */
	(void)nl_recvmsgs_default(nl->watch_sock);
	noticed = nl->noticed;
	nl->noticed = false;
	return noticed;
}

struct kefs_kernel kefs_nl_kernel(struct kefs_nl *nl)
{
	static const struct kefs_kernel_ops ops = {
		.info = kefs_nl_info,
		.config_set = kefs_nl_config_set,
		.volume_add = kefs_nl_volume_add,
		.volume_del = kefs_nl_volume_del,
		.volume_list = kefs_nl_volume_list,
		.grace_end = kefs_nl_grace_end,
		.conn_add = kefs_nl_conn_add,
		.conn_del = kefs_nl_conn_del,
		.grant_set = kefs_nl_grant_set,
		.conn_list = kefs_nl_conn_list,
		.client_list = kefs_nl_client_list,
		.stats = kefs_nl_stats,
	};

	return (struct kefs_kernel) { .ops = &ops, .ctx = nl };
}
