/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_ASM_BYTEORDER_H
#define SHIM_ASM_BYTEORDER_H

#include <endian.h>
#include <linux/compiler.h>
#include <linux/types.h>

static inline u32 be32_to_cpu(__be32 v)
{
	return be32toh(v);
}

static inline __be32 cpu_to_be32(u32 v)
{
	return htobe32(v);
}

static inline u64 be64_to_cpu(__be64 v)
{
	return be64toh(v);
}

static inline __be64 cpu_to_be64(u64 v)
{
	return htobe64(v);
}

static inline u32 be32_to_cpup(const __be32 *p)
{
	return be32_to_cpu(*p);
}

#endif
