#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A directory of 20,000 entries, listed while it changes: what stays there all the time is listed once, always.
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
serve
join a
join b
n=20000
[ "${KEFS_KERNEL:-}" = uml ] || n=4000

cat > /tmp/dir.py <<'P'
import collections, os, sys

what, where, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
if what == "make":
    for i in range(n):
        os.close(os.open(f"{where}/stays-{i}", os.O_CREAT | os.O_WRONLY, 0o644))
elif what == "change":  # until told to stop
    i = 0
    while not os.path.exists(sys.argv[4]):
        os.close(os.open(f"{where}/comes-{i}", os.O_CREAT | os.O_WRONLY, 0o644))
        if i >= 100:
            os.unlink(f"{where}/comes-{i - 100}")
        if i % 3 == 0:
            os.rename(f"{where}/comes-{i}", f"{where}/moved-{i}")
            os.rename(f"{where}/moved-{i}", f"{where}/comes-{i}")
        i += 1
    print(f"changed {i} times")
else:
    seen = collections.Counter(e.name for e in os.scandir(where))
    stays = [name for name in seen if name.startswith("stays-")]
    twice = [name for name, times in seen.items() if times > 1 and name.startswith("stays-")]
    print(f"{len(stays)} {len(twice)}")
P
mkdir "$A/d"
check "makes $n files" python3 /tmp/dir.py make "$A/d" $n
remount a
equal "lists them all once" "$(python3 /tmp/dir.py list "$A/d" $n)" "$n 0"
equal "with attributes" "$(find "$A/d" -type f -size 0 | wc -l)" $n

rm -f /tmp/stop
python3 /tmp/dir.py change "$B/d" 0 /tmp/stop &
changer=$!
for i in 1 2 3; do
	remount a
	equal "lists them all once while b changes the directory ($i)" "$(python3 /tmp/dir.py list "$A/d" $n)" "$n 0"
done
touch /tmp/stop
wait $changer
check "removes them all" rm -r "$A/d"
finish
