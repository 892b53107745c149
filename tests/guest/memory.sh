# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2317 # called by name
# For cases that measure the kernel's memory: sourced behind cases.sh.

# Bytes that the kernel itself holds: objects, stacks, per-CPU and vmalloc areas, and the pages of socket buffers.
# (All that is neither free nor cache nor a process's would say the same, but for the page cache's noise.)
kernel_memory() {
	echo 2 > /proc/sys/vm/drop_caches
	awk '/^(Slab|KernelStack|Percpu|VmallocUsed):/ { kb += $2 } /^TCP:/ { kb += $NF * 4 } END { print kb * 1024 }' \
		/proc/meminfo /proc/net/sockstat
}
settled() { # two readings alike: RCU and delayed freeing are through
	local one two
	one=$(kernel_memory)
	sleep 0.3
	two=$(kernel_memory)
	[ $((one > two ? one - two : two - one)) -lt 65536 ]
}
