/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who opened what lately, to tell where a delegation pays: for a file that one client opens again and again and nobody
 * else is after. Memory is constant: a table of sets of files; a file that is not opened for a while, or whose set is
 * full of more recent ones, is forgotten, which costs a delegation and no more. Pure.
 *
 * Calls for one file must not overlap: those of equal kefs_history_set().
 */
#ifndef KEFS_STATE_HISTORY_H
#define KEFS_STATE_HISTORY_H

#include <linux/types.h>

#define KEFS_HISTORY_SETS	8192	/* of KEFS_HISTORY_WAYS files: 1.25 MiB, and a source tree fits */
#define KEFS_HISTORY_WAYS	4
#define KEFS_HISTORY_CLIENTS	4	/* of a file: who opened it most recently */
#define KEFS_HISTORY_WINDOW	120	/* seconds: an open before that is no sign of another to come */
#define KEFS_HISTORY_CALM	30	/* seconds without delegations after a recall; doubles with each further one */
#define KEFS_HISTORY_CALM_MAX	(16 * 60)

struct kefs_history_file {
	u64 key;			/* of the file; meaningless if !opened and !calm */
	u32 opened;			/* last time, seconds; 0: not known */
	u32 calm;			/* no delegation before that second */
	u32 client[KEFS_HISTORY_CLIENTS]; /* who opened it, hashed; 0: nobody */
	u8 next;			/* which of them goes next */
	u8 recalls;			/* that came one upon the other */
	u32 recalled;			/* last time: what one conflict recalls from several clients counts once */
};

struct kefs_history {
	struct kefs_history_file file[KEFS_HISTORY_SETS][KEFS_HISTORY_WAYS];
};

static inline u32 kefs_history_set(u64 key)
{
	return (u32)(key ^ key >> 32) % KEFS_HISTORY_SETS;
}

/*
 * @client (a good hash of who it is, the same after a remount; hosts that call themselves the same are one here, which
 * costs a recall at worst) opens the file @key (likewise) at second @now, which starts at 1 and never goes back. True:
 * a delegation, for writing if @write, is likely to save it further opens.
 */
bool kefs_history_open(struct kefs_history *h, u64 key, u64 client, bool write, u32 now);
/* The file's delegation was recalled not long ago. */
bool kefs_history_contended(const struct kefs_history *h, u64 key, u32 now);
/* A delegation of the file has to be recalled. */
void kefs_history_recall(struct kefs_history *h, u64 key, u32 now);

#endif
