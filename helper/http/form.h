/* SPDX-License-Identifier: GPL-2.0 */
/* The parameters of AWS's query protocol: a form's "Filter.1.Value.2=x&…". Pure. */
#ifndef KEFS_HTTP_FORM_H
#define KEFS_HTTP_FORM_H

#include <stddef.h>

#define KEFS_FORM_PARAMS_MAX	2048
#define KEFS_FORM_NAME_SIZE	160

struct kefs_form_param {
	char *name, *value;
};

/* To be freed with kefs_form_free(). */
struct kefs_form {
	struct kefs_form_param *params;		/* in the order in which they came */
	const struct kefs_form_param **sorted;	/* by name, those of one name in that order */
	size_t count;
};

/*
 * Takes a body apart (it ends in a NUL at len). 0; -EINVAL for a bad %-escape or a NUL; -E2BIG for too many parameters
 * or a name that is too long; -ENOMEM.
 */
int kefs_form_parse(const char *text, size_t len, struct kefs_form *ret_form);

/* Frees the content; the form is empty afterwards. */
void kefs_form_free(struct kefs_form *form);

/* The value of the first parameter of that name; NULL if it is absent. Good as long as the form. */
const char *kefs_form_get(const struct kefs_form *form, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * The parameters whose names start so, by name: where they begin, and how many. Who has a list to look through takes
 * this, for to ask for each by its number costs a search each.
 */
const struct kefs_form_param *const *kefs_form_range(const struct kefs_form *form, size_t *ret_count,
						     const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Is there a parameter whose name starts so? */
int kefs_form_has(const struct kefs_form *form, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
