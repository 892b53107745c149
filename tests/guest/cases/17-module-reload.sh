#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The module goes and comes while kefsd runs: kefsd makes it serve again what the store says.
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
kefs_only
serve
join a
echo text > "$A/f"
cd /
umount_all
id=$(kefsctl fs list --quiet)
instance=$(module_status Instance)
unload() {
	rmmod kefs 2> /tmp/said && return
	# In use by its volumes: a kefsd that is gone leaves them, a forced deletion is not what is meant here
	cat /tmp/said
	return 1
}
if wait_for 10 unload; then
	check "kefsctl says that there is no module" sh -c "kefsctl --json status | jq -e '.Module.Loaded == false'"
	check "the module comes back" modprobe kefs
	again() { [ "$(module_status Instance)" != "$instance" ] && [ "$(module_status Volumes)" = 1 ]; }
	check "kefsd gives it its file system again" wait_for 30 again
else
	echo "the module is held while kefsd runs: $(cat /tmp/said)"
	check "it says so" test -s /tmp/said
fi
equal "the file system" "$(kefsctl fs list --quiet)" "$id"
check "is mounted again" mount_on a /mnt/a
equal "with its files" "$(cat "$A/f")" text
finish
