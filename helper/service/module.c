// SPDX-License-Identifier: GPL-2.0
#include "module.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "base/spawn.h"

#define MODPROBE_LIMIT_SEC 60

struct kefs_module {
	struct kefs_nl *nl;
	struct kefs_source *source;
	kefs_loop_fn changed;
	void *ctx;
};

int kefs_module_load(struct kefs_nl *nl, struct kefs_err *err)
{
	static const char *const modprobe[] = { "modprobe", "kefs", NULL };
	struct kefs_err why;

	if (kefs_nl_probe(nl) == 0)
		return 0;
	if (kefs_spawn_run(modprobe, MODPROBE_LIMIT_SEC, &why) < 0)
		return kefs_err_set(err, -ENODEV,
				    "the kernel module kefs is not loaded and cannot be: %s; install the module for this kernel "
				    "(uname -r), run depmod, and look into the kernel log", why.text);
	if (kefs_nl_probe(nl) < 0)
		return kefs_err_set(err, -ENODEV,
				    "modprobe kefs succeeded, but the module has no netlink family \"kefs\": look into the kernel log");
	return 0;
}

static void on_notice(void *ctx, int fd, uint32_t events)
{
	struct kefs_module *module = ctx;

	(void)fd;
	(void)events;
	if (kefs_nl_read_notices(module->nl) > 0)
		module->changed(module->ctx);
}

int kefs_module_watch(struct kefs_nl *nl, struct kefs_loop *loop, kefs_loop_fn changed, void *ctx,
		      struct kefs_module **ret_module, struct kefs_err *err)
{
	struct kefs_module *module;
	int fd, rc;

	fd = kefs_nl_watch(nl, err);
	if (fd < 0)
		return fd;
	module = calloc(1, sizeof(*module));
	if (!module)
		return kefs_err_sys(err, -ENOMEM, "watching netlink");
	module->nl = nl;
	module->changed = changed;
	module->ctx = ctx;
	rc = kefs_loop_add_fd(loop, fd, EPOLLIN, on_notice, module, &module->source);
	if (rc < 0) {
		free(module);
		return kefs_err_sys(err, rc, "watching netlink");
	}
	*ret_module = module;
	return 0;
}

void kefs_module_free(struct kefs_module *module)
{
	if (!module)
		return;
	(void)kefs_loop_remove(module->source);
	free(module);
}
