/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pages of a list. A list is ordered by (creation time, id), and a page's token names the last entry shown, so that
 * it stays good whatever is made or deleted in between. Pure.
 */
#ifndef KEFS_MODEL_PAGE_H
#define KEFS_MODEL_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/id.h"

#define KEFS_PAGE_MAX		100	/* entries; more are not given at once */
#define KEFS_PAGE_TOKEN_SIZE	129	/* what the service allows, and a NUL */

/* Where a page starts: behind this entry. All zero: at the beginning. */
struct kefs_page {
	int64_t after_ms;		/* or the position, of a list of tags */
	char after_id[KEFS_ID_SIZE];
	unsigned int limit;		/* 1..KEFS_PAGE_MAX */
};

/* The token of a place in the list that kind ('f', 'm', …) stands for; ret_token has KEFS_PAGE_TOKEN_SIZE bytes. */
void kefs_page_token(char kind, int64_t ms, const char *id, char *ret_token);

/*
 * The page that a token ("" = the first) and a number of entries (0 = as many as there may be) mean. 0, or
 * -KEFS_E_BAD_REQUEST for a token that kefs_page_token() did not make for this kind.
 */
int kefs_page_start(char kind, const char *token, uint64_t limit, struct kefs_page *ret_page, struct kefs_err *err);

/* Does an entry come after the place where the page starts? */
bool kefs_page_is_after(const struct kefs_page *page, int64_t ms, const char *id);

#endif
