/* SPDX-License-Identifier: GPL-2.0 */
/* What every test includes: cmocka with what it wants before it, and a folder for the test's files. */
#ifndef KEFS_TEST_TEST_H
#define KEFS_TEST_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A new folder. dir is of 256 bytes. */
static inline void test_mkdir(char *dir)
{
	const char *tmp = getenv("TMPDIR");

	assert_true(snprintf(dir, 256, "%s/kefs-test.XXXXXX", tmp ? tmp : "/tmp") < 256);
	assert_non_null(mkdtemp(dir));
}

static inline int test_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* Removes the folder. */
static inline void test_rmdir(const char *dir)
{
	assert_int_equal(nftw(dir, test_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* The text must contain the part: for error messages, which name the thing and the remedy. */
static inline void assert_contains_(const char *text, const char *part, const char *file, int line)
{
	if (strstr(text, part))
		return;
	print_error("\"%s\" does not contain \"%s\"\n", text, part);
	_fail(file, line);
}

#define assert_contains(text, part) assert_contains_(text, part, __FILE__, __LINE__)

#endif
