/* SPDX-License-Identifier: GPL-2.0 */
/* One generic netlink socket, and what the kernel answers, with its extended ack. */
#ifndef KEFS_TESTS_NETLINK_TALK_H
#define KEFS_TESTS_NETLINK_TALK_H

#include <stdbool.h>
#include <stdint.h>

#include <netlink/msg.h>

struct answer {
	int err;		/* 0 or -errno */
	char text[256];		/* NLMSGERR_ATTR_MSG */
	int attr;		/* type of the attribute that NLMSGERR_ATTR_OFFS points to, or -1 */
	int missing;		/* NLMSGERR_ATTR_MISS_TYPE, or -1 */
};

/* Called with each message of the family that comes before the end; its attributes by enum kefs_attr. */
typedef void (*talk_message_fn)(struct nlattr **attrs, void *arg);

/* Opens the socket and finds the family. 0 or -errno (-ENOENT: the module is not loaded). */
int talk_open(void);
void talk_close(void);
/* A request without attributes. @flags: NLM_F_DUMP or 0. Ends the program for want of memory. */
struct nl_msg *talk_request(uint8_t cmd, int flags);
/* Sends @msg, frees it, waits for its end. @fn may be NULL. */
void talk(struct nl_msg *msg, talk_message_fn fn, void *arg, struct answer *ret_answer);

#endif
