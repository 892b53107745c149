/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Time in state: unconfirmed records die after one lease, confirmed clients whose lease is over become courteous and
 * die on conflict (not here), on a limit, or after KEFS_COURTESY_SEC.
 */
#ifndef KEFS_STATE_REAPER_H
#define KEFS_STATE_REAPER_H

int __init kefs_reaper_init(void);
/* Before the domains go. */
void kefs_reaper_exit(void);
/* Look now: somebody doomed a client from where it could not expire it, or a limit was hit. Any context. */
void kefs_reaper_kick(void);

#endif
