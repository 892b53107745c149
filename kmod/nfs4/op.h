/* SPDX-License-Identifier: GPL-2.0 */
/* The row of the operation table. */
#ifndef KEFS_NFS4_OP_H
#define KEFS_NFS4_OP_H

#include "xdr.h"

struct kefs_compound;

/* Where an operation may stand and what it does to the compound's state. */
#define KEFS_OPF_SOLO		0x01	/* allowed as the only op of a compound without SEQUENCE */
#define KEFS_OPF_NO_FH		0x02	/* needs no current filehandle */
#define KEFS_OPF_MODIFIES	0x04	/* changes something: must not be run when its reply cannot be cached or sent */
#define KEFS_OPF_SET_FH		0x08	/* sets the current filehandle: the current stateid goes (RFC 8881 §16.2.3.1.2) */
#define KEFS_OPF_ENCODE_ERR	0x10	/* its result has a body on errors too: encode sees the status */
#define KEFS_OPF_RELEASES	0x40	/* gives nothing but state back: also for who has no access (any more) */
#define KEFS_OPF_DOOR		0x80	/* also for who has no access, on what PUTROOTFH gave: see may_run() */
#define KEFS_OPF_SESSION_CTL	0x20	/* RFC 8881 §18.33-37, .50: must be the only op unless SEQUENCE comes first */

struct kefs_op {
	const char *name;
	kefs_decode_fn *decode;		/* NULL: no arguments */
	/* 0 and c->res filled, -errno or -KEFS_ERR_*, KEFS_PARKED. Called again on resume with c->resumed set. */
	int (*run)(struct kefs_compound *c);
	kefs_encode_fn *encode;		/* NULL: no result body, or run() wrote it */
	u16 flags;
	u16 reply_max;			/* bytes of result body at most; run() sees to the room of larger ones itself */
};

/* The row of @opnum; NULL: no such operation in NFSv4.1 (OP_ILLEGAL). A row without run(): NFS4ERR_NOTSUPP. */
const struct kefs_op *kefs_op_find(u32 opnum);

#endif
