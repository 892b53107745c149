/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A server instance: what one grant domain of one volume looks like to NFS clients (its own server owner, client ids
 * and state). Made with the first connection of the domain, kept until the volume goes, so that clients who come back
 * find their state. Plugs transport, rpc, nfs4, state and files together.
 */
#ifndef KEFS_SERVER_H
#define KEFS_SERVER_H

#include <linux/types.h>

struct kefs_client_info;
struct kefs_conn;
struct kefs_conn_ends;
struct kefs_grant;
struct kefs_volume;

/* Adopt the socket @fd of the current task, of a client at @ends (NULL: the socket's own), under @grant (whose domain
 * bytes choose the instance). Takes its own references. Errors of kefs_conn_adopt(), -ENOMEM, -ESHUTDOWN when the
 * volume is being deleted. */
int kefs_server_attach(int fd, const struct kefs_conn_ends *ends, struct kefs_grant *grant, u64 *ret_conn_id);
/* Replace the grant of a live connection; compounds that start afterwards run under it. -ENOENT; -EXDEV when @grant is
 * of another volume. */
int kefs_server_regrant(u64 conn_id, struct kefs_grant *grant);
/* Close the volume's connections and drop its instances with their state. Waits until nothing uses the volume. */
void kefs_server_detach_volume(struct kefs_volume *volume);

/* The grant of a connection, referenced. */
struct kefs_grant *kefs_server_conn_grant(struct kefs_conn *conn);
unsigned int kefs_server_volume_conns(const struct kefs_volume *volume);
unsigned int kefs_server_volume_clients(const struct kefs_volume *volume);
/* The next client record after *cursor (0 to begin; updated), of @volume_id or, if that is 0, of all. False: none. */
bool kefs_server_client_next(u64 volume_id, u64 *cursor, struct kefs_client_info *info);

int __init kefs_server_init(void);
/* Every connection is closed already. Drops all instances. */
void kefs_server_exit(void);

#endif
