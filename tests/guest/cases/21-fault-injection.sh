#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernels: uml-debug
# Allocations of the module's threads fail now and then: clients may see errors, the kernel must not see a splat, and
# when it is over everything works and nothing has leaked.
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
kefs_only
failslab=/sys/kernel/debug/failslab
[ -d $failslab ] || fatal "this kernel injects no faults (KEFS_KERNEL=${KEFS_KERNEL:-})"
serve
build bench metabench
build rawclient badinput
join a "soft,timeo=50,retrans=2"

set_fault() { echo "$2" > "$failslab/$1"; }
mark_threads() {
	local p
	for p in /proc/[0-9]*; do
		[ ! -e "$p/exe" ] && grep -q '^kefs' "$p/comm" && echo 1 > "$p/make-it-fail"
	done 2> /dev/null
	return 0
}
set_fault task-filter Y
set_fault ignore-gfp-wait 0
set_fault verbose 0
set_fault times -1
set_fault interval 1
mark_threads
dmesg_mark faults

errors=0 rounds=0
for probability in 1 5 20; do
	set_fault probability $probability
	for _ in 1 2 3 4 5; do
		mark_threads # new ones come
		rounds=$((rounds + 1))
		timeout 60 /tmp/metabench -d "$A" -n 40 create stat open-read-close rename unlink > /dev/null 2>&1 || errors=$((errors + 1))
		rm -rf "$A"/p0
		timeout 60 /tmp/badinput --rounds 20 --only 'random*' "127.0.0.1:$PORT" > /dev/null 2>&1 || errors=$((errors + 1))
		timeout 60 dd if=/dev/zero of="$A/data" bs=1M count=4 conv=fsync status=none 2> /dev/null || errors=$((errors + 1))
		timeout 60 dd if="$A/data" of=/dev/null bs=1M iflag=direct status=none 2> /dev/null || errors=$((errors + 1))
	done
	echo "# at $probability %: $errors of $((rounds * 4)) workloads saw an error so far"
done
set_fault probability 0
injected=$(counter NoMem)
echo "# requests that failed for want of memory: $injected"
check "faults were injected" test "$injected" -gt 0
check_not "the kernel says nothing of it" sh -c "dmesg | sed '1,/test: faults/d' | grep -E 'BUG|WARNING|KASAN|UBSAN|INFO:'"
umount_all || umount -f -l /mnt/a
mount_on a /mnt/a || fatal "cannot mount after it"
check "what was left can be removed" rm -rf "$A/p0"
check "everything works afterwards" sh -c "/tmp/metabench -d $A -n 200 create stat open-read-close unlink"
settled() { [ "$(module_status Requests)" -le 1 ] && [ "$(module_status Parked)" = 0 ]; }
check "no request is left hanging" wait_for 30 settled
finish
