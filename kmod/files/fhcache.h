/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Dentries of handles that were decoded lately: PUTFH of a directory or a file that is not open costs a few memory
 * accesses. Direct-mapped: a new entry takes the place of the one that was there. Each entry pins its dentry, so what
 * is unlinked must be forgotten; what others unlink goes within a second (kefs_fhcache_sweep()).
 */
#ifndef KEFS_FILES_FHCACHE_H
#define KEFS_FILES_FHCACHE_H

#include <linux/dcache.h>
#include "fh_codec.h"
#include "volume.h"

/* Referenced, of a file that still has a link; or NULL. Lock-free. */
struct dentry *kefs_fhcache_get(struct kefs_volume *volume, const struct kefs_fid *fid);
/* Remembers @dentry, of which it takes its own reference. Process context, nothing locked. */
void kefs_fhcache_put(struct kefs_volume *volume, const struct kefs_fid *fid, struct dentry *dentry);
void kefs_fhcache_forget(struct kefs_volume *volume, const struct kefs_fid *fid);
/* Drops what is unlinked; of @volume, unless NULL, everything; with @all everything. Process context. */
void kefs_fhcache_sweep(const struct kefs_volume *volume, bool all);

#endif
