#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kefsd is killed under load: who has mounted goes on without an error; who comes waits; the restarted kefsd knows all.
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
kefs_only
serve
build bench metabench
join a
one_client b
id=$(kefsctl fs list --quiet)

# Metadata, data and a program that holds a file open, all the while
load() {
	local i=0
	while [ ! -e /tmp/stop ]; do
		/tmp/metabench -d "$A" -n 100 create stat open-read-close unlink || return
		head -c 4M /dev/urandom > /tmp/data
		cp /tmp/data "$A/data" && cmp /tmp/data "$A/data" || return
		echo $((i += 1)) > /tmp/rounds
	done
}
# Not with our open file, or the mount stays busy
start_kefsd() { kefsd_start 3>&-; }
rounds() { cat /tmp/rounds 2> /dev/null || echo 0; }
further() { [ "$(rounds)" -ge "$1" ]; }
echo held > "$A/held"
exec 3<> "$A/held"
load > /tmp/load.log 2>&1 &
worker=$!
check "the load runs" wait_for 60 further 2

for i in 1 2 3; do
	at=$(rounds)
	check "kill -9 of kefsd ($i)" kefsd_kill
	check "the load goes on without it" wait_for 60 further $((at + 2))
	(timeout 60 nsenter --net=/run/netns/b mount -t nfs -o vers=4.1 "$(server_addr b):/" /mnt/b > /tmp/mount.log 2>&1) &
	mounting=$!
	mkdir -p /mnt/b
	check "kefsd starts again" start_kefsd
	wait $mounting
	equal "a mount that was asked for meanwhile is there ($(cat /tmp/mount.log))" "$(mountpoint -q /mnt/b && echo yes)" yes
	check "and works" grep -q held "/mnt/b/$CASE/held"
	umount /mnt/b
	equal "it knows the file system" "$(kefsctl fs list --quiet)" "$id"
	equal "its state" "$(kefsctl --json fs show "$id" | jq -r .LifeCycleState)" available
	check "and a's connection" sh -c "kefsctl --json connections | grep -q '$(client_addr a)'"
done
touch /tmp/stop
wait $worker
equal "the load saw no error ($(tail -n 3 /tmp/load.log | tr '\n' ' '))" $? 0
check "the open file too" sh -c 'echo more >&3 && cat <&3 > /dev/null'
exec 3>&-
finish
