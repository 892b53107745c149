#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Shared mappings: written through, read through, seen by another client after msync.
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
serve
join a
join b
cat > /tmp/map.py <<'P'
import hashlib, mmap, os, random, sys
what, name, size = sys.argv[1], sys.argv[2], 8 << 20
if what == "write":
    fd = os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o644)
    os.ftruncate(fd, size)
    m = mmap.mmap(fd, size)
    r = random.Random(7)
    for _ in range(3000):
        at = r.randrange(size - 16)
        m[at:at + 16] = r.randbytes(16)
    m.flush()
    print(hashlib.sha256(m).hexdigest())
else:
    fd = os.open(name, os.O_RDONLY)
    print(hashlib.sha256(mmap.mmap(fd, size, prot=mmap.PROT_READ)).hexdigest())
P
want=$(python3 /tmp/map.py write "$A/m")
check "writes by a mapping" test -n "$want"
equal "b reads them by a mapping" "$(python3 /tmp/map.py read "$B/m")" "$want"
equal "and by read()" "$(sha256sum < "$B/m" | cut -c1-64)" "$want"
remount a
equal "a too, after a remount" "$(python3 /tmp/map.py read "$A/m")" "$want"
cp /bin/true "$A/program"
check "runs a program from the mount" "$B/program"
finish
