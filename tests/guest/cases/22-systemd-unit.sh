#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The systemd unit as it is installed: starts, keeps a mounted client through a restart and a crash, stops in order; the
# socket unit holds what arrives meanwhile.
# kernels: debian
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
kefs_only
kefsd_stop || fatal "kefsd does not stop"

# A systemd of its own process namespace; the network and the pool are the guest's
unshare --pid --fork --mount --cgroup --kill-child --mount-proc \
	env container=kefs /usr/lib/systemd/systemd --system --unit=basic.target --log-target=console --show-status=0 \
	> "$KEFS_OUT/systemd.log" 2>&1 &
outer=$!
# shellcheck disable=SC2317 # called by name
systemd_there() { pgrep -P "$outer"; }
wait_for 20 systemd_there || fatal "no systemd: $(tail -n 3 "$KEFS_OUT/systemd.log")"
systemd=$(pgrep -P "$outer")
unit() { nsenter -t "$systemd" --pid --mount --cgroup -- systemctl "$@"; }
# shellcheck disable=SC2317 # called by name
back_again() {
	umount_all
	kill -KILL "$systemd"
	wait "$outer"
	kefsd_start
}
at_exit back_again
check "systemd is up" wait_for 60 unit is-active -q basic.target

# shellcheck disable=SC2317 # called by name
main_pid() { unit show -P MainPID kefsd.service; }
# shellcheck disable=SC2317 # called by name
another_than() { [ "$(main_pid)" != "$1" ] && [ "$(main_pid)" != 0 ] && unit is-active -q kefsd.service; }

check "the units start" unit start kefsd.socket kefsd.service
check "kefsd answers" kefsctl status
check "and has its sockets from systemd" sh -c "kefsctl status | grep -q 'sockets held by systemd'"
one_file_system
join a
echo before > "$A/f"
first=$(main_pid)
check "it restarts" unit restart kefsd.service
check "as another process" another_than "$first"
check "the client has noticed nothing" grep -q before "$A/f"
second=$(main_pid)
check "it is killed" unit kill -s KILL kefsd.service
check "and started again" wait_for 30 another_than "$second"
check "the client goes on" sh -c "echo after > $A/f"
# The sandbox lets it set up the packet filter and addresses
check "a mount target" aws efs create-mount-target --file-system-id "$(kefsctl --json fs list | jq -r '.FileSystems[0].FileSystemId')" \
	--subnet-id "$(kefsctl --json subnets | jq -r '.Subnets[0].SubnetId')" --ip-address 127.66.0.10
check "its part of the filter" sh -c "nft list table inet kefs | grep -q to_7f42000a"
check "it lets this host in" nc -z -w 10 127.66.0.10 2049
equal "nothing failed" "$(unit --failed --no-legend --plain)" ""

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
