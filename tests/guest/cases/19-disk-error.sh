#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# An error of the disk reaches the application that waits for its data to be stable, and reads say EIO instead of lying.
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
dmsetup targets | grep -q '^flakey' || modprobe -q dm-flakey || fatal "this kernel has no dm-flakey"
truncate -s 400M /tmp/disk.img
loop=$(losetup -f --show /tmp/disk.img) || fatal "no loop device"
sectors=$(blockdev --getsz "$loop")
# There is no udev here that would make the node
dmsetup create flaky --noudevrules --noudevsync --table "0 $sectors linear $loop 0" || fatal "no device mapper"
dmsetup mknodes flaky
mkfs.ext4 -q -O quota,project /dev/mapper/flaky
mkdir -p /tmp/flaky
mount -o prjquota /dev/mapper/flaky /tmp/flaky || fatal "cannot mount it"
at_exit sh -c 'umount -l /tmp/flaky; dmsetup remove -f flaky'
serve_on /tmp/flaky/pool
join a

# table NEW: replaced under the file system's feet, without flushing it first
table() {
	dmsetup suspend --nolockfs --noflush flaky && dmsetup load flaky --table "$1" && dmsetup resume flaky
}
healthy="0 $sectors linear $loop 0"
bad_writes="0 $sectors flakey $loop 0 0 3600 1 error_writes"
bad_all="0 $sectors error"

cat > /tmp/io.py <<'P'
"""write NAME: overwrites in place and asks for stability; read NAME: directly. Prints ok or the errno's name."""
import errno, mmap, os, sys
what, name = sys.argv[1], sys.argv[2]
try:
    if what == "read":
        fd = os.open(name, os.O_RDONLY | os.O_DIRECT)
        buf = mmap.mmap(-1, 1 << 20)
        os.preadv(fd, [buf], 0)
    else:
        fd = os.open(name, os.O_WRONLY)
        os.pwrite(fd, os.urandom(1 << 20), 0)
        os.fsync(fd)
    os.close(fd)
    print("ok")
except OSError as e:
    print(errno.errorcode[e.errno])
P
head -c 16M /dev/urandom > "$A/f"
sync "$A/f"
sync -f /tmp/flaky
equal "a healthy disk writes" "$(python3 /tmp/io.py write "$A/f")" ok
table "$bad_writes" || fatal "cannot make the disk bad"
equal "a write to a bad disk is EIO at fsync" "$(python3 /tmp/io.py write "$A/f")" EIO
table "$healthy"
check "the client is not stuck" timeout 30 stat "$A"
check "nor the server: reading works" timeout 60 dd if="$A/f" of=/dev/null bs=1M iflag=direct status=none

echo 3 > /proc/sys/vm/drop_caches
table "$bad_all" || fatal "cannot make the disk bad"
equal "a read from a bad disk is EIO" "$(timeout 60 python3 /tmp/io.py read "$A/f")" EIO
table "$healthy"

# The last one: the file system's journal does not survive it
build rawclient rules
coproc FLUSH { in_ns a /tmp/rules "$(server_addr a):$PORT" @flush-fails; }
read -r -u "${FLUSH[0]}" _
flush=$FLUSH_PID
table "$bad_writes" || fatal "cannot make the disk bad"
echo >&"${FLUSH[1]}"
check "a flush that fails leaves what was read before the change" wait "$flush"
table "$healthy"
cd /
check "the client unmounts" umount_all
finish
