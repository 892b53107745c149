/* SPDX-License-Identifier: GPL-2.0 */
/* Aligned tables. Columns are as wide as what stands in them. */
#ifndef KEFS_CTL_TABLE_H
#define KEFS_CTL_TABLE_H

#include <stddef.h>
#include <stdio.h>

#define CTL_TABLE_COLUMNS 16

struct ctl_table {
	const char *const *headers;	/* one that begins with '>' is aligned to the right; the '>' is not shown */
	size_t columns;			/* at most CTL_TABLE_COLUMNS */
	struct ctl_row {
		char *text[CTL_TABLE_COLUMNS];
	} *row;				/* rows of them, owned */
	size_t rows, room;
};

/* An empty table; headers stay the caller's. */
void ctl_table_init(struct ctl_table *table, const char *const *headers, size_t columns);

/* Adds a row of as many strings as there are columns (copied; NULL is ""). Out of memory: the row is left out. */
void ctl_table_add(struct ctl_table *table, const char *const *cells);

/* Prints headers and rows. */
void ctl_table_print(const struct ctl_table *table, FILE *out);

/* Frees the rows. */
void ctl_table_free(struct ctl_table *table);

#endif
