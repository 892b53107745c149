/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An error is a negative errno, which the program acts on, and a text, which a person reads. A function that can
 * explain itself takes a struct kefs_err as its last argument and fills it whenever it returns a negative value.
 * The text names the thing and, where there is one, the remedy; it has no trailing full stop or newline.
 */
#ifndef KEFS_COMMON_ERR_H
#define KEFS_COMMON_ERR_H

#define KEFS_ERR_SIZE 768

struct kefs_err {
	char text[KEFS_ERR_SIZE];
};

/*
 * Writes the text (cut at KEFS_ERR_SIZE; err may be NULL) and returns code, which is negative: so that
 * "return kefs_err_set(err, -EINVAL, …)" is one statement.
 */
int kefs_err_set(struct kefs_err *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Like kefs_err_set(), and appends ": " and the errno's own text. */
int kefs_err_sys(struct kefs_err *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Puts a text in front of what err holds already, and returns code. */
int kefs_err_prefix(struct kefs_err *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The text of a negative errno ("No such file or directory"); never NULL, valid for ever. */
const char *kefs_err_name(int code);

#endif
