#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The EFS API through the stock clients: boto3 provokes each error, the aws command does what a recipe does.
# timeout: 900
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
kefs_only

# A client that says nothing of where and who it is: the environment does
export AWS_PAGER='' AWS_MAX_ATTEMPTS=1 AWS_EC2_METADATA_DISABLED=true
equal "aws efs describe-file-systems as the first command" "$(aws efs describe-file-systems --output text)" ""

# status_of CMD…: its exit status; what it said is in /tmp/out
status_of() { "$@" > /tmp/out 2>&1; echo $?; }
# text FIELD CMD…: one field of what aws says
text() { aws efs "${@:2}" --query "$1" --output text; }

kefsd_stop || fatal "kefsd does not stop"
kefsd_start --config "$KEFS_TESTS/api/efs.conf" || fatal "kefsd does not start with small limits"
KEFS_TOPOLOGY=$(kefsctl subnets --json)
export KEFS_TOPOLOGY
check "every operation and every error, through boto3" python3 "$KEFS_TESTS/api/efs.py"

# What a person types, from the first command to the clean-up
mapfile -t subnets < <(jq -r '.Subnets[0:3][].SubnetId' <<< "$KEFS_TOPOLOGY")
group=$(jq -r '.Vpcs[0].DefaultSecurityGroupId' <<< "$KEFS_TOPOLOGY")
account=$(jq -r .Account <<< "$KEFS_TOPOLOGY")
fs=$(text FileSystemId create-file-system --creation-token demo-token --performance-mode generalPurpose \
	--throughput-mode elastic --encrypted --tags Key=Name,Value=demo)
check "a file system" grep -qE '^fs-[0-9a-f]{17}$' <<< "$fs"
equal "is available at once" "$(text 'FileSystems[0].LifeCycleState' describe-file-systems --file-system-id "$fs")" available
equal "a wait that there is not" "$(status_of aws efs wait file-system-available --file-system-id "$fs")" 252
targets=()
for subnet in "${subnets[@]}"; do
	targets+=("$(text MountTargetId create-mount-target --file-system-id "$fs" --subnet-id "$subnet" --security-groups "$group")")
done
equal "three mount targets" "$(text 'FileSystems[0].NumberOfMountTargets' describe-file-systems --file-system-id "$fs")" 3
web=$(text AccessPointId create-access-point --file-system-id "$fs" --posix-user Uid=1000,Gid=1000 \
	--root-directory 'Path=/web-content,CreationInfo={OwnerUid=1000,OwnerGid=1000,Permissions=755}' \
	--tags Key=Name,Value=demo-web-content)
equal "an access point" "$(text 'AccessPoints[0].RootDirectory.CreationInfo.Permissions' describe-access-points --access-point-id "$web")" 755
equal "no policy yet" "$(status_of aws efs describe-file-system-policy --file-system-id "$fs" --query Policy)" 254
check "says which error" grep -q 'An error occurred (PolicyNotFound) when calling the DescribeFileSystemPolicy' /tmp/out
cat > /tmp/policy.json << P
{ "Version": "2012-10-17", "Statement": [ { "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::$account:root" },
  "Action": [ "elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite", "elasticfilesystem:ClientRootAccess" ],
  "Resource": "arn:aws:elasticfilesystem:$AWS_REGION:$account:file-system/$fs",
  "Condition": { "Bool": { "aws:SecureTransport": "true" } } } ] }
P
check "a policy" aws efs put-file-system-policy --file-system-id "$fs" --policy file:///tmp/policy.json
equal "comes back as it was" "$(text Policy describe-file-system-policy --file-system-id "$fs" | jq -cS .)" "$(jq -cS . /tmp/policy.json)"
equal "a command that there is not" "$(status_of aws efs create-lifecycle-policy --file-system-id "$fs")" 252
equal "two transitions in one" "$(status_of aws efs put-lifecycle-configuration --file-system-id "$fs" \
	--lifecycle-policies TransitionToIA=AFTER_30_DAYS,TransitionToPrimaryStorageClass=AFTER_1_ACCESS)" 254
check "is a BadRequest" grep -q '(BadRequest)' /tmp/out
check "a lifecycle" aws efs put-lifecycle-configuration --file-system-id "$fs" \
	--lifecycle-policies TransitionToIA=AFTER_30_DAYS TransitionToPrimaryStorageClass=AFTER_1_ACCESS

# What was answered is there after a crash, and the file system is one that can be mounted
kefsd_kill
# By an address of this host that no security group guards: that must be asked for
{ cat "$KEFS_TESTS/api/efs.conf"; echo "default_file_system = $fs"; } > /tmp/efs.conf
kefsd_start --config /tmp/efs.conf || fatal "kefsd does not start again"
equal "mount targets outlive a crash" "$(text 'MountTargets[].MountTargetId' describe-mount-targets --file-system-id "$fs" | tr '\t' ' ')" "${targets[*]}"
equal "access points too" "$(text 'AccessPoints[].Name' describe-access-points --file-system-id "$fs")" demo-web-content
equal "and configuration" "$(text 'LifecyclePolicies[0].TransitionToIA' describe-lifecycle-configuration --file-system-id "$fs")" AFTER_30_DAYS
# The policy wants TLS and somebody of the account
one_client plain
check_not "not without what the policy wants" mount_on plain /mnt/plain
check "without a policy" aws efs delete-file-system-policy --file-system-id "$fs"
join a
check "it can be mounted" sh -c "echo text > '$A/f' && grep -q text '$A/f'"
cd /
umount_all
unused() { [ "$(kefsctl --json fs show "$fs" | jq .Connections)" = 0 ]; }
check "and unmounted" wait_for 10 unused

equal "not deleted with mount targets" "$(status_of aws efs delete-file-system --file-system-id "$fs")" 254
check "which is said" grep -q '(FileSystemInUse)' /tmp/out
check "the access point goes" aws efs delete-access-point --access-point-id "$web"
for target in "${targets[@]}"; do check "a mount target goes" aws efs delete-mount-target --mount-target-id "$target"; done
check "and the file system" aws efs delete-file-system --file-system-id "$fs"
gone() { ! aws efs describe-file-systems --file-system-id "$fs" > /tmp/out 2>&1 && grep -q '(FileSystemNotFound)' /tmp/out; }
check "until it is not found" wait_for 30 gone

equal "an unknown key" "$(AWS_ACCESS_KEY_ID=AKIAAAAAAAAAAAAAAAAA status_of aws efs describe-file-systems)" 254
check "is refused" grep -q '(UnrecognizedClientException)' /tmp/out
check "unsigned requests too" sh -c "curl -s $AWS_ENDPOINT_URL/2015-02-01/file-systems | grep -q MissingAuthenticationTokenException"
finish
