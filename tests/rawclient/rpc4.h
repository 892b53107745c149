/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ONC RPC v2 (RFC 5531) and XDR (RFC 4506) over raw TCP, for tests that must say things no kernel client would say.
 *
 * Nothing here stops the caller from sending nonsense: a record is bytes, the record mark is the caller's if he wants.
 * Functions that talk return 0 or -errno; a peer that closed or reset is always -ECONNRESET, silence -ETIMEDOUT.
 * Want of memory ends the program.
 */
#ifndef KEFS_TESTS_RPC4_H
#define KEFS_TESTS_RPC4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RPC4_LAST	0x80000000u	/* top bit of a record mark */
#define RPC4_CALL	0u
#define RPC4_REPLY	1u

enum rpc4_accept { RPC4_SUCCESS, RPC4_PROG_UNAVAIL, RPC4_PROG_MISMATCH, RPC4_PROC_UNAVAIL, RPC4_GARBAGE_ARGS,
		   RPC4_SYSTEM_ERR };

/* Bytes being built; grows as needed. Zero it to begin; rpc4_out_free() ends. */
struct rpc4_out {
	uint8_t *data;
	size_t len, cap;
};

void rpc4_out_free(struct rpc4_out *o);
void rpc4_out_reset(struct rpc4_out *o);	/* forgets the content, keeps the memory */
void rpc4_put_raw(struct rpc4_out *o, const void *data, size_t len);	/* as they are, no padding */
void rpc4_put_u32(struct rpc4_out *o, uint32_t v);
void rpc4_put_u64(struct rpc4_out *o, uint64_t v);
void rpc4_put_opaque(struct rpc4_out *o, const void *data, size_t len);	/* length, bytes, padding */
void rpc4_put_string(struct rpc4_out *o, const char *s);
void rpc4_poke_u32(struct rpc4_out *o, size_t at, uint32_t v);		/* overwrites what is there */

/* Bytes being read; the first failure sticks and gives zeros. */
struct rpc4_in {
	const uint8_t *p, *end;
	bool bad;
};

uint32_t rpc4_get_u32(struct rpc4_in *in);
uint64_t rpc4_get_u64(struct rpc4_in *in);
const uint8_t *rpc4_get_fixed(struct rpc4_in *in, size_t len);		/* NULL if not there; skips padding */
const uint8_t *rpc4_get_opaque(struct rpc4_in *in, uint32_t *ret_len);	/* likewise */

/* Credentials: AUTH_NONE (flavor 0) or AUTH_SYS (flavor 1). */
struct rpc4_cred {
	uint32_t flavor, uid, gid, ngids, gids[16];
};

/* Appends a call header up to the procedure's arguments. */
void rpc4_put_call(struct rpc4_out *o, uint32_t xid, uint32_t prog, uint32_t vers, uint32_t proc,
		   const struct rpc4_cred *cred);

struct rpc4_reply {
	uint32_t xid;
	bool denied;
	uint32_t stat;		/* accept_stat, or reject_stat if denied */
	uint32_t lo, hi;	/* of a mismatch */
	uint32_t auth;		/* auth_stat of AUTH_ERROR */
};

/* Reads a reply's header; @in is left at the results. -EBADMSG if it is none. */
int rpc4_get_reply(struct rpc4_in *in, struct rpc4_reply *ret);

struct rpc4_conn {
	int fd;			/* -1 when closed */
	int timeout_ms;		/* of each wait for the peer; set by the caller, 5000 by default */
	uint32_t xid;		/* last one used */
	uint8_t *buf;		/* the last record received */
	size_t cap;
};

struct rpc4_addr {
	const char *host, *port;
};

/* Splits HOST[:PORT] in place (IPv6 in brackets); the port is 2049 by default. */
struct rpc4_addr rpc4_parse_addr(char *s);

int rpc4_connect(struct rpc4_conn *c, const struct rpc4_addr *a);
void rpc4_close(struct rpc4_conn *c);		/* also frees; may be called twice */
void rpc4_reset(struct rpc4_conn *c);		/* closes with RST instead of FIN */
uint32_t rpc4_next_xid(struct rpc4_conn *c);

int rpc4_send_raw(struct rpc4_conn *c, const void *data, size_t len);
int rpc4_send(struct rpc4_conn *c, const struct rpc4_out *rec);		/* one record, one fragment */
int rpc4_send_fragments(struct rpc4_conn *c, const struct rpc4_out *rec, size_t fragment);
int rpc4_recv(struct rpc4_conn *c, struct rpc4_in *ret);	/* one record; valid until the next one */
/* 0 if the peer closes within the timeout (whatever it sends first is dropped), else -ETIMEDOUT. */
int rpc4_wait_closed(struct rpc4_conn *c, int timeout_ms);

/* The NULL procedure of NFS version 4: 0 if it was answered well. */
int rpc4_null(struct rpc4_conn *c);

uint64_t rpc4_now_ns(void);

/* A small seeded generator, so that a random test can be repeated. */
uint64_t rpc4_random(uint64_t *state);

#endif
