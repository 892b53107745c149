#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kefsd ends and starts while nothing happens: the client does not notice, and what was made or deleted meanwhile holds.
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
kefs_only
serve
join a
echo before > "$A/f"
id=$(kefsctl fs list --quiet)
volume=$(module_status Instance)

check "kefsd stops" kefsd_stop
check "the client writes" sh -c "echo during > $A/g"
check "kefsctl says that kefsd is away" sh -c "! kefsctl status 2>&1 | grep -q Loaded"
check "kefsd starts" kefsd_start
equal "the same file system" "$(kefsctl fs list --quiet)" "$id"
equal "the module is the same" "$(module_status Instance)" "$volume"
equal "one connection is still there" "$(kefsctl --json connections | jq '.Connections | length')" 1
remount a
equal "a new mount has what was written before" "$(cat "$A/f")" before
equal "and meanwhile" "$(cat "$A/g")" during
check_not "a second kefsd is refused" timeout 20 kefsd
check "and the first goes on" kefsctl status
check_not "an unknown key in the configuration is refused" sh -c "echo 'frobnicate = 1' > /tmp/bad.conf; timeout 20 kefsd --config /tmp/bad.conf 2> /tmp/said"
check "by name" grep -q frobnicate /tmp/said
check_not "and a pool that is not there" sh -c "echo 'pool = /nowhere' > /tmp/bad.conf; timeout 20 kefsd --config /tmp/bad.conf 2> /tmp/said"
finish
