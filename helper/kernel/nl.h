/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The connection to kefs.ko over generic netlink: implements struct kefs_kernel_ops, and tells when the module
 * comes and goes.
 */
#ifndef KEFS_KERNEL_NL_H
#define KEFS_KERNEL_NL_H

#include "common/err.h"
#include "kernel/kernel.h"

struct kefs_nl;

/* A netlink socket; the module need not be there yet. 0 or -errno. */
int kefs_nl_open(struct kefs_nl **ret_nl, struct kefs_err *err);

/* Closes it. NULL is fine. */
void kefs_nl_free(struct kefs_nl *nl);

/* Is the module there? 0 or -ENODEV. */
int kefs_nl_probe(struct kefs_nl *nl);

/*
 * Asks for notices when the module comes and goes. Returns a descriptor that is readable when there are some, which
 * stays nl's, or -errno with err.
 */
int kefs_nl_watch(struct kefs_nl *nl, struct kefs_err *err);

/* Reads notices: 1 if the module came or went, 0 if not. */
int kefs_nl_read_notices(struct kefs_nl *nl);

/* The calls, on this socket. */
struct kefs_kernel kefs_nl_kernel(struct kefs_nl *nl);

#endif
