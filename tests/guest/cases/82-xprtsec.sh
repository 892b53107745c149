#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# RFC 9289: the stock client's own TLS (xprtsec=), with tlshd, and no proxy. The client asks in the clear for TLS; what
# answers and goes on from there is kefsd.
# options: --mem 2G
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/tls.sh
. "${KEFS_TESTS:?}/guest/tls.sh"

tls_set_up 'tls_names = nfs.example.test'
fs=$(new_fs 10.66.0.10)
tlshd_start own
at_exit tlshd_stop
# xprtsec DIR HOW [ADDRESS]
xprtsec() { mount_in a "${3:-10.66.0.10}:/" "$1" "vers=4.1,noresvport,soft,timeo=100,retrans=1,xprtsec=$2"; }
of_tlshd() { tail -n 20 /tmp/tls/tlshd.log; }

tcpdump -i kefs-1 -U -w /tmp/tls.pcap 'tcp port 2049' 2> /tmp/tcpdump.log &
dump=$!
wait_for 10 grep -q listening /tmp/tcpdump.log
check "xprtsec=tls" xprtsec /mnt/tls tls
mountpoint -q /mnt/tls || { of_tlshd; kefsctl status; tail -n 20 "$KEFSD_LOG"; dmesg | tail -n 20; fatal "no mount"; }
echo "a line that is to be secret" > /mnt/tls/secret
dd if=/dev/urandom of=/tmp/data bs=1M count=10 status=none
check "10 MB are written" cp /tmp/data /mnt/tls/data
umount /mnt/tls
check "mounted again" xprtsec /mnt/tls tls
check "they are read as they were" cmp /tmp/data /mnt/tls/data
check "the client says so" grep -q 'xprtsec=tls' /proc/mounts
kill $dump
wait $dump
check "the client asked in the clear" grep -q STARTTLS /tmp/tls.pcap
check_not "nothing else can be read on the wire" grep -q "is to be secret" /tmp/tls.pcap
equal "kefsd knows it" "$(conns '"\(.Tls) \(.Principal)"')" "true "
check "and counts it" test "$(of_tls .StartTls)" -ge 2
umount /mnt/tls
check "xprtsec=mtls" xprtsec /mnt/mtls mtls
check "reads" cmp /tmp/data /mnt/mtls/data
umount /mnt/mtls

# A policy that wants TLS is content with it
check "TLS is wanted" policy "$fs" '{"Effect": "Deny", "Principal": "*", "Action": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}, {"Effect": "Allow", "Principal": "*", "Action": "elasticfilesystem:Client*"}'
check "it is there" xprtsec /mnt/tls tls
check "and writes" touch /mnt/tls/file
check "without it there is no mount" says "access denied" xprtsec /mnt/plain none
kefsd_kill
kefsd_start --config /tmp/kefsd.conf || fatal "kefsd does not start again"
check "kefsd starts anew: the mount works on" touch /mnt/tls/more
umount_all

# A server that has TLS, and a certificate for somewhere else
server_elsewhere
check_not "is not trusted" xprtsec /mnt/no tls
check "a mount without TLS is possible again" efs delete-file-system-policy --file-system-id "$fs"
check "which is told nothing of it" xprtsec /mnt/plain none
umount_all
kefsd_stop
kefsd_start || fatal "kefsd does not start with its own configuration"
finish
