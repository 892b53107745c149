#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# 10,000 file systems, and 10,000 access points on one: kefsd starts within 5 s, a page or one is there within 20 ms.
# By hand, on an idle machine: scripts/guest run --kernel uml --mem 3G --timeout 900 tests/suites/many-file-systems-guest.sh
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
kefs_only
# What a limit means while others are at work on the same machine
load=$(cut -d' ' -f1 /proc/loadavg)

kefsd_stop || fatal "kefsd does not stop"
cat > /tmp/many.conf <<- C
	state_dir = /srv/many
	dns = off
	max_file_systems = 20000
	api_listen = 127.0.0.1:2080
C
mkdir -p /srv/many
kefsd_start --config /tmp/many.conf || fatal "kefsd does not start"
eval "$(kefsctl admin-key --export)"
kefsd_stop || fatal "kefsd does not stop"
fs=$("$KEFS_TESTS/api/many.py" seed /srv/many /srv/many/pool) || fatal "cannot fill the store"

memory() { awk '/^(MemFree|Cached|Buffers|SReclaimable):/ { sum += $2 } END { print int(sum / 1024) }' /proc/meminfo; }
# starts WHAT: kefsd, and how long that takes
starts() {
	local start=${EPOCHREALTIME/./} took
	check "kefsd starts, $1" kefsd_start --config /tmp/many.conf
	took=$(((${EPOCHREALTIME/./} - start) / 1000))
	check "within 5 s ($took ms, load $load)" test $took -lt 5000
}
before=$(memory)
starts "and the module learns of all of them"
equal "all are served" "$(module_status Volumes)" 10000
echo "# kefsd has $(awk '/VmRSS/ { print $2 }' "/proc/$(pgrep -x kefsd)/status") KiB; the machine $((before - $(memory))) MiB less"
kefsd_kill
starts "after kill -9, with the module as it was"
check "the API is quick enough" "$KEFS_TESTS/api/many.py" measure
"$KEFS_TESTS/api/many.py" measure
echo "# kefsd has $(awk '/VmRSS/ { print $2 }' "/proc/$(pgrep -x kefsd)/status") KiB"
start=${EPOCHREALTIME/./}
check "one more" kefsctl fs create --name more
echo "# in $(((${EPOCHREALTIME/./} - start) / 1000)) ms"
one_client a
start=${EPOCHREALTIME/./}
check "one is deleted" kefsctl fs delete "$fs"
echo "# in $(((${EPOCHREALTIME/./} - start) / 1000)) ms"
gone() { ! kefsctl fs show "$fs"; }
check "with its access points" wait_for 20 gone
kefsd_stop
start=${EPOCHREALTIME/./}
kefsd_start || fatal "kefsd does not start with its own configuration"
echo "# the module forgets all of them: $(((${EPOCHREALTIME/./} - start) / 1000)) ms"
umount /srv/many/pool
finish
