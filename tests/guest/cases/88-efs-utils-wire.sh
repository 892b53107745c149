#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What amazon-efs-utils puts on the wire: the certificates of its versions and of its watchdog, a probe and then the
# resumed session, the names that it asks for, and efs-proxy's own RPC program before NFS.
# options: --mem 2G
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/tls.sh
. "${KEFS_TESTS:?}/guest/tls.sh"

tls_set_up ""
address=10.66.0.10
fs=$(new_fs $address)
name=$fs.efs.us-east-1.amazonaws.com
wire() { in_ns a "$KEFS_TESTS/guest/efs_wire.py" "$address" --ca "$ca" "$@"; }
not_believed() { of_tls '.NotBelieved | add'; }
cert plain --fs "$fs"

check "stunnel: a probe, then NFS in its session" wire --tls TLSv1_2 --cert /tmp/tls/plain --sni "$name" --check-name --probe
check "the same without a certificate" wire --tls TLSv1_2 --sni "$name" --check-name --probe
for sni in "us-east-1a.$name" "use1-az1.$name" fs-00000000000000000.efs.eu-west-1.amazonaws.com localhost; do
	check "it asks for ${sni/$fs/FS}" wire --tls TLSv1_2 --cert /tmp/tls/plain --sni "$sni" --probe
done
check "it asks for no name" wire --tls TLSv1_2 --cert /tmp/tls/plain
check "it asks for an address" sh -c "nsenter --net=/run/netns/a openssl s_client -connect $address:2049 -tls1_2 -servername $address \
	-CAfile $ca -verify_return_error -verify_ip $address < /dev/null | grep -q 'Verify return code: 0'"

# efs-proxy opens another connection without it when that program is not there; without an answer it would wait 14 s
check "efs-proxy: TLS 1.3, its program, then NFS" wire --tls TLSv1_3 --cert /tmp/tls/plain --sni "$name" --check-name --bind
check "with TLS 1.2" wire --tls TLSv1_2 --cert /tmp/tls/plain --sni "$name" --check-name --bind
check "without TLS" wire --bind

cert old --fs "$fs" --extension .4=
check "a certificate without the client's version" wire --tls TLSv1_2 --cert /tmp/tls/old --sni "$name"
cert long --fs "$fs" --source "$(printf 'x%.0s' {1..100})"
check "with the longest source" wire --tls TLSv1_2 --cert /tmp/tls/long --sni "$name"
for serial in 9 2 0; do
	cert plain --fs "$fs" --renewed --serial $serial
	check "renewed with serial $serial, the same key" wire --tls TLSv1_2 --cert /tmp/tls/plain --sni "$name" --probe
done
equal "all of them are believed" "$(not_believed)" 0
equal "no handshake failed" "$(of_tls '.Failed | add')" 0

# What is signed
as() { AWS_ACCESS_KEY_ID=$1 AWS_SECRET_ACCESS_KEY=$2 AWS_SESSION_TOKEN=$3 "${@:4}"; }
principal() { conns 'select(.Principal != "") | .Principal'; }
aws iam create-user --user-name ann > /dev/null
read -r key secret < <(aws iam create-access-key --user-name ann --query 'AccessKey.[AccessKeyId,SecretAccessKey]')
aws iam create-role --role-name mounter --assume-role-policy-document '{"Version": "2012-10-17", "Statement": {"Effect":
	"Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:user/ann"}, "Action": "sts:AssumeRole"}}' > /dev/null
read -r skey ssecret token < <(as "$key" "$secret" '' aws sts assume-role --role-session-name monday \
	--role-arn arn:aws:iam::000000000000:role/mounter --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]')
as "$key" "$secret" '' cert ann --fs "$fs" --iam --extension .4=
check "a user, by an old version" mount_tls ann $address /mnt/ann
equal "is that user" "$(principal)" arn:aws:iam::000000000000:user/ann
as "$key" "$secret" '' cert ann --fs "$fs" --iam --renewed
kill -HUP "$(cat "/tmp/tls/stunnel.$port.pid")"
reloaded() { grep -q "Configuration successful" <(sed '1,/Service \[efs\] accepted/d' "/tmp/tls/stunnel.$port.log"); }
check "stunnel takes the renewed one" wait_for 10 reloaded
full() { kefsctl --json status | jq '.Tls | .Done - .Resumed'; }
before=$(full)
check "probed" probe
more() { [ "$(full)" -gt "$before" ]; }
check "by a handshake of its own" wait_for 10 more
check "the mount goes on" touch /mnt/ann/f
umount /mnt/ann
as "$skey" "$ssecret" "$token" cert session --fs "$fs" --iam
check "a session with its token" mount_tls session $address /mnt/session
equal "is the role's" "$(principal)" arn:aws:sts::000000000000:assumed-role/mounter/monday
umount /mnt/session
equal "all of them are believed" "$(not_believed)" 0
finish
