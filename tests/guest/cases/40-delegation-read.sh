#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Delegations for reading: given for a file that is opened again, no OPEN for those who have one, recalled by whatever
# conflicts, from a client or from this host, but not by their holder.
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
# shellcheck source=tests/guest/delegations.sh
. "$KEFS_TESTS/guest/delegations.sh"
kefs_only
serve
join a
join b

echo text > "$A/f"
cat "$B/f" > /dev/null
equal "one open is no reason for a delegation" "$(delegations)" 0
cat "$B/f" > /dev/null
equal "the second one is" "$(delegations)" 1
check "kefsctl says whose it is" sh -c "kefsctl --json clients | jq -e '[.Clients[].Delegations] | sort == [0, 1]'"
before=$(ops OPEN)
for ((i = 0; i < 20; i++)); do cat "$B/f" > /dev/null; done
equal "20 more opens by it are no OPEN on the wire" "$(ops OPEN)" "$before"
cat "$A/f" > /dev/null
cat "$A/f" > /dev/null
equal "another reader gets one, too" "$(delegations)" 2

# Writing by one of the two: the other's goes
recalled=$(counter DelegRecalled)
quick "a's write does not take long" sh -c "echo more >> $A/f"
equal "it recalled b's alone" $(($(counter DelegRecalled) - recalled)) 1
equal "b reads what was written" "$(cat "$B/f")" "$(printf 'text\nmore')"
cat "$B/f" > /dev/null
cat "$B/f" > /dev/null
check "so soon after a recall there is no new one" test "$(delegations)" -le 1

# What else conflicts: each on a file of its own
read_by_b() {
	echo "the text of $1" > "$A/$1"
	cat "$B/$1" > /dev/null
	cat "$B/$1" > /dev/null
}
conflict() {
	local what=$1 file=$2 recalled
	shift 2
	read_by_b "$file"
	recalled=$(counter DelegRecalled)
	quick "$what by another client is not held up" "$@"
	equal "and recalls it" $(($(counter DelegRecalled) - recalled)) 1
}
conflict "chmod" mode chmod 600 "$A/mode"
conflict "truncate" cut truncate -s 3 "$A/cut"
equal "b sees the new size" "$(cat "$B/cut")" the
conflict "unlink" gone rm "$A/gone"
check_not "b does not find it" cat "$B/gone"
conflict "rename" from mv "$A/from" "$A/to"
equal "b finds it there" "$(cat "$B/to")" "the text of from"
echo new > "$A/new"
conflict "being renamed over" over mv "$A/new" "$A/over"
equal "b reads the new one" "$(cat "$B/over")" new
conflict "link" old ln "$A/old" "$A/second"

read_by_b local
recalled=$(counter DelegRecalled)
on_disk=$(find /var/lib/kefs -path "*/$CASE/local")
check "the file is in the pool" test -f "$on_disk"
quick "a local process that reads is not held up" cat "$on_disk"
equal "nor does it recall" $(($(counter DelegRecalled) - recalled)) 0
quick "nor is one that writes" sh -c "echo from here >> $on_disk"
equal "which does" $(($(counter DelegRecalled) - recalled)) 1
equal "b reads what it wrote" "$(cat "$B/local")" "$(printf 'the text of local\nfrom here')"

# The holder itself
holder() {
	local what=$1 file=$2 recalled
	shift 2
	read_by_b "$file"
	recalled=$(counter DelegRecalled)
	quick "the holder's own $what does not wait" "$@"
	equal "and recalls nothing" $(($(counter DelegRecalled) - recalled)) 0
}
holder chmod own-mode chmod 600 "$B/own-mode"
holder truncate own-cut truncate -s 3 "$B/own-cut"
holder unlink own-gone rm "$B/own-gone"
holder rename own-from mv "$B/own-from" "$B/own-to"
holder write own-write sh -c "echo more >> $B/own-write"
holder link own-link ln "$B/own-link" "$B/own-second"

# Who it is, not which mount
echo text > "$A/again"
cat "$B/again" > /dev/null
check "b mounts again" remount b
held=$(delegations)
cat "$B/again" > /dev/null
equal "its next mount's first open gets a delegation" "$(delegations)" $((held + 1))

equal "nothing was revoked" "$(counter DelegRevoked)" 0
umount_all
equal "unmounting returns all" "$(delegations)" 0
finish
