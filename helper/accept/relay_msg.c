// SPDX-License-Identifier: GPL-2.0
#include "relay_msg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "accept/credential.h"

#define JOB_FDS		2
#define REPORT_HEAD	2	/* bytes: fine, reason */

union fd_control {
	struct cmsghdr header;
	char space[CMSG_SPACE(JOB_FDS * sizeof(int))];
};

int kefs_relay_send_job(int control, int client_fd, int plain_fd, const char *credential, size_t len)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)credential, .iov_len = len };
	union fd_control space = {
		.header = { .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(JOB_FDS * sizeof(int)) },
	};
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &space, .msg_controllen = sizeof(space.space),
	};
	const int fds[JOB_FDS] = { client_fd, plain_fd };
	ssize_t n;

	memcpy(CMSG_DATA(&space.header), fds, sizeof(fds));
	n = sendmsg(control, &msg, MSG_NOSIGNAL);
	return n < 0 ? -errno : (size_t)n == len ? 0 : -EMSGSIZE;
}

/* Those that came, whatever they are; the caller closes them. */
static size_t take_fds(struct msghdr *msg, int fds[JOB_FDS])
{
	const struct cmsghdr *header = CMSG_FIRSTHDR(msg);

	if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS ||
	    header->cmsg_len != CMSG_LEN(JOB_FDS * sizeof(int)))
		return 0;
	memcpy(fds, CMSG_DATA(header), JOB_FDS * sizeof(int));
	return JOB_FDS;
}

int kefs_relay_receive_job(int control, int *ret_client_fd, int *ret_plain_fd, char **ret_credential, size_t *ret_len)
{
	char *text = malloc(KEFS_CREDENTIAL_MAX);
	struct iovec iov = { .iov_base = text, .iov_len = KEFS_CREDENTIAL_MAX };
	union fd_control space = { .header = { .cmsg_len = 0 } };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &space, .msg_controllen = sizeof(space.space),
	};
	int fds[JOB_FDS];
	ssize_t n;

	if (!text)
		return -ENOMEM;
	do
		n = recvmsg(control, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n <= 0 || msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC) || take_fds(&msg, fds) != JOB_FDS) {
		kefs_credential_free(text, KEFS_CREDENTIAL_MAX);
		return n < 0 ? -errno : -EBADMSG;
	}
	*ret_client_fd = fds[0];
	*ret_plain_fd = fds[1];
	*ret_credential = text;
	*ret_len = (size_t)n;
	return 0;
}

int kefs_relay_send_report(int control, const struct kefs_relay_report *report)
{
	uint8_t head[REPORT_HEAD] = { report->fine, (uint8_t)report->reason };
	struct iovec iov[] = {
		{ .iov_base = head, .iov_len = sizeof(head) },
		{ .iov_base = (void *)(uintptr_t)report->body, .iov_len = report->len },
	};
	const struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };

	return sendmsg(control, &msg, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int kefs_relay_receive_report(int control, struct kefs_relay_report *ret_report)
{
	uint8_t head[REPORT_HEAD];
	struct iovec iov[] = {
		{ .iov_base = head, .iov_len = sizeof(head) },
		{ .iov_base = ret_report->body, .iov_len = sizeof(ret_report->body) },
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	ssize_t n = recvmsg(control, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? -EAGAIN : -errno;
	if (!n)
		return -ECONNRESET;
	if (n < REPORT_HEAD || msg.msg_flags & MSG_TRUNC || head[0] > 1 || head[1] >= KEFS_TLS_REASONS)
		return -EBADMSG;
	ret_report->fine = head[0];
	ret_report->reason = head[1];
	ret_report->len = (size_t)n - REPORT_HEAD;
	return 0;
}
