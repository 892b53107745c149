#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Who a live TLS connection belongs to may lose his rights, or his key: that holds for it within a second, and so does it
# when they are given back.
# options: --mem 2G
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/tls.sh
. "${KEFS_TESTS:?}/guest/tls.sh"
case ${KEFS_KERNEL:-uml} in *-debug | debian) slow=10 ;; *) slow=1 ;; esac

tls_set_up ''
fs=$(new_fs 10.66.0.10)
account=$(kefsctl --json subnets | jq -r .Account)
root="arn:aws:iam::$account:root"
# key_cert NAME KEY SECRET TOKEN: a certificate signed with that key
key_cert() { AWS_ACCESS_KEY_ID=$2 AWS_SECRET_ACCESS_KEY=$3 AWS_SESSION_TOKEN=${4:-} cert "$1" --fs "$fs" --iam; }
# may USER-OR-ROLE NAME ACTION…: his own policy, the only one
may() {
	local list=''
	for a in "${@:3}"; do list+="${list:+, }\"elasticfilesystem:$a\""; done
	aws iam "put-$1-policy" "--$1-name" "$2" --policy-name own --policy-document \
		"{\"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": \"Allow\", \"Action\": [$list], \"Resource\": \"*\"}}"
}
ends_with() { says "$1" touch "/mnt/$2/file"; }
works() { touch "/mnt/$1/file"; }
# soon TEXT CMD…: CMD succeeds within a second from now, when the call that is to make it so has just been answered
soon() {
	local start=${EPOCHREALTIME/./} took
	check "$1" wait_for 5 "${@:2}"
	took=$(((${EPOCHREALTIME/./} - start) / 1000))
	check "within a second ($took ms)" test $took -lt $((1000 * slow))
}

aws iam create-user --user-name ann > /dev/null
read -r key secret < <(aws iam create-access-key --user-name ann --query 'AccessKey.[AccessKeyId,SecretAccessKey]')
cat > /tmp/trust.json <<- P
	{ "Version": "2012-10-17", "Statement": [ { "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::$account:user/ann" },
	  "Action": "sts:AssumeRole" } ] }
P
aws iam create-role --role-name guest --assume-role-policy-document file:///tmp/trust.json > /dev/null
# assume NAME: a session of the role
assume() {
	read -r skey ssecret token < <(AWS_ACCESS_KEY_ID=$key AWS_SECRET_ACCESS_KEY=$secret aws sts assume-role \
		--role-arn "arn:aws:iam::$account:role/guest" --role-session-name "$1" \
		--query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]')
}
assume live
check "the file system leaves it to the account's policies" policy "$fs" \
	"{\"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"$root\"}, \"Action\": \"elasticfilesystem:Client*\"}"
check "she may" may user ann ClientMount ClientWrite ClientRootAccess
check "the role may" may role guest ClientMount ClientWrite ClientRootAccess
key_cert ann "$key" "$secret"
key_cert role "$skey" "$ssecret" "$token"
check "she mounts" mount_tls ann 10.66.0.10 /mnt/ann
ann_tunnel=$port
check "and the role" mount_tls role 10.66.0.10 /mnt/role
role_tunnel=$port
check "she writes" works ann
check "the role writes" works role

# Tools make up a name for each session (botocore-session-…), a mount outlives many: it is one client all the same
clients() { kefsctl --json clients | jq -c '[.Clients[] | .ClientId] | sort'; }
at_work=$(clients)
exec 9> /mnt/role/held
check "it locks a file" flock -n 9
assume other-name
key_cert role "$skey" "$ssecret" "$token"
kill_tunnel "$role_tunnel"
gone() { ! listening "$role_tunnel"; }
wait_for 5 gone
check "its tunnel starts anew, with another session of the role" in_ns a stunnel "/tmp/tls/stunnel.$role_tunnel.conf"
check "it writes what it has locked" sh -c 'echo text >&9 && sync /mnt/role/held'
check "by that session" wait_for 5 sh -c 'kefsctl --json connections | jq -r ".Connections[].Principal" | grep -q other-name'
equal "the clients are the same" "$(clients)" "$at_work"
exec 9>&-

check "her policy is changed" may user ann ClientMount ClientRootAccess
soon "she may only read" ends_with "Read-only file system" ann
check "the role is as it was" works role
check "it is deleted" aws iam delete-user-policy --user-name ann --policy-name own
soon "she may do nothing" ends_with "Permission denied" ann
check "she gets it back" may user ann ClientMount ClientWrite ClientRootAccess
soon "and goes on" works ann

check "her key is made inactive" aws iam update-access-key --user-name ann --access-key-id "$key" --status Inactive
soon "she may do nothing" ends_with "Permission denied" ann
check "nor mount" says "access denied" mount_tls ann 10.66.0.10 /mnt/again
check "it is active again" aws iam update-access-key --user-name ann --access-key-id "$key" --status Active
soon "and she goes on" works ann

check "the role's policy is changed" may role guest ClientMount ClientRootAccess
soon "its session may only read" ends_with "Read-only file system" role
check "it may again" may role guest ClientMount ClientWrite ClientRootAccess
soon "and goes on" works role
check "she gets one that says no" aws iam put-user-policy --user-name ann --policy-name no --policy-document \
	'{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"elasticfilesystem:ClientWrite","Resource":"*"}}'
soon "a Deny of her own holds" ends_with "Read-only file system" ann
aws iam delete-user-policy --user-name ann --policy-name no
check "she gets one that asks for a tag" aws iam put-user-policy --user-name ann --policy-name no --policy-document \
	'{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"elasticfilesystem:ClientWrite","Resource":"*",
	"Condition":{"StringNotEquals":{"aws:PrincipalTag/team":"us"}}}}'
soon "she has none" ends_with "Read-only file system" ann
check "she is tagged" aws iam tag-user --user-name ann --tags Key=team,Value=us
soon "and writes" works ann
aws iam untag-user --user-name ann --tag-keys team
soon "until it is taken away" ends_with "Read-only file system" ann
aws iam delete-user-policy --user-name ann --policy-name no
soon "and the policy too" works ann

# A time in a policy comes: nobody does anything but wait for it
# passes SECOND CMD…: CMD succeeds, and not much later than that second begins
passes() {
	local second=$1 late
	shift
	check "when its time comes" wait_for $((5 + second - EPOCHSECONDS)) "$@"
	late=$((${EPOCHREALTIME/./} / 1000 - second * 1000))
	check "within a second and a half ($late ms after)" test $late -ge 0 -a $late -lt $((1500 * slow))
}
client="\"Principal\": {\"AWS\": \"$root\"}, \"Action\": \"elasticfilesystem:Client*\""
# On a busy machine the call itself may take its seconds
second=$EPOCHSECONDS
check "a policy as before" policy "$fs" "{\"Effect\": \"Allow\", $client}"
span=$((2 * (EPOCHSECONDS - second) + 3))
second=$((EPOCHSECONDS + span))
check "everything until a time" policy "$fs" "{\"Effect\": \"Allow\", $client, \"Condition\": {\"DateLessThan\":
	{\"aws:CurrentTime\": \"$(date -u -d "@$second" +%Y-%m-%dT%H:%M:%SZ)\"}}},
	{\"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"*\"}, \"Action\": \"elasticfilesystem:ClientMount\"},
	{\"Effect\": \"Deny\", \"Principal\": {\"AWS\": \"*\"}, \"Action\": \"elasticfilesystem:ClientWrite\", \"Condition\":
	{\"NumericGreaterThanEquals\": {\"aws:EpochTime\": \"$second\"}, \"NumericLessThan\": {\"aws:EpochTime\": \"$((second + span))\"}}}"
check "she writes until then" works ann
passes $second ends_with "Read-only file system" ann
# Her own policies say nothing of the time: what the file system's denies comes back, by them
passes $((second + span)) works ann
check "the policy of before" policy "$fs" "{\"Effect\": \"Allow\", $client}"

# One that is not believed when it comes again (a key, a clock, a certificate out of date) is another client to the server;
# it gets its answer, and is heard anew before long: what was wrong may be right by then
check "her key is inactive again" aws iam update-access-key --user-name ann --access-key-id "$key" --status Inactive
kill_tunnel "$ann_tunnel"
gone() { ! listening "$ann_tunnel"; }
wait_for 5 gone
in_ns a stunnel "/tmp/tls/stunnel.$ann_tunnel.conf"
refused() { [ "$(conns 'select(.Principal == "refused") | .Principal')" = refused ]; }
touch /mnt/ann/file 2> /dev/null
check "her connection breaks: the next one is refused" wait_for 20 refused
check "she may do nothing" ends_with "Permission denied" ann
check "her key is active" aws iam update-access-key --user-name ann --access-key-id "$key" --status Active
check "she is heard again, within a minute" wait_for $((70 * slow)) works ann

check "her key is deleted" aws iam delete-access-key --user-name ann --access-key-id "$key"
soon "she may do nothing" ends_with "Permission denied" ann
umount_all
kefsd_stop
kefsd_start || fatal "kefsd does not start with its own configuration"
finish
