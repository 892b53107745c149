#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# O_EXCL: of two clients that create the same names at the same time, one wins each name and the other sees EEXIST.
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
serve
join a
join b

cat > /tmp/excl.py <<'P'
import os, sys
where, wins = sys.argv[1], 0
for i in range(500):
    try:
        os.close(os.open(f"{where}/name-{i}", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))
        wins += 1
    except FileExistsError:
        pass
print(wins)
P
python3 /tmp/excl.py "$A" > /tmp/wins.a &
python3 /tmp/excl.py "$B" > /tmp/wins.b
wait $!
echo "a won $(cat /tmp/wins.a), b won $(cat /tmp/wins.b)"
equal "each of 500 names was won once" $(($(cat /tmp/wins.a) + $(cat /tmp/wins.b))) 500
equal "500 files are there" "$(find "$A" -name 'name-*' | wc -l)" 500
equal "with the mode that was asked for" "$(find "$A" -name 'name-*' ! -perm 644 | wc -l)" 0
equal "and today's times" "$(find "$A" -name 'name-*' -mtime -1 | wc -l)" 500
check "mkdir by both: one wins" sh -c "! (mkdir $A/d && mkdir $B/d)"
finish
