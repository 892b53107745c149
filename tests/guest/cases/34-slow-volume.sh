#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The disk under one file system does not answer: what is done there takes no more than its part of the threads, clients of
# another file system go on. Then it answers again, and all is done.
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
# shellcheck source=tests/guest/topology.sh
. "$KEFS_TESTS/guest/topology.sh"
kefs_only
truncate -s 400M /tmp/disk.img
loop=$(losetup -f --show /tmp/disk.img) || fatal "no loop device"
sectors=$(blockdev --getsz "$loop")
# There is no udev here that would make the node
dmsetup create slow --noudevrules --noudevsync --table "0 $sectors linear $loop 0" || fatal "no device mapper"
dmsetup mknodes slow
mkfs.ext4 -q -O quota,project /dev/mapper/slow
# As few threads that one client can have more calls under way
topology 'us-east-1a mt0 10.66.0.0/24, us-east-1c mt0 10.55.0.0/16' 'threads_max = 12'
slow=$(file_system slow 10.66.0.10)
fast=$(file_system fast 10.66.0.11)
check "two file systems" test "${slow:0:3}${fast:0:3}" = fs-fs-

# The one is a directory of the pool: the slow disk goes there, before the module comes to know of it
pool=$(kefsctl --json status | jq -r .Pool.Path)
kefsd_stop || fatal "kefsd does not stop"
rmmod kefs || fatal "the module does not go"
root=$pool/file-systems/$slow
mount -o prjquota /dev/mapper/slow "$root" || fatal "the slow disk cannot be mounted"
modprobe kefs
kefsd_start --config /tmp/kefsd.conf || fatal "kefsd does not start again"
one_client a
one_client b
for c in a b; do ip -n $c route add 10.66.0.0/16 via "$(server_addr $c)"; done
check "the slow one is mounted" mount_in a 10.66.0.10:/ /mnt/slow vers=4.1
check "and the other one" mount_in b 10.66.0.11:/ /mnt/fast vers=4.1
touch /mnt/slow/here
check "the slow one is on its disk" test -e "$root/here"
# Made before: a client makes files one after the other
for i in {1..40}; do head -c 65536 /dev/zero > "/mnt/slow/$i"; done
sync -f /mnt/slow

dmsetup suspend --nolockfs --noflush slow || fatal "the disk cannot be stopped"
for i in {1..40}; do
	dd if=/dev/zero of="/mnt/slow/$i" bs=64k count=4 conv=notrunc,fsync status=none &
done
busy() { [ "$(module_status Threads)" -ge 9 ]; }
check "its part of the threads is busy" wait_for 30 busy
for i in {1..20}; do
	timeout 10 sh -c "echo $i > /mnt/fast/new$i && sync /mnt/fast/new$i && grep -q $i /mnt/fast/new$i" || break
done
equal "the other one's client works" "$i" 20
check "its disk is stopped all that time" test "$(dmsetup info -c --noheadings -o suspended slow)" = Suspended
dmsetup resume slow
check "what waited is done" wait
equal "all of it" "$(find /mnt/slow -size 256k | wc -l)" 40
umount_all
kefsd_stop
rmmod kefs
umount "$root"
dmsetup remove slow
modprobe kefs
kefsd_start || fatal "kefsd does not start with its own configuration"
finish
