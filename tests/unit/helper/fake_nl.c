// SPDX-License-Identifier: GPL-2.0
/*
 * Stands in for kernel/nl.c in the program kefsd-fake: kefsd with a module that is a few arrays. It is "unloaded"
 * while the file named by KEFS_FAKE_UNLOADED exists; SIGUSR1 makes it look. With KEFS_FAKE_DIR its volumes are in a
 * file there and outlive kefsd, as the module's do; connections do not.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/str.h"
#include "fake_kernel.h"
#include "kernel/nl.h"

struct kefs_nl {
	struct fake_kernel own, *fake;
	int signal_fd;
};

static bool is_unloaded(void)
{
	const char *path = getenv("KEFS_FAKE_UNLOADED");

	return path && access(path, F_OK) == 0;
}

/* The one in the file of dir: as it was left, without connections. */
static struct fake_kernel *share(const char *dir)
{
	CLEANUP_CLOSE int fd = -1;
	struct fake_kernel *fake;
	char path[256];

	(void)kefs_str_format(path, sizeof(path), "%s/kernel", dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, sizeof(*fake)) < 0)
		return NULL;
	fake = mmap(NULL, sizeof(*fake), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fake == MAP_FAILED)
		return NULL;
	fake->conn_count = 0;
	if (!fake->loaded)
		fake_kernel_init(fake, (uint64_t)time(NULL));
	return fake;
}

int kefs_nl_open(struct kefs_nl **ret_nl, struct kefs_err *err)
{
	const char *dir = getenv("KEFS_FAKE_DIR");

	*ret_nl = calloc(1, sizeof(**ret_nl));
	if (!*ret_nl)
		return -ENOMEM;
	(*ret_nl)->signal_fd = -1;
	(*ret_nl)->fake = dir ? share(dir) : &(*ret_nl)->own;
	if (!(*ret_nl)->fake)
		return kefs_err_sys(err, -errno, "fake kernel in %s", dir);
	if (!dir)
		fake_kernel_init((*ret_nl)->fake, (uint64_t)time(NULL));
	return 0;
}

void kefs_nl_free(struct kefs_nl *nl)
{
	if (!nl)
		return;
	if (nl->fake == &nl->own)
		fake_kernel_unload(nl->fake);
	if (nl->signal_fd >= 0)
		(void)close(nl->signal_fd);
	free(nl);
}

int kefs_nl_probe(struct kefs_nl *nl)
{
	(void)nl;
	return is_unloaded() ? -ENODEV : 0;
}

int kefs_nl_watch(struct kefs_nl *nl, struct kefs_err *err)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGUSR1);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	nl->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return nl->signal_fd < 0 ? kefs_err_sys(err, -errno, "signalfd") : nl->signal_fd;
}

int kefs_nl_read_notices(struct kefs_nl *nl)
{
	struct signalfd_siginfo info;

	(void)!read(nl->signal_fd, &info, sizeof(info));
	if (is_unloaded() && nl->fake->loaded)
		fake_kernel_unload(nl->fake);
	else if (!is_unloaded() && !nl->fake->loaded)
		fake_kernel_init(nl->fake, nl->fake->instance + 1);
	return 1;
}

struct kefs_kernel kefs_nl_kernel(struct kefs_nl *nl)
{
	return fake_kernel_ops(nl->fake);
}
