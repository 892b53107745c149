#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Users, roles and policies with the stock aws CLI: who may do what at the EFS API.
# timeout: 900
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
# shellcheck source=tests/guest/aws.sh
. "$KEFS_TESTS/guest/aws.sh"
kefs_only
aws_server_start

export AWS_PAGER='' AWS_MAX_ATTEMPTS=1 AWS_EC2_METADATA_DISABLED=true AWS_DEFAULT_OUTPUT=text
account=$(kefsctl --json subnets | jq -r .Account)
# status_of CMD…: its exit status; what it said is in /tmp/out
status_of() { "$@" > /tmp/out 2>&1; echo $?; }
# refused CODE CMD…: with that error
refused() {
	local code=$1
	shift
	if [ "$(status_of "$@")" = 254 ] && grep -q "($code)" /tmp/out; then return 0; fi
	cat /tmp/out
	return 1
}
# as KEY SECRET TOKEN CMD…: with that key
as() { AWS_ACCESS_KEY_ID=$1 AWS_SECRET_ACCESS_KEY=$2 AWS_SESSION_TOKEN=$3 "${@:4}"; }

equal "who the administrator is" "$(aws sts get-caller-identity --query Arn)" "arn:aws:iam::$account:root"
check "a user" aws iam create-user --user-name ann
read -r key secret < <(aws iam create-access-key --user-name ann --query 'AccessKey.[AccessKeyId,SecretAccessKey]')
ann() { as "$key" "$secret" '' "$@"; }
equal "who she is" "$(ann aws sts get-caller-identity --query Arn)" "arn:aws:iam::$account:user/ann"
check "may do nothing" refused AccessDeniedException ann aws efs describe-file-systems
check "a policy is attached" aws iam attach-user-policy --user-name ann \
	--policy-arn arn:aws:iam::aws:policy/AmazonElasticFileSystemReadOnlyAccess
check "she may look" ann aws efs describe-file-systems
check "but make nothing" refused AccessDeniedException ann aws efs create-file-system
cat > /tmp/trust.json << P
{ "Version": "2012-10-17", "Statement": [ { "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::$account:user/ann" },
  "Action": "sts:AssumeRole" } ] }
P
check "a role that trusts her" aws iam create-role --role-name maker --assume-role-policy-document file:///tmp/trust.json
check "may make file systems" aws iam attach-role-policy --role-name maker \
	--policy-arn arn:aws:iam::aws:policy/AmazonElasticFileSystemFullAccess
read -r skey ssecret token < <(ann aws sts assume-role --role-arn "arn:aws:iam::$account:role/maker" \
	--role-session-name monday --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]')
equal "in it she is somebody else" "$(as "$skey" "$ssecret" "$token" aws sts get-caller-identity --query Arn)" \
	"arn:aws:sts::$account:assumed-role/maker/monday"
fs=$(as "$skey" "$ssecret" "$token" aws efs create-file-system --query FileSystemId)
equal "and makes one" "${fs:0:3}" fs-
check "not without the token" refused UnrecognizedClientException as "$skey" "$ssecret" '' aws efs describe-file-systems
kefsd_kill
kefsd_start || fatal "kefsd does not start again"
check "sessions outlive a crash" as "$skey" "$ssecret" "$token" aws efs delete-file-system --file-system-id "$fs"
check "so do users" ann aws efs describe-file-systems
check "a policy that says no" aws iam put-user-policy --user-name ann --policy-name no --policy-document \
	'{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"elasticfilesystem:Describe*","Resource":"*"}}'
check "at once" refused AccessDeniedException ann aws efs describe-file-systems
check "is not deleted with what she has" refused DeleteConflict aws iam delete-user --user-name ann
check "nor made twice" refused EntityAlreadyExists aws iam create-user --user-name ann
aws iam delete-user-policy --user-name ann --policy-name no
aws iam detach-user-policy --user-name ann --policy-arn arn:aws:iam::aws:policy/AmazonElasticFileSystemReadOnlyAccess
aws iam delete-access-key --user-name ann --access-key-id "$key"
check "without it she is" aws iam delete-user --user-name ann
check "and her key with her" refused UnrecognizedClientException ann aws efs describe-file-systems
check "every operation and every error, through boto3" python3 "$KEFS_TESTS/api/iam.py"
finish
