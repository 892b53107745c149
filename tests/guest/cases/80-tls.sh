#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Mounts through stunnel with the certificates of amazon-efs-utils: encrypted from end to end, the client known by its
# signature, policies that want TLS or a principal kept, and all of it over a kefsd that is killed.
# options: --mem 2G
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/tls.sh
. "${KEFS_TESTS:?}/guest/tls.sh"

tls_set_up ""
one=$(new_fs 10.66.0.10)
two=$(new_fs 10.66.0.11)
check "the authority's key is the daemon's alone" test "$(stat -c %a:%u /var/lib/kefs/ca.key)" = 600:0
check "its certificate is one of an authority" sh -c "openssl x509 -in $ca -noout -text | grep -q CA:TRUE"
check "TLS is there" test "$(of_tls .Available)" = true

# Watched on the wire: no byte of it is to be read there
tcpdump -i kefs-1 -U -w /tmp/tls.pcap 'tcp port 2049' 2> /tmp/tcpdump.log &
dump=$!
wait_for 10 grep -q listening /tmp/tcpdump.log
cert plain --fs "$one"
check "a mount with TLS, without a signature" mount_tls plain 10.66.0.10 /mnt/plain
mountpoint -q /mnt/plain || { kefsctl status; tail -n 20 "$KEFSD_LOG" /tmp/tls/*.log; fatal "no mount"; }
echo "a line that is to be secret" > /mnt/plain/secret
dd if=/dev/urandom of=/tmp/data bs=1M count=20 status=none
check "20 MB are written" cp /tmp/data /mnt/plain/data
umount /mnt/plain
check "mounted again by the same tunnel" mount_port $port / /mnt/plain
check "20 MB are read as they were" cmp /tmp/data /mnt/plain/data
kill $dump
wait $dump
check_not "nothing can be read on the wire" grep -q "is to be secret" /tmp/tls.pcap
equal "the kernel's connection is TLS's, nobody's" "$(conns '"\(.Tls) \(.Principal)"')" "true "
check "handshakes were resumed" test "$(of_tls .Resumed)" -ge 1
check "the kernel does it" grep -q '^TlsTxSw.*[1-9]' /proc/net/tls_stat

cert signed --fs "$two" --iam --renewed
check "a mount with a signature" mount_tls signed 10.66.0.11 /mnt/signed
equal "its principal is the account" "$(conns 'select(.FileSystemId == "'"$two"'") | .Principal')" "arn:aws:iam::000000000000:root"
check "each is its own file system" sh -c 'touch /mnt/signed/of-two && ! test -e /mnt/plain/of-two'

check "TLS 1.3 too" tunnel plain 10.66.0.10 'sslVersion = TLSv1.3'
check "mounts" mount_port $port / /mnt/tls13
check "and reads" cmp /tmp/data /mnt/tls13/data

# A policy that lets in who is known, and by TLS
account='"Principal": {"AWS": "arn:aws:iam::000000000000:root"}'
all='"Action": ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite", "elasticfilesystem:ClientRootAccess"]'
check "only the account may mount the second" policy "$two" "{\"Effect\": \"Allow\", $account, $all}"
check "who is it goes on" touch /mnt/signed/goes-on
cert anonymous --fs "$two"
check_not "who is not does not mount" mount_tls anonymous 10.66.0.11 /mnt/anonymous
check_not "nor without TLS" mount_in a 10.66.0.11:/ /mnt/anonymous vers=4.1,soft,timeo=100,retrans=1
check "only with TLS the first" policy "$one" "{\"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"*\", \"Condition\": {\"Bool\": {\"aws:SecureTransport\": \"false\"}}}, {\"Effect\": \"Allow\", \"Principal\": \"*\", $all}"
check "who has TLS goes on" touch /mnt/plain/goes-on
check_not "who has not does not" mount_in a 10.66.0.10:/ /mnt/anonymous vers=4.1,soft,timeo=100,retrans=1

# What a connection came with is known to the next kefsd
kefsd_kill
check "without kefsd: the mount works on" touch /mnt/signed/without
kefsd_start --config /tmp/kefsd.conf || fatal "kefsd does not start again"
check "with the next one" touch /mnt/signed/with
equal "which knows who it is" "$(conns 'select(.FileSystemId == "'"$two"'" and .Access) | .Principal')" \
	"arn:aws:iam::000000000000:root"
check "a new policy finds it" policy "$two" "{\"Effect\": \"Deny\", $account, \"Action\": \"elasticfilesystem:ClientWrite\"}"
check "at once" says "Read-only file system" touch /mnt/signed/no-more
check "the same authority as before" sh -c "kefsctl ca --export | cmp - $ca"
umount /mnt/plain
check "a new mount after that" mount_tls plain 10.66.0.10 /mnt/plain
check "reads what it read" cmp /tmp/data /mnt/plain/data
umount_all

# A certificate of the administrator's own
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=own -addext "subjectAltName = IP:10.66.0.10" \
	-keyout /tmp/tls/own.key -out /tmp/tls/own.pem 2> /dev/null
printf '%s\n' 'tls_certificate = /tmp/tls/own.pem' 'tls_key = /tmp/tls/own.key' 'tls_ca = /tmp/tls/own.pem' >> /tmp/kefsd.conf
kefsd_stop
# In the foreground it goes on to write its log where it can be read
kefsd_start --foreground --config /tmp/kefsd.conf || fatal "kefsd does not start with a certificate of one's own"
check "it is told to clients" sh -c 'kefsctl ca --export | cmp - /tmp/tls/own.pem'
ca=/tmp/tls/own.pem
check "and mounts" mount_tls plain 10.66.0.10 /mnt/own
ca=/tmp/tls/ca.pem
check_not "but not for who trusts another" mount_tls plain 10.66.0.10 /mnt/not
equal "which is counted" "$(of_tls '.Failed.ClientAlert > 0')" true
# Its NFS client connects to stunnel again as soon as stunnel hangs up
failed=$(of_tls .Failed.ClientAlert) held=$(of_tls .Held)
echo "# $failed handshakes that failed, $held of them held"
check "a client that cannot get in does not come as fast as it can" test "$failed" -le 100
check "it has to wait for the next one after 16, which a slow machine does not make" test "$failed" -le 16 -o "$held" -gt 0

# It is replaced while clients work: half of it does nothing yet
served() { in_ns a timeout 20 openssl s_client -connect 10.66.0.10:2049 < /dev/null 2> /dev/null | openssl x509 -noout -pubkey; }
serves() { [ "$(served)" = "$(openssl x509 -in "$1" -noout -pubkey)" ]; }
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=next -addext 'subjectAltName=IP:10.66.0.10' \
	-keyout /tmp/tls/next.key -out /tmp/tls/next.pem 2> /dev/null
cp /tmp/tls/own.pem /tmp/tls/first.pem
id=$(conns .ConnectionId)
cp /tmp/tls/next.pem /tmp/tls/own.pem
check "a certificate without its key is refused" wait_for 20 grep -q 'tls_certificate stays as it was: .*not the certificate of its key' "$KEFSD_LOG"
check "the one before is served" serves /tmp/tls/first.pem
cat /tmp/tls/next.key > /tmp/tls/own.key
check "with its key it is served" wait_for 20 serves /tmp/tls/next.pem
check "and told to clients" sh -c 'kefsctl ca --export | cmp - /tmp/tls/next.pem'
check "who is there works on" touch /mnt/own/goes-on
equal "by the connection that it has" "$(conns .ConnectionId)" "$id"
ca=/tmp/tls/next.pem
check "a mount with the next one" mount_tls plain 10.66.0.10 /mnt/next
ca=/tmp/tls/ca.pem
chmod 644 /tmp/tls/own.key
umount_all
kefsd_stop
check "a key that all can read is refused" sh -c 'kefsd --foreground --config /tmp/kefsd.conf 2>&1 | grep -q "chmod 600"'
kefsd_start || fatal "kefsd does not start with its own configuration"
finish
