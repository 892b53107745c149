/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Grace and reclaim (RFC 8881 §8.4.2, §8.4.3). One object per volume, because locks of all its domains meet on its
 * files: nobody gets new state before every client of every domain that had some has had its turn.
 *
 * A client is in the ledger (ledger.h) from before its RECLAIM_COMPLETE is answered, and 4.1 gives no state but
 * reclaimed one earlier, until before the first piece of its state goes to somebody else; and again from before the
 * answer by which it learns that we know that it knows (FREE_STATEID of the last one). What the ledger holds when the
 * server starts is who may reclaim. Grace begins with the volume's first connection, for until then no client can
 * come, and ends when each of them has sent RECLAIM_COMPLETE, or by grace.h's clock, or at an administrator's word.
 *
 * A volume without a ledger (recovery NULL everywhere here) remembers nobody and has no grace.
 */
#ifndef KEFS_STATE_RECOVERY_H
#define KEFS_STATE_RECOVERY_H

#include <linux/siphash.h>
#include <linux/types.h>

struct file;
struct kefs_client;
struct kefs_ledger_entry;
struct kefs_recovery;
struct kefs_volume;

/*
 * Reads the ledger, whose blocks are checked with @key: from now on this is a new life of the server. @name is for the
 * log. ERR_PTR: -ENOMEM, I/O errors. To be set in the volume before anybody finds it.
 */
struct kefs_recovery *kefs_recovery_open(struct file *file, const siphash_key_t *key, const char *name);
/* The volume has been destroyed. NULL is fine. The ledger stays as it is: all who are in it may reclaim. */
void kefs_recovery_free(struct kefs_recovery *recovery);

/* Clients can come: the clock of grace runs. Any number of times. */
void kefs_recovery_start(struct kefs_recovery *recovery);

struct kefs_grace_info {
	u32 left_ms;			/* of the time that clients have; 0: no grace */
	u32 awaited;			/* clients that have not sent RECLAIM_COMPLETE */
};

void kefs_recovery_info(struct kefs_recovery *recovery, struct kefs_grace_info *info);
/* End grace now. -ESRCH: there is none; else what writing the ledger gave, and grace goes on. */
int kefs_recovery_end_grace(struct kefs_recovery *recovery);

/*
 * RECLAIM_COMPLETE; when it returns 0 the client is in the ledger. @one_fs: accepted, nothing to do.
 * -KEFS_ERR_COMPLETE_ALREADY; -KEFS_ERR_DELAY: could not be written, or is just being done.
 */
int kefs_recovery_complete(struct kefs_client *client, bool one_fs);
/* It has been answered NFS4_OK. */
bool kefs_recovery_is_complete(const struct kefs_client *client);

/* SEQ4_STATUS_RESTART_RECLAIM_NEEDED (RFC 8881 §18.46.3): in grace it is among those who are waited for. */
bool kefs_recovery_needed(struct kefs_client *client);

/*
 * May the client get locking state now? Reclaim: -KEFS_ERR_NO_GRACE after grace or after its RECLAIM_COMPLETE,
 * -KEFS_ERR_RECLAIM_BAD if it had no state to reclaim. Otherwise -KEFS_ERR_GRACE in grace and before its
 * RECLAIM_COMPLETE (RFC 8881 §18.51.3), -EIO when stable storage is broken.
 */
int kefs_recovery_may(struct kefs_client *client, bool reclaim);

/* For what could take away from under somebody who has not reclaimed yet: -KEFS_ERR_GRACE, or 0. No locks. */
int kefs_recovery_settled(const struct kefs_volume *volume);

/*
 * -EIO once a record could be neither removed nor voided: what somebody had to leave must not be given away then, since
 * he could reclaim it. To be asked when a client was expired to make room, before (or after, undoing) what that room is
 * for.
 */
int kefs_recovery_intact(const struct kefs_volume *volume);

/*
 * From here on the client can reclaim nothing after a restart, and that is on stable storage when this returns: to be
 * called before any of its state goes to somebody else, be it that the client ends (for good, and it is dead already)
 * or that a part is revoked (until kefs_recovery_acknowledge()). Sleeps.
 */
void kefs_recovery_lose(struct kefs_client *client);
/*
 * The client knows of one of its losses (FREE_STATEID), or there was none after all. Who knows of all will not reclaim
 * what he lost, which is what RFC 8881 §8.4.3 is afraid of: he is put on record again, for the sake of what he has
 * and will have. That is on stable storage when this returns, if it can be written; if not, it stays as it was. Sleeps.
 */
void kefs_recovery_acknowledge(struct kefs_client *client);

#endif
