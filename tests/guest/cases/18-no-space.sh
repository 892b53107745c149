#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A full backing store gives ENOSPC, loses nothing that was acknowledged, and recovers when there is room again.
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
mkdir -p /tmp/small
truncate -s 96M /tmp/small.img
mkfs.ext4 -q -O quota,project /tmp/small.img || fatal "no small file system"
mount -o loop,prjquota /tmp/small.img /tmp/small || fatal "cannot mount it"
at_exit umount -l /tmp/small
serve_on /tmp/small/pool
join a

# Large files go past the page cache: where one of several WRITEs of a large folio fails, Linux 6.12's client may leave
# the folio in writeback for ever, whoever serves (seen with nfsd as well), and no sync comes to an end
cat > /tmp/fill.py <<'P'
"""Files of SIZE bytes, each fsynced, until ENOSPC; prints the names and digests of those that were acknowledged."""
import errno, hashlib, mmap, os, sys
where, size = sys.argv[1], int(sys.argv[2])
aligned = mmap.mmap(-1, size)
direct = os.O_DIRECT if size % mmap.PAGESIZE == 0 else 0
for i in range(100000):
    data, name = os.urandom(size), f"file-{i}"
    try:
        fd = os.open(f"{where}/{name}", os.O_CREAT | os.O_WRONLY | direct, 0o644)
        try:
            aligned[:] = data
            done = 0
            while done < size:
                done += os.write(fd, memoryview(aligned)[done:])
            os.fsync(fd)
        finally:
            os.close(fd)
    except OSError as e:
        print(f"end {errno.errorcode[e.errno]}", file=sys.stderr)
        break
    print(name, hashlib.sha256(data).hexdigest(), flush=True)
P
cat > /tmp/verify.py <<'P'
import hashlib, sys
bad = 0
for line in open(sys.argv[2], encoding="ascii"):
    name, want = line.split()
    with open(f"{sys.argv[1]}/{name}", "rb") as f:
        if hashlib.sha256(f.read()).hexdigest() != want:
            print(f"{name} is damaged")
            bad = 1
sys.exit(bad)
P
mkdir "$A/s" # a full disk may have no room for it
python3 /tmp/fill.py "$A" 1048576 > /tmp/written 2> /tmp/end
equal "the end is ENOSPC" "$(cat /tmp/end)" "end ENOSPC"
check "after a good many files" test "$(wc -l < /tmp/written)" -gt 20
python3 /tmp/fill.py "$A/s" 3000 > /tmp/written.small 2> /tmp/end
equal "small files end there too" "$(cat /tmp/end)" "end ENOSPC"
check_not "an overwrite of a hole fails" dd if=/dev/zero of="$A/file-0" bs=1M seek=100 count=20 oflag=direct conv=notrunc
remount a
check "what was acknowledged is whole" python3 /tmp/verify.py "$A" /tmp/written
check "small ones too" python3 /tmp/verify.py "$A/s" /tmp/written.small
rm -f "$A"/file-1? "$A"/file-0
# shellcheck disable=SC2317 # called by name
room() { [ "$(df --output=avail -k "$A" | tail -n 1)" -gt 5000 ]; }
check "there is room after a removal" wait_for 30 room
check "and it is used" sh -c "head -c 3M /dev/urandom > $A/again && sync $A/again"
cd /
umount_all
finish
