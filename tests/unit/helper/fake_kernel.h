/* SPDX-License-Identifier: GPL-2.0 */
/* A kernel module that is a few arrays: volumes and connections as uapi/kefs.h defines their behaviour. */
#ifndef KEFS_TEST_FAKE_KERNEL_H
#define KEFS_TEST_FAKE_KERNEL_H

#include "kernel/kernel.h"

#define FAKE_VOLUMES	64
#define FAKE_CONNS	8192

struct fake_kernel {
	bool loaded;
	uint64_t instance;
	struct kefs_kconfig config;
	struct {
		uint64_t id;
		char name[KEFS_KVIEW_NAME];
		uint8_t key[16];
		uint32_t grace_ms;
	} volumes[FAKE_VOLUMES];
	size_t volume_count;
	struct {
		uint64_t id, volume;
		struct kefs_grant grant;	/* without its descriptor: */
		bool has_root;
		bool relayed;
		struct kefs_ends ends;	/* of a relayed one */
		int fd;
	} conns[FAKE_CONNS];
	size_t conn_count;
	uint64_t next_conn;
	/* What the next call of this kind returns, once; 0: what it should. */
	int fail_add, fail_del, fail_list, fail_conn_list;
};

/* A module that is loaded and empty. */
void fake_kernel_init(struct fake_kernel *fake, uint64_t instance);

/* As the module is unloaded: everything is closed. */
void fake_kernel_unload(struct fake_kernel *fake);

/* The calls. */
struct kefs_kernel fake_kernel_ops(struct fake_kernel *fake);

/* Does it have the volume? */
bool fake_kernel_has(const struct fake_kernel *fake, uint64_t id);

#endif
