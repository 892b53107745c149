#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The systemd unit as it is installed: starts, keeps a mounted client through a restart and a crash, stops in order; the
# socket unit holds what arrives meanwhile.
# kernels: debian
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
# shellcheck source=tests/guest/systemd.sh
. "$KEFS_TESTS/guest/systemd.sh"
kefs_only
systemd_start

check "the units start" unit start kefsd.socket kefsd.service
check "kefsd answers" kefsctl status
check "and has its sockets from systemd" sh -c "kefsctl status | grep -q 'sockets held by systemd'"
one_file_system
join a
echo before > "$A/f"
first=$(main_pid kefsd.service)
check "it restarts" unit restart kefsd.service
check "as another process" another_than kefsd.service "$first"
check "the client has noticed nothing" grep -q before "$A/f"
second=$(main_pid kefsd.service)
check "it is killed" unit kill -s KILL kefsd.service
check "and started again" wait_for 30 another_than kefsd.service "$second"
check "the client goes on" sh -c "echo after > $A/f"
# The sandbox lets it set up the packet filter and addresses
fs=$(kefsctl --json fs list | jq -r '.FileSystems[0].FileSystemId')
check "a mount target" aws efs create-mount-target --file-system-id "$fs" \
	--subnet-id "$(kefsctl --json subnets | jq -r '.Subnets[0].SubnetId')" --ip-address 127.66.0.10
check "its part of the filter" sh -c "nft list table inet kefs | grep -q to_7f42000a"
check "it lets this host in" nc -z -w 10 127.66.0.10 2049
# And start dnsmasq (dns = on), which takes a user of its own and answers
# shellcheck disable=SC2317 # called by name
resolves() { [ "$(getent ahostsv4 "$fs.efs.us-east-1.amazonaws.com" | awk 'NR == 1 { print $1 }')" = 127.66.0.10 ]; }
check "it has a name" wait_for 20 resolves
check "from a dnsmasq of the unit" sh -c "grep -q kefsd.service /proc/\$(pgrep -xo dnsmasq)/cgroup"
check_not "which is not root" test "$(ps -o uid= -C dnsmasq | sort -un | head -n 1 | tr -d ' ')" = 0
equal "nothing failed" "$(unit --failed --no-legend --plain)" ""
# The host's own address is the file system's only while it has none
check "the mount target goes" aws efs delete-mount-target \
	--mount-target-id "$(aws efs describe-mount-targets --file-system-id "$fs" --output text --query 'MountTargets[0].MountTargetId')"

unit stop kefsd.service 2> /dev/null
check_not "it stops" unit is-active -q kefsd.service
check "the client still goes on" grep -q after "$A/f"
client_ns b
mkdir -p /mnt/b
in_ns b mount -t nfs -o "vers=4.1,port=$PORT" "$(server_addr b):/" /mnt/b > /dev/null 2>&1 &
mounting=$!
check "who comes meanwhile starts it" wait_for 60 unit is-active -q kefsd.service
check "and mounts" wait "$mounting"
umount /mnt/b
finish
