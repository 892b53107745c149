// SPDX-License-Identifier: GPL-2.0
#include "options.h"

#include <stdlib.h>
#include <string.h>

#include "common/buf.h"

static int add_item(struct option_list *list, const char *text, size_t len, struct failure *failure)
{
	if (!len)
		return 0;
	if (list->n == OPTIONS_MAX)
		return refuse(failure, MSG_TOO_MANY_OPTIONS, "128");
	list->item[list->n] = strndup(text, len);
	if (!list->item[list->n])
		return refuse(failure, MSG_NO_MEMORY);
	list->n++;
	return 0;
}

/* Up to the next comma outside quotation marks; *ret_open: a mark has no partner. */
static size_t item_len(const char *text, bool *ret_open)
{
	bool quoted = false;
	size_t len;

	for (len = 0; text[len] && (quoted || text[len] != ','); len++)
		quoted ^= text[len] == '"';
	*ret_open = quoted;
	return len;
}

int options_add(struct option_list *list, const char *text, struct failure *failure)
{
	for (;;) {
		bool open;
		size_t len = item_len(text, &open);
		int rc = open ? refuse(failure, MSG_OPEN_QUOTE, text) : add_item(list, text, len, failure);

		if (rc < 0 || !text[len])
			return rc;
		text += len + 1;
	}
}

static bool is_named(const char *item, const char *name)
{
	size_t len = strlen(name);

	return strncmp(item, name, len) == 0 && (item[len] == '=' || item[len] == '\0');
}

static const char *find(const struct option_list *list, const char *name)
{
	for (unsigned int i = 0; i < list->n; i++)
		if (is_named(list->item[i], name))
			return list->item[i];
	return NULL;
}

const char *options_get(const struct option_list *list, const char *name)
{
	const char *item = find(list, name);

	if (!item)
		return NULL;
	item += strlen(name);
	return *item == '=' ? item + 1 : item;
}

bool options_has_value(const struct option_list *list, const char *name)
{
	const char *item = find(list, name);

	return item && item[strlen(name)] == '=';
}

void options_remove(struct option_list *list, const char *name)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < list->n; i++) {
		if (is_named(list->item[i], name))
			free(list->item[i]);
		else
			list->item[kept++] = list->item[i];
	}
	list->n = kept;
}

char *options_string(const struct option_list *list)
{
	struct kefs_buf buf = { .cap = (size_t)1024 * 1024 };
	int rc = kefs_buf_add(&buf, "", 0);

	for (unsigned int i = 0; rc == 0 && i < list->n; i++)
		rc = kefs_buf_format(&buf, "%s%s", i ? "," : "", list->item[i]);
	if (rc == 0)
		return buf.data;
	kefs_buf_free(&buf);
	return NULL;
}

void options_free(struct option_list *list)
{
	while (list->n)
		free(list->item[--list->n]);
}
