#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Clients that take all sessions they can get, with the largest reply caches, leave something: to other addresses of the
# same file system, and to other file systems.
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
# shellcheck source=tests/guest/topology.sh
. "$KEFS_TESTS/guest/topology.sh"
kefs_only
build rawclient rules
topology 'us-east-1a mt0 10.66.0.0/24, us-east-1c mt0 10.55.1.0/24'
check "a file system" file_system one 10.66.0.10
check "another" file_system two 10.66.0.11
one_client a
ip -n a route add 10.66.0.0/16 via "$(server_addr a)"
for n in 1 2 3 4; do
	ip -n a addr add "10.55.1.$((100 + n))/24" dev eth0
done

# from N CMD…: connections from that address
from() {
	ip -n a route replace 10.66.0.0/16 via "$(server_addr a)" src "10.55.1.$((100 + $1))"
	shift
	in_ns a "$@"
}

check "all sessions for one address" from 1 /tmp/rules 10.66.0.10 @all-sessions
check "another address of the same file system" from 2 /tmp/rules 10.66.0.10 @served
check "it is mounted there" mount_in a 10.66.0.10:/ /mnt/one vers=4.1
check "and works" sh -c 'echo text > /mnt/one/f && grep -q text /mnt/one/f'
check "a second one takes all" from 3 /tmp/rules 10.66.0.10 @all-sessions
check "somebody else is served still" from 4 /tmp/rules 10.66.0.10 @served
check "the other file system is mounted" mount_in a 10.66.0.11:/ /mnt/two vers=4.1
check "and works" sh -c 'echo text > /mnt/two/f && grep -q text /mnt/two/f'
check "even from the first one's address" from 1 /tmp/rules 10.66.0.11 @served
check "and what was mounted works" sh -c 'echo more >> /mnt/one/f && grep -q more /mnt/one/f'
umount_all
kefsd_stop
kefsd_start || fatal "kefsd does not start with its own configuration"
finish
