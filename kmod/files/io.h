/* SPDX-License-Identifier: GPL-2.0 */
/*
 * READ, WRITE, COMMIT on open backing files. Run with the caller's credentials in force; permission is checked before
 * (at OPEN, or by kefs_access_io()).
 */
#ifndef KEFS_FILES_IO_H
#define KEFS_FILES_IO_H

#include <linux/bvec.h>
#include <linux/uio.h>
#include "opencache.h"

enum kefs_stable {		/* numbers of stable_how4 */
	KEFS_UNSTABLE,
	KEFS_DATA_SYNC,
	KEFS_FILE_SYNC,
};

struct kefs_write_result {
	enum kefs_stable committed;	/* at least what was asked for */
	u64 verifier;			/* of the volume, read before the data was written */
};

/* Reads up to @len bytes into linear memory. Bytes read, 0 at or behind EOF, or -errno. @eof: the last byte returned is
 * the last of the file, or there is none at @pos. */
ssize_t kefs_io_read(struct kefs_bfile *bf, u64 pos, void *buf, size_t len, bool *eof);
/*
 * The same without a copy: fills bv[0..*nr) with page-cache pages, each with a reference that the caller drops with
 * put_page(); no entry crosses a page. @max entries must do for @len at any offset in a page: len / PAGE_SIZE + 2.
 * Where the file system cannot splice the pages are fresh ones.
 */
ssize_t kefs_io_splice(struct kefs_bfile *bf, u64 pos, size_t len, struct bio_vec *bv, unsigned int max,
		       unsigned int *nr, bool *eof);
/*
 * Writes all of @from at @pos. Bytes written (fewer than asked only after an error that hit when some were already
 * in), or -errno (-EFBIG, -ENOSPC, -EDQUOT, -EROFS of the backing mount …). The grant's read-only flag is for the
 * caller to check.
 * @from may not block on the network.
 */
ssize_t kefs_io_write(struct kefs_bfile *bf, u64 pos, struct iov_iter *from, enum kefs_stable stable,
		      struct kefs_write_result *ret);
/* Written data of [pos, pos + len) (len 0: to the end) to stable storage. @ret_verifier: what COMMIT answers. */
int kefs_io_commit(struct kefs_bfile *bf, u64 pos, u64 len, u64 *ret_verifier);

#endif
