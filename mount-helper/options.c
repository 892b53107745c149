// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "options.h"

static int add_item(struct option_list *list, const char *text, size_t len)
{
	if (!len)
		return 0;
	if (list->n == OPTIONS_MAX)
		return -E2BIG;
	list->item[list->n] = strndup(text, len);
	if (!list->item[list->n])
		return -ENOMEM;
	list->n++;
	return 0;
}

int options_add(struct option_list *list, const char *text)
{
	int err = 0;

	while (!err) {
		size_t len = strcspn(text, ",");

		err = add_item(list, text, len);
		if (!text[len])
			break;
		text += len + 1;
	}
	return err;
}

static bool is_named(const char *item, const char *name)
{
	size_t len = strlen(name);

	return strncmp(item, name, len) == 0 && (item[len] == '=' || item[len] == '\0');
}

const char *options_get(const struct option_list *list, const char *name)
{
	unsigned int i;

	for (i = 0; i < list->n; i++)
		if (is_named(list->item[i], name)) {
			const char *value = list->item[i] + strlen(name);

			return *value == '=' ? value + 1 : value;
		}
	return NULL;
}

void options_remove(struct option_list *list, const char *name)
{
	unsigned int i, kept = 0;

	for (i = 0; i < list->n; i++) {
		if (is_named(list->item[i], name))
			free(list->item[i]);
		else
			list->item[kept++] = list->item[i];
	}
	list->n = kept;
}

char *options_string(const struct option_list *list)
{
	size_t len = 1;
	unsigned int i;
	char *s, *p;

	for (i = 0; i < list->n; i++)
		len += strlen(list->item[i]) + 1;
	s = malloc(len);
	if (!s)
		return NULL;
	for (i = 0, p = s; i < list->n; i++) {
		if (i)
			*p++ = ',';
		p = stpcpy(p, list->item[i]);
	}
	*p = '\0';
	return s;
}

void options_free(struct option_list *list)
{
	while (list->n)
		free(list->item[--list->n]);
}
