#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The module does not go while clients are attached, or goes in order; afterwards nothing of it is left.
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
kefs_only
serve
build bench metabench
join a
/tmp/metabench -d "$A" -n 300 create stat open-read-close > /dev/null || fatal "no load"
exec 3<> "$A/open"
echo text >&3
# Not with our open file, or the mount stays busy
restart_kefsd() { kefsd_stop && kefsd_start 3>&-; }
slabs() { awk '/^kefs/ { print $1, $2 }' /proc/slabinfo; }
check "the module has its slabs" test -n "$(slabs)"

if timeout 60 rmmod kefs 2> /tmp/said; then
	echo "rmmod went through with a client attached"
	check "it can be loaded again" modprobe kefs
	check "and kefsd serves by it" restart_kefsd
else
	check "refused as in use" grep -q "in use" /tmp/said
fi
check "the client goes on" timeout 120 sh -c "echo more > $A/f && grep -q more $A/f"
check "its open file too" timeout 120 sh -c 'echo again >&3'
exec 3>&-
cd /
check "the client unmounts" umount_all
check "kefsd stops" kefsd_stop
check "the module goes" wait_for 30 rmmod kefs
equal "no slab is left" "$(slabs)" ""
equal "no thread either" "$(pgrep -c '^kefs')" 0
check "the module comes" modprobe kefs
check "kefsd starts" kefsd_start
mount_on a /mnt/a || fatal "cannot mount any more"
check "the files are there" test -s "$A/open"
finish
