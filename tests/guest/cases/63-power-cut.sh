#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The server's power is cut in the middle of two clients' work: nothing that it acknowledged is lost, locks are as they
# were, the work goes on. KEFS_SEEDS says which cuts; scripts/power-cut runs many.
#
# The clients must live on, so it is not the guest that dies: the network goes, the disk does not take another sector,
# the module and kefsd die, and the file system is mounted anew from what is on the disk.
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
# shellcheck source=tests/guest/recovery.sh
. "$KEFS_TESTS/guest/recovery.sh"
kefs_only
dmsetup targets | grep -q '^error' || fatal "this kernel has no device mapper"

truncate -s 400M /tmp/disk.img
loop=$(losetup -f --show /tmp/disk.img) || fatal "no loop device"
sectors=$(blockdev --getsz "$loop")
healthy="0 $sectors linear $loop 0"
dead="0 $sectors error"
disk=/dev/mapper/power
pool=/tmp/power/pool

table() {
	dmsetup suspend --nolockfs --noflush power && dmsetup load power --table "$1" && dmsetup resume power
}
mount_disk() { mount -o prjquota $disk /tmp/power; }
start_kefsd() { kefsd_start --config /tmp/kefsd.conf; }

# There is no udev here that would make the node
dmsetup create power --noudevrules --noudevsync --table "$healthy" || fatal "no device mapper"
dmsetup mknodes power
mkfs.ext4 -q -O quota,project $disk
mkdir -p /tmp/power
mount_disk || fatal "cannot mount the disk"
mkdir $pool /tmp/power/state
printf '%s\n' "pool = $pool" "state_dir = /tmp/power/state" "lease_seconds = $LEASE" > /tmp/kefsd.conf
kefsd_stop || fatal "kefsd does not stop"
start_kefsd || fatal "kefsd does not start"
one_file_system
fs=$(kefsctl fs list --quiet)
join a
join b
mkdir "$A/w"
W=$CASE/w

cut_power() {
	link_down a
	link_down b
	table "$dead" || fatal "cannot stop the disk"
	kefsd_kill
	wait_for 60 rmmod kefs || fatal "the module does not go"
	wait_for 30 umount /tmp/power || fatal "the disk is in use"
	dmsetup resume power
	table "$healthy"
}
power_up() {
	mount_disk || fatal "the file system did not survive"
	modprobe kefs || fatal "no module"
	start_kefsd || fatal "kefsd does not start"
	link_up a
	link_up b
}

workers=()
# work ROLE NAME OF SEED: a worker on client OF
work() {
	local dir=/mnt/$3/$W/$2
	[ "$1" = count ] || mkdir "$dir"
	python3 "$KEFS_TESTS/guest/powercut.py" "$1" "$dir" "$4" "/tmp/stop.$seed" "/tmp/out.$seed/$2${5:-}" &
	workers+=($!)
}
all_done() {
	local w
	for w in "${workers[@]}"; do
		kill -0 "$w" 2> /dev/null && return 1
	done
	return 0
}
# Microseconds of work before the cut: the seed decides
moment() { python3 -c "import random; print(random.Random($1).randrange(200000, 1500000))"; }
past() { [ "${EPOCHREALTIME/./}" -ge "$1" ]; }

one_cut() {
	seed=$1
	workers=()
	mkdir "/tmp/out.$seed"
	holder "a$seed" "$A/w/held" 0 10
	holder "b$seed" "/mnt/b/$W/held" 100 10
	work files "a-$seed" a "$seed"
	work files "b-$seed" b $((seed + 1000000))
	: > "$A/w/count-$seed"
	work count "count-$seed" a "$seed" .a
	work count "count-$seed" b $((seed + 1000000)) .b
	wait_for 5 past $((${EPOCHREALTIME/./} + $(moment "$seed")))
	cut_power
	power_up
	check "seed $seed: a's lock is not b's" taken "/mnt/b/$W/held" 0 1
	check "seed $seed: b's lock is not a's" taken "$A/w/held" 100 1
	equal "seed $seed: both still have them" "$(tell "a$seed" write x) $(tell "b$seed" write x)" "ok ok"
	check "seed $seed: grace is over" wait_for 30 no_grace
	touch "/tmp/stop.$seed"
	check "seed $seed: no client hangs" wait_for 60 all_done
	equal "seed $seed: released" "$(tell "a$seed" quit) $(tell "b$seed" quit)" "ok ok"
	check "seed $seed: what was acknowledged is there" python3 "$KEFS_TESTS/guest/powercut.py" check \
		"$pool/file-systems/$fs/$W" "/tmp/out.$seed"/*
	python3 "$KEFS_TESTS/guest/powercut.py" check "$pool/file-systems/$fs/$W" "/tmp/out.$seed"/* | head -n 1
	rm -rf "${A:?}/w/a-$seed" "$A/w/b-$seed" "$A/w/count-$seed"
}

for seed in ${KEFS_SEEDS:-1 2 3 4}; do one_cut "$seed"; done

cd /
umount_all
kefsd_stop
wait_for 30 rmmod kefs && umount /tmp/power && check "the file system is whole" e2fsck -fn $disk
dmsetup remove -f power
kefsd_start || fatal "kefsd does not start"
finish
