/* SPDX-License-Identifier: GPL-2.0 */
/* Unneeded since 6.3, which has the header. */
#include <linux/fs.h>
