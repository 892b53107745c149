/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_ATOMIC_H
#define SHIM_LINUX_ATOMIC_H

#include <linux/compiler.h>

#define READ_ONCE(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v) __atomic_store_n(&(x), v, __ATOMIC_RELAXED)

/* Fully ordered, gives what was there. */
#define cmpxchg(ptr, old, new) __extension__ ({							\
	__typeof__(*(ptr)) shim_was = (old);							\
												\
	__atomic_compare_exchange_n(ptr, &shim_was, new, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);	\
	shim_was;										\
})

#endif
