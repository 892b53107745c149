#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The audit log and "kefsctl policy explain": calls of the stock aws CLI, denied ones and unsigned ones; mounts, refused
# mounts and changes of live ones; what is explained is what the mount gets.
# options: --mem 2G
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/tls.sh
. "${KEFS_TESTS:?}/guest/tls.sh"

tls_set_up ""
log=/var/lib/kefs/audit/audit.log
# logged FILTER: is there a line for which it is true? Lines are written a moment after the answer
has_line() { jq -es "any(.[]; $1)" "$log" > /dev/null; }
logged() { wait_for 5 has_line "$1" || { tail -n 3 "$log"; return 1; }; }
# explained FS ARG…: the decision
explained() { kefsctl --json policy explain "$@" | jq -r .Decision; }

fs=$(new_fs 10.66.0.10)
root=arn:aws:iam::000000000000:root
check "a call is a line" logged ".eventName == \"CreateMountTarget\" and .requestParameters.fileSystemId == \"$fs\" and .responseElements.ipAddress == \"10.66.0.10\" and .eventSource == \"elasticfilesystem.amazonaws.com\""
check "that says who" logged ".eventName == \"CreateFileSystem\" and .userIdentity.type == \"Root\" and .userIdentity.arn == \"$root\" and .userIdentity.accessKeyId == \"$AWS_ACCESS_KEY_ID\""
check "and with what" logged '.userAgent | startswith("aws-cli/")'
id=$(aws efs describe-file-systems --debug 2>&1 > /dev/null | grep -io "x-amzn-requestid': '[0-9a-f-]*" | tail -n 1 | cut -d "'" -f 3)
check "the answer's request id is the line's" logged ".requestID == \"$id\" and .readOnly and .responseElements == null"

aws iam create-user --user-name ann > /dev/null
read -r key secret < <(aws iam create-access-key --user-name ann --query 'AccessKey.[AccessKeyId,SecretAccessKey]')
ann() { AWS_ACCESS_KEY_ID=$key AWS_SECRET_ACCESS_KEY=$secret "$@"; }
check "who may not" says AccessDenied ann aws efs delete-file-system --file-system-id "$fs"
check "is written down" logged ".eventName == \"DeleteFileSystem\" and .errorCode == \"AccessDeniedException\" and .userIdentity.userName == \"ann\" and .requestParameters.fileSystemId == \"$fs\""
check "a key that nobody has" says 'security token' env AWS_ACCESS_KEY_ID=AKIANOBODY aws efs describe-file-systems
check "too" logged '.userIdentity.type == "Unknown" and .userIdentity.accessKeyId == "AKIANOBODY" and .errorCode != null'
check "a call without a signature" says . aws efs describe-file-systems --no-sign-request
check "as well" logged '.userIdentity.type == "Unknown" and .userIdentity.accessKeyId == null and .errorCode == "MissingAuthenticationTokenException"'
check "what IAM gave is there" logged ".eventSource == \"iam.amazonaws.com\" and .eventName == \"CreateAccessKey\" and .responseElements.accessKey.accessKeyId == \"$key\""
check_not "but no secret" grep -e "$secret" -e "$AWS_SECRET_ACCESS_KEY" $log

# Mounts
tunnel none 10.66.0.10 || fatal "no tunnel"
check "an anonymous mount" mount_port $port / /mnt/one
check "is written down" logged ".eventName == \"NewClientConnection\" and .userIdentity.accountId == \"ANONYMOUS_PRINCIPAL\" and .serviceEventDetails.tls and .serviceEventDetails.permissions.ClientWrite and .serviceEventDetails.decision == \"read-write\""
equal "and explained so" "$(explained "$fs")" read-write
look='{"Sid": "Look", "Effect": "Allow", "Principal": "*", "Action": "elasticfilesystem:ClientMount"}'
check "a policy that lets look" policy "$fs" "$look"
check "changes it" says "Read-only file system" touch /mnt/one/x
check "which is written down" logged '.eventName == "UpdateClientConnection" and .serviceEventDetails.decision == "read-only, root squashed" and (.serviceEventDetails.decidedBy.ClientMount | contains("Look"))'
equal "and explained so" "$(explained "$fs")" "read-only, root squashed"
umount_all
nobody='{"Sid": "NoAnn", "Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::000000000000:user/ann"}, "Action": "*"}'
check "a policy against somebody" policy "$fs" "$look, $nobody"
AWS_ACCESS_KEY_ID=$key AWS_SECRET_ACCESS_KEY=$secret cert ann --fs "$fs" --iam
check "she may not mount" says "access denied" mount_tls ann 10.66.0.10 /mnt/ann
check "which is written down with the statement" logged ".eventName == \"NewClientConnection\" and .userIdentity.userName == \"ann\" and .errorCode == \"AccessDenied\" and (.errorMessage | contains(\"NoAnn\")) and .resources[0].ARN == \"arn:aws:elasticfilesystem:us-east-1:000000000000:file-system/$fs\""
equal "and explained so" "$(explained "$fs" --principal arn:aws:iam::000000000000:user/ann)" "no mount"
check "with the statement" sh -c "kefsctl policy explain $fs --principal arn:aws:iam::000000000000:user/ann --action ClientMount | grep -q '2  *NoAnn  *Deny  *decides'"
check "and why the other one is not it" sh -c "kefsctl policy explain $fs --action ClientMount | grep -q 'NoAnn .*its Principal is somebody else'"
equal "every line is one of JSON" "$(jq -c . $log | wc -l)" "$(wc -l < $log)"
equal "that nobody else reads" "$(stat -c %a $log)" 600
check "kefsctl status says how many lines there are" sh -c "kefsctl status | grep -q '^Audit log .* [1-9][0-9]* lines written, 0 lost'"
kefsd_stop
check "the last line is there when kefsd has ended" test "$(tail -c 1 $log | od -An -c | tr -d ' ')" = '\n'
kefsd_start || fatal "kefsd does not start with its own configuration"
finish
