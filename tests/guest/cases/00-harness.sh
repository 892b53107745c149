#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The guest itself is what the other cases take for granted.
# shellcheck source=tests/guest/lib.sh
. "$KEFS_TESTS/guest/lib.sh"

client_ns a
client_ns b

equal "runs as root" "$(id -u)" 0
equal "host name" "$(hostname)" guest
check "right time" test "$(date +%s)" -gt 1700000000
check "entropy" timeout 5 head -c 32 /dev/random
check "writes /out" cp /etc/hostname /out/hostname
check_not "the checkout is read-only" touch "$KEFS_REPO/x"
check "the scratch disk is there" test -b "$KEFS_DISK"
for d in /tmp /run /mnt /srv /dev/shm /var/lib/nfs /var/lib/kefs; do
	check "$d is writable" touch "$d/.written"
	rm -f "$d/.written"
done

equal "first client's address" "$(client_addr a)" 10.55.1.2
check "client a reaches the server" in_ns a ping -c 1 -W 2 "$(server_addr a)"
check "client b reaches the server" in_ns b ping -c 1 -W 2 "$(server_addr b)"
check_not "clients do not reach each other" in_ns a ping -c 1 -W 1 "$(client_addr b)"
link_down a
check_not "a client can be cut off" in_ns a ping -c 1 -W 1 "$(server_addr a)"
link_up a
check "and joined again" wait_for 5 in_ns a ping -c 1 -W 1 "$(server_addr a)"
check_not "wait_for gives up" wait_for 1 false

check "the NFS client is there" grep -qw nfs4 <(modprobe -q nfsv4; cat /proc/filesystems)

# Without --bare all of kefs is up
if pgrep -x kefsd > /dev/null; then
	check "the module is loaded" test -d /sys/module/kefs
	check "kefsd answers" kefsctl status
	equal "/var/lib/kefs is on the scratch disk" \
		"$(findmnt -no SOURCE /var/lib/kefs)" "$KEFS_DISK"
	kefsd_kill
	check_not "kefsd is gone after kill -9" pgrep -x kefsd
	check "kefsd starts again" kefsd_start
fi
finish
