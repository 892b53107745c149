// SPDX-License-Identifier: GPL-2.0
#include "table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define GAP 2

void ctl_table_init(struct ctl_table *table, const char *const *headers, size_t columns)
{
	*table = (struct ctl_table) { .headers = headers, .columns = columns };
}

void ctl_table_free(struct ctl_table *table)
{
	for (size_t r = 0; r < table->rows; r++) {
		for (size_t c = 0; c < table->columns; c++)
			free(table->row[r].text[c]);
	}
	free(table->row);
	table->row = NULL;
	table->rows = 0;
	table->room = 0;
}

/* Names come from clients: what a terminal would act on is not passed to it. */
static char *copy_clean(const char *text)
{
	char *copy = strdup(text ? text : "");

	for (char *p = copy; p && *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	}
	return copy;
}

void ctl_table_add(struct ctl_table *table, const char *const *cells)
{
	struct ctl_row row = { { NULL } };

	if (table->rows == table->room) {
		size_t room = table->room ? 2 * table->room : 16;
		struct ctl_row *bigger = reallocarray(table->row, room, sizeof(*bigger));

		if (!bigger)
			return;
		table->row = bigger;
		table->room = room;
	}
	for (size_t i = 0; i < table->columns; i++)
		row.text[i] = copy_clean(cells[i]);
	table->row[table->rows++] = row;
}

/* Characters, not bytes: names may be any UTF-8. */
static size_t width(const char *text)
{
	size_t n = 0;

	for (; text && *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static void print_cell(const char *text, size_t wide, bool right, bool last, FILE *out)
{
	size_t pad = wide - width(text);

	if (right)
		(void)fprintf(out, "%*s%s", (int)pad, "", text ? text : "");
	else
		(void)fprintf(out, "%s%*s", text ? text : "", last ? 0 : (int)pad, "");
	(void)fprintf(out, "%*s", last ? 0 : GAP, "");
}

void ctl_table_print(const struct ctl_table *table, FILE *out)
{
	const char *header[CTL_TABLE_COLUMNS];
	bool right[CTL_TABLE_COLUMNS];
	size_t wide[CTL_TABLE_COLUMNS];

	for (size_t c = 0; c < table->columns; c++) {
		right[c] = table->headers[c][0] == '>';
		header[c] = table->headers[c] + right[c];
		wide[c] = width(header[c]);
		for (size_t r = 0; r < table->rows; r++) {
			size_t w = width(table->row[r].text[c]);

			wide[c] = w > wide[c] ? w : wide[c];
		}
	}
	for (size_t c = 0; c < table->columns; c++)
		print_cell(header[c], wide[c], right[c], c + 1 == table->columns, out);
	(void)fputc('\n', out);
	for (size_t r = 0; r < table->rows; r++) {
		for (size_t c = 0; c < table->columns; c++)
			print_cell(table->row[r].text[c], wide[c], right[c], c + 1 == table->columns, out);
		(void)fputc('\n', out);
	}
}
