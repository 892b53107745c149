/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The generic netlink family; <kefs.h> is its manual. genl.c has the tables, cmd_*.c and dump.c act.
 *
 * A command runs in the sender's task, which is why file descriptors can be attributes. Commands that change something
 * hold kefs_genl_lock (a mutex) from beginning to end; dumps and INFO_GET hold nothing and walk by id. The lock nests
 * outside of every other lock of the module.
 */
#ifndef KEFS_CONTROL_GENL_H
#define KEFS_CONTROL_GENL_H

#include <linux/mutex.h>
#include <net/genetlink.h>
#include <kefs.h>

struct file;

extern struct mutex kefs_genl_lock;
extern struct genl_family kefs_genl_family;

/* Registers the family: from here on commands come in. */
int __init kefs_genl_init(void);
/* Unregisters it and waits for commands that run. */
void kefs_genl_exit(void);

/* -EINVAL, and an extended ack that says so, unless @tb has @type; @nest is the attribute that should hold it. */
#define kefs_genl_require(extack, nest, tb, type) ({		\
	bool __missing = !(tb)[type];				\
								\
	if (__missing) {					\
		NL_SET_ERR_ATTR_MISS(extack, nest, type);	\
		NL_SET_ERR_MSG(extack, "missing " #type);	\
	}							\
	__missing ? -EINVAL : 0;				\
})

/*
 * The attributes of the request's object, @type of enum kefs_attr, into @tb (@max + 1 entries). They are valid: the
 * operation's policy has been applied. -EINVAL if the object is missing.
 */
int kefs_genl_object(struct genl_info *info, int type, struct nlattr **tb, int max);
/* A nested attribute that the policy has validated. */
int kefs_genl_nest(struct genl_info *info, struct nlattr *nest, struct nlattr **tb, int max);

/* Flags from @attr (0 if NULL); -EOPNOTSUPP if there are others than @known. */
int kefs_genl_flags(struct genl_info *info, const struct nlattr *attr, u32 known, u32 *ret_flags);
/* A string that ends where its attribute does. -EINVAL. */
int kefs_genl_string(struct genl_info *info, const struct nlattr *attr, const char **ret_string);
/* The directory that the sender has open (O_PATH will do), referenced: fput(). -EBADF, -ENOTDIR. */
int kefs_genl_dir(struct genl_info *info, const struct nlattr *attr, struct file **ret_dir);

void __init kefs_cmd_module_init(void);
int kefs_cmd_info_get(struct sk_buff *skb, struct genl_info *info);
int kefs_cmd_config_set(struct sk_buff *skb, struct genl_info *info);
int kefs_cmd_volume_add(struct sk_buff *skb, struct genl_info *info);
int kefs_cmd_volume_del(struct sk_buff *skb, struct genl_info *info);
int kefs_cmd_grace_end(struct sk_buff *skb, struct genl_info *info);
int kefs_cmd_conn_add(struct sk_buff *skb, struct genl_info *info);
int kefs_cmd_conn_del(struct sk_buff *skb, struct genl_info *info);
int kefs_cmd_grant_set(struct sk_buff *skb, struct genl_info *info);

int kefs_dump_start(struct netlink_callback *cb);
int kefs_dump_volumes(struct sk_buff *skb, struct netlink_callback *cb);
int kefs_dump_conns(struct sk_buff *skb, struct netlink_callback *cb);
int kefs_dump_clients(struct sk_buff *skb, struct netlink_callback *cb);
int kefs_dump_stats(struct sk_buff *skb, struct netlink_callback *cb);

#endif
