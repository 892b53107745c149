/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Functions that this project does not use: they overflow, hide errors, share hidden state or run a shell.
 * Injected into every file by -include, after which their names do not compile. The headers that declare them
 * come first, so that the declarations themselves are not hit.
 */
#ifndef KEFS_COMMON_BANNED_H
#define KEFS_COMMON_BANNED_H

#include <alloca.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#undef alloca
#undef strcpy
#undef strcat
#undef strncpy
#undef strncat
#undef stpcpy
#undef sprintf
#undef vsprintf
#undef strtok

/* asprintf() is fine: its result is checked everywhere (warn_unused_result). */
#pragma GCC poison alloca strcpy strcat strncpy strncat stpcpy sprintf vsprintf gets
#pragma GCC poison strtok localtime gmtime ctime asctime atoi atol atoll
#pragma GCC poison system popen tmpnam mktemp tempnam vfork

/* OpenSSL's headers have parameters of this name, so that only calls can be forbidden. */
#define rand() kefs_banned_rand
#define srand(seed) kefs_banned_srand

#endif
