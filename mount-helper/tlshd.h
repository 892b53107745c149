/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tlshd (ktls-utils), which does the handshakes of the kernel's own TLS (xprtsec=, RFC 9289) in a network namespace.
 *
 * In Linux 6.12 a mount cannot say which certificate is its own (later ones have cert_serial=): tlshd presents that
 * of tlshd.conf, for all mounts. So there is one place for a mount's certificate, TLSHD_CERT, that tlshd.conf may point
 * to, and whoever is the same client (file system, access point, credentials) may use it at the same time. It is a
 * state's folder like a tunnel's (state.h), its name TLSHD_STATE and its port the server's; kefs-watchdog renews what
 * is in it and clears it away.
 */
#ifndef KEFS_MOUNT_TLSHD_H
#define KEFS_MOUNT_TLSHD_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "state.h"

#define TLSHD_CONF	"/etc/tlshd.conf"	/* unless its command line says another */
#define TLSHD_STATE	"tlshd"
#define TLSHD_CERT	RUN_DIR "/" TLSHD_STATE "/certificate.pem"

/*
 * One that runs, and the section [authenticate.client] of its configuration; "" = not set, or a trust store that is not
 * there, in whose place it takes the system's.
 */
struct tlshd {
	pid_t pid;
	char truststore[PATH_MAX], certificate[PATH_MAX], private_key[PATH_MAX];
};

/*
 * The tlshd of that network (0: ours), root's, if it sees the files that we see. It reads its configuration once: one
 * that was changed since is not what it goes by. 0, -ENOENT, -ESTALE or -errno; pid is 0 or the one that was found.
 */
int tlshd_find(uint64_t net_ns, struct tlshd *ret_tlshd);

/* Does it present what is at TLSHD_CERT? Pure. */
bool tlshd_presents_ours(const struct tlshd *tlshd);

/*
 * Whoever makes a mount with that certificate, or takes it away, holds the lock meanwhile: none is taken from a mount.
 * Waits for at most @seconds; a mount (@claim) leaves its time. Descriptor, -EAGAIN, or -errno.
 */
int tlshd_lock(unsigned int seconds, bool claim);
/* When the last of these mounts was begun: nanoseconds, to be compared for equality; 0 = never. */
int64_t tlshd_claimed(void);

/* Has the kernel NFS clients in that process's network, of servers at port 2049? */
bool tlshd_network_in_use(pid_t pid);

/* The same, of the text of nfsfs/servers in /proc/PID/net. Pure. */
bool tlshd_servers_in_use(const char *text);

#endif
