/* SPDX-License-Identifier: GPL-2.0 */
/* What the parts of the door test share. */
#ifndef KEFS_TESTS_NETLINK_DOOR_H
#define KEFS_TESTS_NETLINK_DOOR_H

#include <stdbool.h>
#include <stdint.h>

#include <netlink/msg.h>

#include "talk.h"

#define DOOR_VOLUME	0xd00d	/* an id that nobody has */

/* Things that attributes refer to. */
struct fixtures {
	const char *directory;	/* on a file system with file handles; empty */
	int dir_fd;		/* of it */
	int file_fd;		/* not a directory, not a socket */
	int memory_fd;		/* a file that can be read and written */
	int sock_fd;		/* connected TCP */
	int udp_fd;
	int alone_fd;		/* TCP, not connected */
};
extern struct fixtures fixtures;

/* One test point. @format says what is expected; @answer (or NULL) is shown if it is not @good. */
void point(bool good, const struct answer *answer, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* A connected pair of TCP sockets over loopback: [0] for the server, [1] for the client. */
void tcp_pair(int fd[2]);

/* life.c: what should work. */
void test_life(void);
void test_grants(void);
void test_relayed(void);
void test_dumps(void);
/* domains.c: what NFS clients see of grant domains. */
void test_domains(void);
/* Objects that there are now, by INFO_GET. */
void count_objects(uint32_t *ret_volumes, uint32_t *ret_conns);
int add_volume(uint64_t id, const char *name, struct answer *ret_answer);
/* The module takes over @fd: the connection's id, or 0. */
uint64_t add_conn(int fd, uint64_t volume, const char *domain, struct answer *ret_answer);
int delete_volume(uint64_t id, uint32_t flags, struct answer *ret_answer);

#endif
