#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# File systems are made, listed, shown and deleted; what is wrong is said, with a status that means something.
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
kefs_only

status_of() { "$@" > /tmp/out 2>&1; echo $?; }
field() { jq -r "$1" <<< "$2"; }
total() { kefsctl --json fs list | jq '.FileSystems | length'; }

equal "none at first" "$(total)" 0
made=$(kefsctl --json fs create --name first --token t1)
id=$(field .FileSystemId "$made")
check "an id as the service's" grep -qE '^fs-[0-9a-f]{17}$' <<< "$id"
equal "its name" "$(field .Name "$made")" first
equal "it is there" "$(field .LifeCycleState "$(kefsctl --json fs show "$id")")" available
equal "by its name too" "$(field .FileSystemId "$(kefsctl --json fs show first)")" "$id"
equal "in the list" "$(kefsctl --json fs list | jq -r '.FileSystems[].FileSystemId')" "$id"
equal "--quiet prints ids only" "$(kefsctl fs list --quiet)" "$id"
equal "the same token again fails" "$(status_of kefsctl fs create --token t1)" 1
check "and names the file system" grep -q "$id" /tmp/out
equal "and makes none" "$(total)" 1
equal "an unknown id is status 3" "$(status_of kefsctl fs show fs-0123456789abcdef0)" 3
equal "a wrong id is no crash" "$(status_of kefsctl fs show 'fs-../..')" 3
equal "no argument is status 2" "$(status_of kefsctl fs show)" 2
equal "an unknown command is status 2" "$(status_of kefsctl fs frobnicate)" 2
equal "an unknown option is status 2" "$(status_of kefsctl fs list --frobnicate)" 2
equal "no kefsd at that socket is status 4" "$(status_of kefsctl --socket /nowhere status)" 4
check "human tables" sh -c "kefsctl fs list | grep -q $id && kefsctl status && kefsctl stats && kefsctl clients && kefsctl connections"
for command in "fs list" "clients" "connections" "stats" status; do
	# shellcheck disable=SC2086 # two words
	check "kefsctl --json $command is JSON" sh -c "kefsctl --json $command | jq -e type"
done

join a
echo text > "$A/f"
equal "counts its client" "$(field .Clients "$(kefsctl --json fs show "$id")")" 1
equal "and connection" "$(field .Connections "$(kefsctl --json fs show "$id")")" 1
equal "is not deleted while in use" "$(status_of kefsctl fs delete "$id")" 1
check "the client goes on" grep -q text "$A/f"
grown() { [ "$(field .SizeInBytes.Value "$(kefsctl --json fs show "$id")")" -ge $((4 << 20)) ]; }
head -c 4M /dev/urandom > "$A/big"
sync "$A/big"
check "its size is metered" wait_for 30 grown
cd /
umount_all
unused() { [ "$(field .Connections "$(kefsctl --json fs show "$id")")" = 0 ]; }
check "the connection goes with the mount" wait_for 10 unused
equal "then it is deleted" "$(status_of kefsctl fs delete "$id" --wait)" 0
equal "and gone" "$(status_of kefsctl fs show "$id")" 3
equal "from the list" "$(total)" 0
check "and from the pool" sh -c "! find /var/lib/kefs -name '*$id*' | grep -q ."
check_not "nobody mounts it any more" timeout 20 mount -t nfs -o vers=4.1,soft,timeo=20,retrans=1 "$(server_addr a):/" /mnt/a

two=$(kefsctl fs create --quiet)
# Soft, because what it is mounted from will be gone
mount_on a /mnt/a soft,timeo=20,retrans=1 || fatal "cannot mount the second"
touch /mnt/a/f
equal "--force deletes under a client" "$(status_of kefsctl fs delete "$two" --force --wait)" 0
equal "the module serves none" "$(module_status Volumes)" 0
# Its own time-outs and pauses before it connects again add up to some 50 s, on a host that is busy twice over to 110
check "the client can leave" timeout 300 umount -f -l /mnt/a
finish
