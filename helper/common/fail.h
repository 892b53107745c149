/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fail points: where a test has the program die, as by kill -9, to see that the next start puts right what was left.
 * They stand in the few functions through which every lasting effect goes: store, kernel, addresses, directories,
 * packet filter, names. The test shares a file with the program, which the environment (KEFS_FAIL_FILE) names when it
 * starts: a count of hits that are left, and behind it the name of the point that was hit last. At the last hit the
 * program is gone; at 0 and below nothing happens. Without the variable a point is one comparison.
 */
#ifndef KEFS_COMMON_FAIL_H
#define KEFS_COMMON_FAIL_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

/* The file, 64 bytes in the machine's own order. */
struct kefs_fail_page {
	int32_t left;
	char last[60];
};

/* NULL: no test runs. */
extern struct kefs_fail_page *kefs_fail_page;

/*
 * Shares the file with a test: it belongs to who runs the program and is writable by nobody else. path NULL: nothing is
 * to be done. 0 or -errno with err.
 */
int kefs_fail_open(const char *path, struct kefs_err *err);

/* One hit: does not return if it is the last. Any thread. */
void kefs_fail_hit(const char *name);

/* "store-commit": what is about to be done, "store-committed": what was just done. */
static inline void kefs_fail_point(const char *name)
{
	if (__builtin_expect(kefs_fail_page != NULL, 0))
		kefs_fail_hit(name);
}

#endif
