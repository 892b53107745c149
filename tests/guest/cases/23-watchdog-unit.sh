#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kefs-watchdog.service as it is installed: mount.efs has systemd start it; within its sandbox it starts killed tunnels
# anew, here and in another network, renews certificates, cleans up; tunnels outlive it. Likewise by tlshd.service.
# kernels: debian
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
# shellcheck source=tests/guest/systemd.sh
. "$KEFS_TESTS/guest/systemd.sh"
kefs_only
RUN=/run/kefs/mounts
# The namespaces are to be seen in that of systemd's mounts, too
client_ns a
systemd_start

check "kefsd starts" unit start kefsd.socket kefsd.service
one_file_system
fs=$(kefsctl fs list --quiet)
kefsctl ca --export > /tmp/ca.pem
mkdir -p /etc/amazon/efs
printf '%s\n' '[mount]' 'region = us-east-1' 'stunnel_cafile = /tmp/ca.pem' 'stunnel_check_cert_hostname = false' \
	'[mount-watchdog]' 'unmount_count_for_consistency = 1' > /etc/amazon/efs/efs-utils.conf

# shellcheck disable=SC2317 # called by name
efs_mount() { # DIR OPTIONS
	mkdir -p "$1"
	in_systemd mount -t efs -o "tls,$2" "$fs:/" "$1"
}
folder_of() { grep -lF "\"mountpoint\": \"$1\"" $RUN/fs-*/state.json | xargs -r dirname; }
of() { jq -r ".$2" "$(folder_of "$1")/state.json"; }
# shellcheck disable=SC2317
another_tunnel() { [ "$(of "$1" pid)" != "$2" ] && in_systemd kill -0 "$(of "$1" pid)"; }
# shellcheck disable=SC2317
nothing_left() { [ -z "$(find "$RUN" -mindepth 1 -type d)" ]; }
# shellcheck disable=SC2317
has_certificate() { [ -s "$(folder_of "$1")/certificate.pem" ]; }
# shellcheck disable=SC2317
in_unit() { in_systemd grep -q "/$1\$" "/proc/$2/cgroup"; }

check_not "nobody has started it" unit is-active -q kefs-watchdog.service
check "a mount with TLS" efs_mount /mnt/here "iam,mounttargetip=127.0.0.1"
check "has systemd start it" wait_for 20 unit is-active -q kefs-watchdog.service
dog=$(main_pid kefs-watchdog.service)
check "it is the one that has the lock" in_systemd kefs-watchdog
check "a mount in another network" efs_mount /mnt/there "netns=/run/netns/a,mounttargetip=$(server_addr a)"
for dir in /mnt/here /mnt/there; do
	check "$dir works" in_systemd touch $dir/before
	tunnel=$(of $dir pid)
	in_systemd kill -KILL "$tunnel"
	check "$dir: the tunnel is killed and comes back" wait_for 10 another_tunnel $dir "$tunnel"
	check "$dir: as a process of the unit" in_unit kefs-watchdog.service "$(of $dir pid)"
	check "$dir works again" in_systemd timeout 60 touch $dir/after
done
equal "the other network's tunnel is in that network" "$(in_systemd readlink "/proc/$(of /mnt/there pid)/ns/net")" \
	"$(in_ns a readlink /proc/self/ns/net)"

rm "$(folder_of /mnt/here)/certificate.pem"
check "a certificate that is due is renewed" wait_for 20 has_certificate /mnt/here
check "with the signature that it had" sh -c "openssl x509 -noout -text -in $(folder_of /mnt/here)/certificate.pem | grep -q 1.3.6.1.4.1.4843.7.2"

tunnels="$(of /mnt/here pid) $(of /mnt/there pid)"
check "it reads its configuration again" unit reload kefs-watchdog.service
equal "as the same process" "$(main_pid kefs-watchdog.service)" "$dog"
check "it restarts" unit restart kefs-watchdog.service
check "as another process" another_than kefs-watchdog.service "$dog"
dog=$(main_pid kefs-watchdog.service)
check "it is killed" unit kill --kill-whom=main -s KILL kefs-watchdog.service
check "and started again" wait_for 30 another_than kefs-watchdog.service "$dog"
equal "the tunnels are what they were" "$(of /mnt/here pid) $(of /mnt/there pid)" "$tunnels"
check "and work" in_systemd touch /mnt/here/end /mnt/there/end
tunnel=$(of /mnt/there pid)
in_systemd kill -KILL "$tunnel"
check "the new one starts a killed tunnel, too" wait_for 10 another_tunnel /mnt/there "$tunnel"

check "umount" in_systemd umount /mnt/here /mnt/there
check "leaves nothing" wait_for 30 nothing_left

# By the kernel's TLS: tlshd of its unit
printf '%s\n' '[authenticate.client]' 'x509.truststore=/tmp/ca.pem' "x509.certificate=$RUN/tlshd/certificate.pem" \
	'x509.private_key=/etc/amazon/efs/privateKey.pem' > /etc/tlshd.conf
check "tlshd starts" unit start tlshd.service
check "a mount with TLS" efs_mount /mnt/kernel "iam,mounttargetip=127.0.0.1"
check "is by the kernel" in_systemd grep -q ' /mnt/kernel .*xprtsec=mtls' /proc/self/mounts
check "it works" in_systemd touch /mnt/kernel/file
rm "$RUN/tlshd/certificate.pem"
check "its certificate is renewed" wait_for 20 test -s "$RUN/tlshd/certificate.pem"
check "umount" in_systemd umount /mnt/kernel
check "leaves nothing" wait_for 30 nothing_left
check "tlshd stops" unit stop tlshd.service
equal "nothing failed" "$(unit --failed --no-legend --plain)" ""
check "it stops" unit stop kefs-watchdog.service
finish
