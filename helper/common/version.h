/* SPDX-License-Identifier: GPL-2.0 */
/* The version, which the Makefile gives. */
#ifndef KEFS_COMMON_VERSION_H
#define KEFS_COMMON_VERSION_H

#ifndef KEFS_VERSION
#define KEFS_VERSION "unknown"
#endif

#endif
