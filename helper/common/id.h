/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Resource ids: "fs-", "fsmt-", "fsap-" and 17 lower-case hex digits; 8 to 40 are accepted. Pure but for the random
 * source.
 */
#ifndef KEFS_COMMON_ID_H
#define KEFS_COMMON_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEFS_ID_SIZE		48	/* "fsmt-" + 40 digits + NUL, rounded up */
#define KEFS_ID_DIGITS		17
#define KEFS_UUID_SIZE		37

/* Is text the prefix ("fs-"), then 8 to 40 lower-case hex digits, and nothing else? */
bool kefs_id_valid(const char *text, const char *prefix);

/* A new random id: 0 or -errno of the random source. ret_id has room for KEFS_ID_SIZE. */
int kefs_id_new(const char *prefix, char *ret_id);

/*
 * The id in text, which is a bare id or an ARN that ends in "/<id>" (arn:aws:elasticfilesystem:…:file-system/fs-…).
 * Returns a pointer into text, or NULL if it is neither.
 */
const char *kefs_id_bare(const char *text, const char *prefix);

/* A random version 4 UUID; ret_uuid has room for KEFS_UUID_SIZE. 0 or -errno. */
int kefs_id_uuid(char *ret_uuid);

/* len characters and a NUL of a set that has a power of two of them, so that each is as likely. 0 or -errno. */
int kefs_id_draw(const char *letters, char *ret_text, size_t len);

/* len random bytes: 0 or -errno. */
int kefs_id_random(void *ret_bytes, size_t len);

#endif
