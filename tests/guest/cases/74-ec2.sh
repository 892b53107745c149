#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# VPCs, subnets and security groups with the stock aws CLI, as a recipe for EFS uses them.
# timeout: 900
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
# shellcheck source=tests/guest/aws.sh
. "$KEFS_TESTS/guest/aws.sh"
kefs_only
aws_server_start

export AWS_PAGER='' AWS_MAX_ATTEMPTS=1 AWS_EC2_METADATA_DISABLED=true
kefsd_stop || fatal "kefsd does not stop"
kefsd_start --config "$KEFS_TESTS/api/efs.conf" || fatal "kefsd does not start"
KEFS_TOPOLOGY=$(kefsctl subnets --json)
export KEFS_TOPOLOGY
# refused CODE CMD…: with that error
refused() {
	local code=$1 rc=0
	shift
	"$@" > /tmp/out 2>&1 || rc=$?
	if [ "$rc" = 254 ] && grep -q "($code)" /tmp/out; then return 0; fi
	cat /tmp/out
	return 1
}

VPC_ID=$(aws ec2 describe-vpcs --filters "Name=is-default,Values=true" --query 'Vpcs[0].VpcId' --output text)
equal "the default VPC" "$VPC_ID" "$(jq -r '.Vpcs[0].VpcId' <<< "$KEFS_TOPOLOGY")"
mapfile -t SUBNETS < <(aws ec2 describe-subnets --filters "Name=vpc-id,Values=$VPC_ID" --query 'Subnets[*].SubnetId' \
	--output text | tr '\t' '\n')
equal "three subnets at least" "$((${#SUBNETS[@]} >= 3))" 1
EFS_SG_ID=$(aws ec2 create-security-group --group-name efs-mount-target-sg --description "Security group for EFS mount targets" \
	--vpc-id "$VPC_ID" --query 'GroupId' --output text)
EC2_SG_ID=$(aws ec2 create-security-group --group-name efs-ec2-sg --description "Security group for EC2 instances" \
	--vpc-id "$VPC_ID" --query 'GroupId' --output text)
check "two groups" test "${EFS_SG_ID:0:3}${EC2_SG_ID:0:3}" = sg-sg-
check "NFS from the one to the other" aws ec2 authorize-security-group-ingress --group-id "$EFS_SG_ID" --protocol tcp \
	--port 2049 --source-group "$EC2_SG_ID"
check "SSH from everywhere" aws ec2 authorize-security-group-ingress --group-id "$EC2_SG_ID" --protocol tcp --port 22 \
	--cidr 0.0.0.0/0
check "but once" refused InvalidPermission.Duplicate aws ec2 authorize-security-group-ingress --group-id "$EC2_SG_ID" \
	--protocol tcp --port 22 --cidr 0.0.0.0/0
fs=$(aws efs create-file-system --query FileSystemId --output text)
for subnet in "${SUBNETS[@]:0:3}"; do
	check "a mount target" aws efs create-mount-target --file-system-id "$fs" --subnet-id "$subnet" --security-groups "$EFS_SG_ID"
done
equal "three interfaces" "$(aws ec2 describe-network-interfaces --filters "Name=group-id,Values=$EFS_SG_ID" \
	--query 'length(NetworkInterfaces)')" 3
check "the filter has their addresses" sh -c "nft list table inet kefs | grep -c 'chain to_' | grep -q '^3$'"
check "a group that is used stays" refused DependencyViolation aws ec2 delete-security-group --group-id "$EFS_SG_ID"
check "so does one that a rule names" refused DependencyViolation aws ec2 delete-security-group --group-id "$EC2_SG_ID"
kefsd_kill
nft delete table inet kefs
kefsd_start --config "$KEFS_TESTS/api/efs.conf" || fatal "kefsd does not start again"
check "a filter that was lost is back" sh -c "nft list table inet kefs | grep -c 'chain to_' | grep -q '^3$'"
for target in $(aws efs describe-mount-targets --file-system-id "$fs" --query 'MountTargets[*].MountTargetId' --output text); do
	check "a mount target goes" aws efs delete-mount-target --mount-target-id "$target"
done
check_not "the filter lets its address alone" sh -c "nft list table inet kefs | grep -q 'chain to_'"
check "the file system goes" aws efs delete-file-system --file-system-id "$fs"
check "the groups go" aws ec2 delete-security-group --group-id "$EFS_SG_ID"
check "both" aws ec2 delete-security-group --group-id "$EC2_SG_ID"
gone() { [ "$(aws efs describe-file-systems --query 'length(FileSystems)')" = 0 ]; }
check "all is gone" wait_for 30 gone
check "every operation and every error, through boto3" python3 "$KEFS_TESTS/api/ec2.py"
check "who is let do what, through boto3" python3 "$KEFS_TESTS/api/authz.py"
kefsd_stop
kefsd_start || fatal "kefsd does not start with its own configuration"
finish
