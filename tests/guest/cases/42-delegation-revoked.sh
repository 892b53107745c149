#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A client that does not answer: what it has a delegation of is held up for its lease and no longer, nothing else is at
# all; it finds its delegations revoked when it is back. Then the module goes with delegations still out.
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
# shellcheck source=tests/guest/delegations.sh
. "$KEFS_TESTS/guest/delegations.sh"
kefs_only
serve
short_leases
join a
join b

for f in one two three; do
	echo "text of $f" > "$A/$f"
	cat "$B/$f" > /dev/null
	cat "$B/$f" > /dev/null
done
echo other > "$A/other"
equal "b has three" "$(delegations)" 3

link_down b
(seconds sh -c "echo more >> $A/one" > /tmp/took) &
writer=$!
parked() { [ "$(module_status Parked)" -ge 1 ]; }
check "a waits for it, parked" wait_for 5 parked
quick "another file of a is not held up" sh -c "echo more >> $A/other"
wait $writer
took=$(cat /tmp/took)
echo "# held up for $took s"
check "it waits for no more than b's lease" test "$took" -le 12
equal "the delegation was revoked" "$(counter DelegRevoked)" 1

expired() { [ "$(counter LeaseExpired)" -ge 1 ]; }
check "b's lease ends" wait_for 20 expired
took=$(seconds sh -c "echo more >> $A/two")
check "a delegation of a client without a lease holds up nobody ($took s)" test "$took" -le 2
equal "it was revoked, too" "$(counter DelegRevoked)" 2

link_up b
# It learns of it when it renews its lease, which is all that it does by itself
reads() { [ "$(timeout 20 cat "$B/$1")" = "$(printf 'text of %s\nmore' "$1")" ]; }
check "b is back, and reads what was written" wait_for 30 reads one
check "and of the second" wait_for 30 reads two
equal "and of the third, which nobody wanted" "$(timeout 20 cat "$B/three")" "text of three"
check "b writes" timeout 60 sh -c "echo from b >> $B/one"
few() { [ "$(delegations)" -le 1 ]; }
check "what was revoked is freed" wait_for 60 few

# The back channel alone: the connection is cut and made anew while a recall is under way
cat "$B/three" > /dev/null
cat "$B/three" > /dev/null
equal "b still has that one, or again" "$(delegations)" 1
(sleep 2; link_up b) &
link_down b
took=$(seconds sh -c "echo more >> $A/three")
wait $!
check "the recall reaches b once it can ($took s)" test "$took" -le 12
equal "b reads that" "$(timeout 60 cat "$B/three")" "$(printf 'text of three\nmore')"

umount /mnt/a
for f in four five; do
	echo "$f" > "$B/$f"
	cat "$B/$f" > /dev/null
	sync "$B/$f"
done
check "b has some more" test "$(delegations)" -ge 2
link_down b
fs=$(kefsctl --json fs list | jq -r '.FileSystems[0].FileSystemId')
check "the file system can be deleted all the same" timeout 60 kefsctl fs delete "$fs" --force --wait
equal "with its delegations" "$(delegations)" 0
link_up b
timeout 30 umount -f -l /mnt/b
finish
