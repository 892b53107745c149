#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What cannot be put on stable storage is not promised: a client whose record cannot be written has to wait, and what a
# client that cannot be forgotten has left is given to nobody. Damaged records are not believed.
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
# shellcheck source=tests/guest/recovery.sh
. "$KEFS_TESTS/guest/recovery.sh"
# shellcheck source=tests/guest/rawclients.sh
. "$KEFS_TESTS/guest/rawclients.sh"
kefs_only
dmsetup targets | grep -q '^flakey' || modprobe -q dm-flakey || fatal "this kernel has no dm-flakey"
truncate -s 200M /tmp/disk.img
loop=$(losetup -f --show /tmp/disk.img) || fatal "no loop device"
sectors=$(blockdev --getsz "$loop")
healthy="0 $sectors linear $loop 0"
bad_writes="0 $sectors flakey $loop 0 0 3600 1 error_writes"
table() {
	dmsetup suspend --nolockfs --noflush flaky && dmsetup load flaky --table "$1" && dmsetup resume flaky
}
# There is no udev here that would make the node
dmsetup create flaky --noudevrules --noudevsync --table "$healthy" || fatal "no device mapper"
dmsetup mknodes flaky
mkfs.ext4 -q -O quota,project /dev/mapper/flaky
mkdir -p /tmp/flaky
mount_disk() { mount -o prjquota /dev/mapper/flaky /tmp/flaky; }
mount_disk || fatal "cannot mount it"
mkdir /tmp/flaky/pool
printf '%s\n' "pool = /tmp/flaky/pool" "state_dir = /tmp/state" "lease_seconds = $LEASE" > /tmp/kefsd.conf
kefsd_stop || fatal "kefsd does not stop"
start_kefsd() { kefsd_start --config /tmp/kefsd.conf; }
start_kefsd || fatal "kefsd does not start"
one_file_system
# on_again: the disk is well, and everything begins anew
on_again() {
	kefsd_stop
	wait_for 20 rmmod kefs || fatal "the module does not go"
	umount /tmp/flaky || fatal "the disk is in use"
	dmsetup resume flaky
	table "$healthy"
	mount_disk || fatal "cannot mount it again"
	modprobe kefs || fatal "no module"
	start_kefsd || fatal "kefsd does not start"
}

begin a b
equal "a and b open, a locks" "$(a open f, lock 0 10) $(b open f)" "OK OK OK"
a cut > /dev/null
check "a's lease is over" wait_for 60 gone_quiet a
table "$bad_writes" || fatal "cannot make the disk bad"
equal "b does not get a's lock when a cannot be forgotten" "$(b lock 0 10)" IO
equal "nor later" "$(b lock 0 10)" IO
on_again
equal "and a has it still" "$(b start, complete) $(a start, reopen, relock 0 10, complete)" "OK OK OK OK OK OK"
equal "b is denied" "$(b open f, lock 0 10)" "OK DENIED"

table "$bad_writes" || fatal "cannot make the disk bad"
b cut > /dev/null
f=/tmp/late
mkfifo $f.i $f.o
/tmp/reclaim 127.0.0.1:2049 "late.$$" < $f.i > $f.o &
exec {i}> $f.i {o}< $f.o
_raw_in[c]=$i _raw_out[c]=$o
equal "c, who cannot be recorded, has to wait" "$(c start, complete, open f)" "OK DELAY GRACE"
on_again
equal "it is not known" "$(c start, look f, reopen)" "OK OK RECLAIM_BAD"
equal "a is" "$(a start, reopen, relock 0 10, complete)" "OK OK OK OK"

# The disk is full: who is new cannot be recorded, and is served all the same
f=/tmp/flaky/pool/full
# What ext4 has set aside for files that grow comes free at last, so again and again
for n in 1 2 3 4 5; do
	dd if=/dev/zero of="$f.$n" bs=1M status=none 2> /dev/null
	dd if=/dev/zero of="$f.$n" bs=4k oflag=append conv=notrunc,fsync status=none 2> /dev/null
done
before=$(counter Unrecorded)
newcomers() {
	for i in $(seq 150); do
		printf '%s\n' start complete "look f" | /tmp/reclaim 127.0.0.1:2049 "full$i.$$"
	done | sort | uniq -c | tr -s ' '
}
equal "150 clients on a full disk" "$(newcomers)" " 450 OK"
check "not all of them are on record" test "$(counter Unrecorded)" -gt "$before"
rm "$f".*

# A sector goes bad in the first client's record, another one in a copy of the head
dmesg_mark damage
kefsd_stop
wait_for 20 rmmod kefs || fatal "the module does not go"
record=/tmp/flaky/pool/recovery/$(ls /tmp/flaky/pool/recovery)
for at in 30 4130 6180 8230; do printf '\377' | dd of="$record" bs=1 seek=$at conv=notrunc status=none; done
modprobe kefs || fatal "no module"
start_kefsd || fatal "kefsd does not start"
check "damage is said once" test "$(dmesg_since damage | grep -c 'damaged records')" = 1
equal "nobody is believed" "$(a start, reopen)" "OK NO_GRACE"
equal "and all goes on" "$(a complete, open f, lock 0 10)" "OK OK OK"
anew
equal "with a again on record" "$(a start, reopen, relock 0 10, complete)" "OK OK OK OK"

cd /
kefsd_stop
wait_for 20 rmmod kefs && umount /tmp/flaky
dmsetup remove -f flaky
kefsd_start || fatal "kefsd does not start"
finish
