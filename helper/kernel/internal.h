/* SPDX-License-Identifier: GPL-2.0 */
/* Inside kernel/ only: one request and its answers, for the nl_<object>.c files. */
#ifndef KEFS_KERNEL_INTERNAL_H
#define KEFS_KERNEL_INTERNAL_H

#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdint.h>

#include "kernel/kernel.h"
#include "kernel/nl.h"

/* Called for each object in the answers: its nested attribute, already checked to be of the asked type. */
typedef int (*kefs_nl_object_fn)(void *ctx, struct nlattr *object);

/*
 * Starts a request. flags: 0 or NLM_F_DUMP. *ret_msg is freed by kefs_nl_call(). -ENODEV if the module is missing.
 */
int kefs_nl_request(struct kefs_nl *nl, uint8_t cmd, int flags, struct nl_msg **ret_msg, struct kefs_err *err);

/* Opens and closes the nested attribute of an object; NULL if there is no room. */
struct nlattr *kefs_nl_nest(struct nl_msg *msg, int type);

/*
 * Sends msg (frees it in any case), reads answers to the end and calls fn for each attribute of type object (fn may
 * be NULL). 0 or -errno, with the kernel's own words in err; doing ("adding volume 12") says what was attempted.
 */
int kefs_nl_call(struct kefs_nl *nl, struct nl_msg *msg, int object, kefs_nl_object_fn fn, void *ctx,
		 const char *doing, struct kefs_err *err);

/* For a request that did not fit its message: frees it and returns -EMSGSIZE. */
int kefs_nl_too_long(struct nl_msg *msg, const char *doing, struct kefs_err *err);

/*
 * Parses a nested object into tb[0..max]; attributes above max come from a newer module and are skipped. 0 or
 * -EBADMSG.
 */
int kefs_nl_parse(struct nlattr *object, int max, struct nlattr **tb);

/* The attribute's value, or 0 if it is absent or has another length. */
uint64_t kefs_nl_get_u64(const struct nlattr *attr);
uint32_t kefs_nl_get_u32(const struct nlattr *attr);

/* A growing array of equal elements for dumps. */
struct kefs_nl_list {
	void *data;
	size_t size;	/* of an element */
	size_t count, room;
};

/* A new, zeroed element at the end, or NULL. */
void *kefs_nl_list_add(struct kefs_nl_list *list);

/* A dump of objects of one kind. */
struct kefs_nl_dump {
	uint8_t cmd;
	int object;		/* attribute that each message has */
	int selector;		/* attribute in it, a u64: those with this value are wanted */
	kefs_nl_object_fn take;	/* ctx: the struct kefs_nl_list */
	size_t size;		/* of an element */
	const char *doing;
};

/* What is selected, or all for 0; ret_list's data is the caller's. */
int kefs_nl_dump(struct kefs_nl *nl, const struct kefs_nl_dump *dump, uint64_t selected, struct kefs_nl_list *ret_list,
		 struct kefs_err *err);

/* The rows of the ops table, by object. */
int kefs_nl_info(void *ctx, struct kefs_kinfo *ret_info, struct kefs_err *err);
int kefs_nl_config_set(void *ctx, const struct kefs_kconfig *config, struct kefs_err *err);
int kefs_nl_volume_add(void *ctx, const struct kefs_kvolume_new *volume, struct kefs_err *err);
int kefs_nl_volume_del(void *ctx, uint64_t id, bool force, struct kefs_err *err);
int kefs_nl_volume_list(void *ctx, uint64_t id, struct kefs_kvolume **ret_list, size_t *ret_count,
			struct kefs_err *err);
int kefs_nl_grace_end(void *ctx, uint64_t id, struct kefs_err *err);
int kefs_nl_conn_add(void *ctx, int fd, const struct kefs_ends *ends, const struct kefs_grant *grant, uint64_t *ret_id,
		     struct kefs_err *err);
int kefs_nl_conn_del(void *ctx, uint64_t id, struct kefs_err *err);
int kefs_nl_grant_set(void *ctx, uint64_t id, const struct kefs_grant *grant, struct kefs_err *err);
int kefs_nl_conn_list(void *ctx, uint64_t volume, struct kefs_kconn **ret_list, size_t *ret_count,
		      struct kefs_err *err);
int kefs_nl_client_list(void *ctx, uint64_t volume, struct kefs_kclient **ret_list, size_t *ret_count,
			struct kefs_err *err);
int kefs_nl_stats(void *ctx, uint64_t volume, struct kefs_kstats **ret_list, size_t *ret_count, struct kefs_err *err);

#endif
