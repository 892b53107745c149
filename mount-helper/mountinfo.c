// SPDX-License-Identifier: GPL-2.0
#include "mountinfo.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/str.h"
#include "file.h"

#define FIELDS_BEFORE_OPTIONAL 6	/* proc(5): then optional ones up to "-", then type, source, options */

static bool is_octal(const char *p)
{
	return p[0] >= '0' && p[0] <= '3' && p[1] >= '0' && p[1] <= '7' && p[2] >= '0' && p[2] <= '7';
}

/* A field of the line; blanks in it are "\040". */
static void unescape(char *out, size_t size, const char *field, size_t len)
{
	size_t at = 0;

	for (size_t i = 0; i < len && at + 1 < size; i++) {
		if (field[i] == '\\' && i + 3 < len && is_octal(field + i + 1)) {
			out[at++] = (char)((field[i + 1] - '0') * 64 + (field[i + 2] - '0') * 8 + field[i + 3] - '0');
			i += 3;
		} else {
			out[at++] = field[i];
		}
	}
	out[at] = '\0';
}

struct field {
	const char *text;
	size_t len;
};

/* The next field of a line; none is of length 0. */
static struct field next_field(const char **line, const char *end)
{
	struct field field = { *line, 0 };

	while (field.text < end && *field.text == ' ')
		field.text++;
	while (field.text + field.len < end && field.text[field.len] != ' ')
		field.len++;
	*line = field.text + field.len;
	return field;
}

static bool is(struct field field, const char *text)
{
	return field.len == strlen(text) && !memcmp(field.text, text, field.len);
}

static void parse_options(struct field options, struct mount_row *row)
{
	const char *p = options.text, *end = options.text + options.len;

	while (p < end) {
		const char *comma = memchr(p, ',', (size_t)(end - p));
		struct field option = { p, (size_t)((comma ? comma : end) - p) };
		char number[8];
		uint64_t port;

		p += option.len + 1;
		if (is(option, "addr=127.0.0.1"))
			row->loopback = true;
		if (is(option, "xprtsec=mtls"))
			row->mtls = true;
		if (option.len <= 5 || option.len >= 5 + sizeof(number) || memcmp(option.text, "port=", 5) != 0)
			continue;
		memcpy(number, option.text + 5, option.len - 5);
		number[option.len - 5] = '\0';
		if (kefs_str_u64(number, 0, UINT16_MAX, &port) == 0)
			row->port = (unsigned int)port;
	}
}

static bool parse_line(const char *line, const char *end, struct mount_row *row)
{
	struct field fields[FIELDS_BEFORE_OPTIONAL], field, source;

	*row = (struct mount_row){ 0 };
	for (size_t i = 0; i < FIELDS_BEFORE_OPTIONAL; i++)
		fields[i] = next_field(&line, end);
	do
		field = next_field(&line, end);
	while (field.len && !is(field, "-"));
	field = next_field(&line, end);
	source = next_field(&line, end);
	if (!source.len)
		return false;
	row->nfs = is(field, "nfs") || is(field, "nfs4");
	unescape(row->device, sizeof(row->device), fields[2].text, fields[2].len);
	unescape(row->mount_point, sizeof(row->mount_point), fields[4].text, fields[4].len);
	unescape(row->source, sizeof(row->source), source.text, source.len);
	if (row->nfs)
		parse_options(next_field(&line, end), row);
	return true;
}

void mountinfo_parse(const char *text, void (*row)(void *arg, const struct mount_row *row), void *arg)
{
	struct mount_row one;

	while (*text) {
		const char *end = text + strcspn(text, "\n");

		if (parse_line(text, end, &one))
			row(arg, &one);
		text = *end ? end + 1 : end;
	}
}

int mountinfo_each(const char *path, void (*row)(void *arg, const struct mount_row *row), void *arg)
{
	CLEANUP_FREE char *text = NULL;
	size_t len;
	int rc = file_read(path, MOUNTINFO_MAX, &text, &len);

	if (rc == 0)
		mountinfo_parse(text, row, arg);
	return rc;
}

struct wanted {
	const char *mount_point;
	struct mount_row *row;
	bool found;
};

/* The last one covers those before it. */
static void match(void *arg, const struct mount_row *row)
{
	struct wanted *wanted = arg;

	if (strcmp(row->mount_point, wanted->mount_point) != 0)
		return;
	*wanted->row = *row;
	wanted->found = true;
}

int mountinfo_find(const char *mount_point, struct mount_row *ret_row)
{
	struct wanted wanted = { mount_point, ret_row, false };
	int rc = mountinfo_each("/proc/self/mountinfo", match, &wanted);

	return rc < 0 ? rc : wanted.found ? 0 : -ENOENT;
}
