#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Two clients see each other's changes: close-to-open, and names at once where a name is looked up anew.
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
serve
join a
join b

sees() { [ "$(cat "$1" 2> /dev/null)" = "$2" ]; }

echo one > "$A/f"
check "b reads what a wrote" sees "$B/f" one
echo three > "$A/f"
check "b reads what a wrote next, although it has the old text in its cache" sees "$B/f" three
echo four > "$B/f"
check "a reads what b wrote" sees "$A/f" four

bad=0
for ((i = 0; i < 200; i++)); do
	echo "text $i" > "$A/many"
	sees "$B/many" "text $i" || bad=$((bad + 1))
	echo "back $i" > "$B/many"
	sees "$A/many" "back $i" || bad=$((bad + 1))
done
equal "400 open-after-close readings, stale ones" $bad 0

mkdir "$A/dir"
ls "$B/dir" > /dev/null
touch "$A/dir/new"
check "b opens a file that a made after b listed the directory" cat "$B/dir/new"
check "b's listing has it once its cache has aged" wait_for 70 sh -c "ls $B/dir | grep -q new"
mv "$A/dir/new" "$A/dir/newer"
check "b finds the new name" wait_for 70 test -e "$B/dir/newer"
check "and no longer the old one" wait_for 70 test ! -e "$B/dir/new"
rm "$A/dir/newer"
check "b cannot open what a removed" wait_for 70 sh -c "! cat $B/dir/newer"

# Different ranges of one file, at the same time, by direct I/O
truncate -s 2M "$A/shared"
yes aaaaaaa | dd of="$A/shared" bs=64k count=16 iflag=fullblock conv=notrunc oflag=direct 2> /dev/null &
yes bbbbbbb | dd of="$B/shared" bs=64k count=16 seek=16 iflag=fullblock conv=notrunc oflag=direct 2> /dev/null
wait $!
want=$({ yes aaaaaaa | head -c 1M; yes bbbbbbb | head -c 1M; } | sha256sum)
equal "a sees both halves" "$(dd if="$A/shared" bs=64k iflag=direct 2> /dev/null | sha256sum)" "$want"
equal "b sees both halves" "$(dd if="$B/shared" bs=64k iflag=direct 2> /dev/null | sha256sum)" "$want"

if [ "$SERVER" = kefs ]; then
	equal "the server knows two clients" "$(kefsctl --json clients | jq '.Clients | length')" 2
fi
finish
