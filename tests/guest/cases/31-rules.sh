#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What the server once did wrong, each by the shortest way to it.
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
# shellcheck source=tests/guest/delegations.sh
. "$KEFS_TESTS/guest/delegations.sh"
serve
build rawclient rules
join a
# It takes a minute: beside the others
in_ns a /tmp/rules "$(server_addr a):$PORT" @slow-record > /tmp/slow-record.log 2>&1 &
slow=$!
while read -r line; do
	case $line in
	ok\ *) check "${line#ok }" true ;;
	not\ ok\ *) check "${line#not ok }" false ;;
	*) echo "  $line" ;;
	esac
done < <(in_ns a /tmp/rules "$(server_addr a):$PORT")

check "a record that takes longer than a minute" wait "$slow"
cat /tmp/slow-record.log
check "large requests that wait without end" in_ns a /tmp/rules "$(server_addr a):$PORT" @waiting-writes
check "replies that are hardly taken" in_ns a /tmp/rules "$(server_addr a):$PORT" @sipped-replies

chmod 1777 /mnt/a
limit=$(cat /proc/sys/fs/file-max)
# 0: the count of open files is a rough one with several CPUs
echo 0 > /proc/sys/fs/file-max
check "no more open files" in_ns a /tmp/rules "$(server_addr a):$PORT" @file-max
echo "$limit" > /proc/sys/fs/file-max

fs=$(kefsctl --json fs list | jq -r '.FileSystems[0].FileSystemId')
policy=http://localhost/2015-02-01/file-systems/$fs/policy
statement='{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientRootAccess"]}'
RULES_INPUT=$(jq -n --arg s "$statement" '{Policy: ("{\"Version\": \"2012-10-17\", \"Statement\": [" + $s + "]}")}')
RULES_COMMAND="curl -sf -o /tmp/policy.out --unix-socket /run/kefs/kefsd.sock -X PUT --data-binary @- $policy"
export RULES_INPUT RULES_COMMAND
check "an OPEN under way when its grant is narrowed" in_ns a /tmp/rules "$(server_addr a):$PORT" @narrowed
check "it is as wide as before" curl -sf -o /dev/null --unix-socket /run/kefs/kefsd.sock -X DELETE "$policy"

coproc LEASE { in_ns a /tmp/rules "$(server_addr a):$PORT" @lease; }
read -r -u "${LEASE[0]}" _
lease=$LEASE_PID
short_leases
echo >&"${LEASE[1]}"
check "a client's lease_time is that of its lease" wait "$lease"

asked=$(counter CbGetattr)
check "the holder of a delegation whose back channel is busy" in_ns a /tmp/rules "$(server_addr a):$PORT" @busy-channel
check "is not asked without end ($(($(counter CbGetattr) - asked)) times)" test $(($(counter CbGetattr) - asked)) -lt 200

check "clients that take all reply caches, and go" in_ns a /tmp/rules "$(server_addr a):$PORT" @all-sessions
check "others find some again after two leases" wait_for 60 in_ns a /tmp/rules "$(server_addr a):$PORT" @served
finish
