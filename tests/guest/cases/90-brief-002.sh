#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A published recipe for EFS ("Building Distributed File Systems with Amazon EFS"), its commands as written, with the stock
# aws CLI and mount -t efs, on two hosts; and its mistakes, which fail as they do at Amazon.
#
# What stands in for what is not Kefs' business:
#	an EC2 instance: a network and a mount namespace with its own /etc/fstab, /etc/resolv.conf, /root and /run/kefs;
#	    it is "launched in a security group" by that group's tag kefs:members; its region is configured, not asked of IMDS
#	its instance profile (which the recipe forgets): the keys of a role's session in ~/.aws/credentials
#	ssh and sudo: a shell in these namespaces, which is root already
#	Secrets Manager's random suffix: openssl's
# options: --mem 2G
# timeout: 900
# shellcheck disable=SC2317 # called by name
# shellcheck disable=SC2086 # the recipe's commands are as written
# shellcheck disable=SC2119,SC2120
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
# shellcheck source=tests/guest/aws.sh
. "$KEFS_TESTS/guest/aws.sh"
kefs_only
aws_server_start

ip link add mt0 type dummy || fatal "no dummy interface"
ip link set mt0 up
printf '%s\n' 'subnets = us-east-1a mt0 10.66.0.0/24, us-east-1b mt0 10.66.1.0/24, us-east-1c mt0 10.66.2.0/24' 'dns = on' \
	> /tmp/kefsd.conf
kefsd_stop || fatal "kefsd does not stop"
kefsd_start --config /tmp/kefsd.conf || fatal "kefsd does not start"
eval "$(kefsctl admin-key --export)"
export AWS_PAGER='' AWS_MAX_ATTEMPTS=1 AWS_EC2_METADATA_DISABLED=true
mkdir -p /etc/amazon/efs ~/.ssh /mnt/{efs,web-content,shared-data} /tmp/instances
kefsctl ca --export > /tmp/instances/ca.pem
printf '%s\n' '[mount]' 'region = us-east-1' 'stunnel_cafile = /tmp/instances/ca.pem' '[mount-watchdog]' \
	'unmount_count_for_consistency = 1' > /etc/amazon/efs/efs-utils.conf
at_exit stop_watchdogs
stop_watchdogs() { pgrep -x kefs-watchdog | xargs -r kill; }

# status STATUS TEXT CMD…: it ends with that, and says that
status() {
	local want=$1 text=$2 rc=0
	shift 2
	"$@" > /tmp/out 2>&1 || rc=$?
	if [ $rc = "$want" ] && grep -q -- "$text" /tmp/out; then return 0; fi
	echo "status $rc"
	cat /tmp/out
	return 1
}
# refused CODE CMD…: by the service; no_command TEXT CMD…: by the CLI itself, which knows no such thing
refused() { status 254 "($1)" "${@:2}"; }
no_command() { status 252 "$@"; }
# foreign CMD…: of a service that is not here
foreign() { ! "$@" > /tmp/out 2>&1; }

# instance N ZONE-RESOLVER: the process that holds its namespaces is ${instance[N]}
instance() {
	local dir=/tmp/instances/$1
	one_client "i$1"
	ip -n "i$1" route add 10.66.0.0/16 via "$(server_addr "i$1")"
	mkdir -p $dir/root
	echo "nameserver $2" > $dir/resolv.conf
	: > $dir/fstab
	nsenter --net="/run/netns/i$1" -- unshare -m --propagation private sh -c "mount --bind $dir/fstab /etc/fstab &&
		mount --bind $dir/resolv.conf /etc/resolv.conf && mount --bind $dir/root /root &&
		mount -t tmpfs run /run/kefs && touch $dir/up && exec sleep infinity" &
	instance[$1]=$!
	at_exit terminate "$1"
	wait_for 10 test -e $dir/up || fatal "instance $1 does not start"
}
# terminate N: whatever is mounted there goes with the last process of its mount namespace
terminate() { ! kill "${instance[$1]}" 2> /dev/null || wait "${instance[$1]}"; }
# on N [< SCRIPT]: what ssh does
on() {
	{
		echo 'sudo() { "$@"; }'
		cat
	} | nsenter -t "${instance[$1]}" -m -n -r -w -- env -i PATH="$PATH" HOME=/root bash -e -s
}
# run_on N COMMAND
run_on() { on "$1" <<< "$2"; }
of() { run_on "$1" "stat -c %u:%g:%a '$2'"; }

echo "# Preparation"
aws configure set region us-east-1
# shellcheck disable=SC2155
{
export AWS_REGION=$(aws configure get region)
export AWS_ACCOUNT_ID=$(aws sts get-caller-identity \
    --query Account --output text)
}
equal "region and account" "$AWS_REGION $AWS_ACCOUNT_ID" "us-east-1 000000000000"
check "no Secrets Manager here" foreign aws secretsmanager get-random-password --exclude-punctuation --password-length 6
RANDOM_SUFFIX=$(openssl rand -hex 3)
EFS_NAME="distributed-efs-${RANDOM_SUFFIX}"
VPC_ID=$(aws ec2 describe-vpcs \
    --filters "Name=is-default,Values=true" \
    --query 'Vpcs[0].VpcId' --output text)
SUBNET_IDS=$(aws ec2 describe-subnets \
    --filters "Name=vpc-id,Values=${VPC_ID}" \
    --query 'Subnets[].SubnetId' --output text)
SUBNET_1=$(echo $SUBNET_IDS | cut -d' ' -f1)
SUBNET_2=$(echo $SUBNET_IDS | cut -d' ' -f2)
SUBNET_3=$(echo $SUBNET_IDS | cut -d' ' -f3)
check "a VPC with three subnets" test "${VPC_ID:0:4}${SUBNET_1:0:7}${SUBNET_2:0:7}${SUBNET_3:0:7}" = vpc-subnet-subnet-subnet-
check "no key pairs here" refused InvalidAction aws ec2 create-key-pair --key-name efs-demo --query 'KeyMaterial' --output text

echo "# 1. Security groups"
EFS_SG_ID=$(aws ec2 create-security-group \
    --group-name "efs-sg-${RANDOM_SUFFIX}" \
    --description "Security group for EFS mount targets" \
    --vpc-id $VPC_ID \
    --query 'GroupId' --output text)
EC2_SG_ID=$(aws ec2 create-security-group \
    --group-name "efs-client-sg-${RANDOM_SUFFIX}" \
    --description "Security group for EFS client instances" \
    --vpc-id $VPC_ID \
    --query 'GroupId' --output text)
check "two groups" test "${EFS_SG_ID:0:3}${EC2_SG_ID:0:3}" = sg-sg-
check "NFS from the one to the other" aws ec2 authorize-security-group-ingress \
    --group-id $EFS_SG_ID \
    --protocol tcp \
    --port 2049 \
    --source-group $EC2_SG_ID
check "SSH" aws ec2 authorize-security-group-ingress \
    --group-id $EC2_SG_ID \
    --protocol tcp \
    --port 22 \
    --cidr 0.0.0.0/0
check "HTTP" aws ec2 authorize-security-group-ingress \
    --group-id $EC2_SG_ID \
    --protocol tcp \
    --port 80 \
    --cidr 0.0.0.0/0

echo "# 2. The file system"
EFS_ID=$(aws efs create-file-system \
    --creation-token "${EFS_NAME}-token" \
    --performance-mode generalPurpose \
    --throughput-mode elastic \
    --encrypted \
    --tags Key=Name,Value=$EFS_NAME \
    --query 'FileSystemId' --output text)
check "a file system" test "${EFS_ID:0:3}" = fs-
check "EFS has no waiters" no_command "Invalid choice" aws efs wait file-system-available --file-system-id $EFS_ID
equal "but it is there at once" "$(aws efs describe-file-systems --file-system-id $EFS_ID --output text \
	--query 'FileSystems[0].[LifeCycleState,Name,PerformanceMode,ThroughputMode,Encrypted]' | tr '\t' ' ')" \
	"available $EFS_NAME generalPurpose elastic True"
check "the same token again" refused FileSystemAlreadyExists aws efs create-file-system --creation-token "${EFS_NAME}-token"

echo "# 3. Mount targets"
MT1_ID=$(aws efs create-mount-target \
    --file-system-id $EFS_ID \
    --subnet-id $SUBNET_1 \
    --security-groups $EFS_SG_ID \
    --query 'MountTargetId' --output text)
MT2_ID=$(aws efs create-mount-target \
    --file-system-id $EFS_ID \
    --subnet-id $SUBNET_2 \
    --security-groups $EFS_SG_ID \
    --query 'MountTargetId' --output text)
MT3_ID=$(aws efs create-mount-target \
    --file-system-id $EFS_ID \
    --subnet-id $SUBNET_3 \
    --security-groups $EFS_SG_ID \
    --query 'MountTargetId' --output text)
check "nor for mount targets" no_command "Invalid choice" aws efs wait mount-target-available --mount-target-id $MT1_ID
targets() { aws efs describe-mount-targets --file-system-id $EFS_ID --query "length(MountTargets[?LifeCycleState=='available'])"; }
equal "three are available" "$(targets)" 3
check "a second one in a zone" refused MountTargetConflict aws efs create-mount-target --file-system-id $EFS_ID --subnet-id $SUBNET_1
equal "they have the group" "$(aws efs describe-mount-target-security-groups --mount-target-id $MT3_ID --query 'SecurityGroups[0]' --output text)" \
	"$EFS_SG_ID"

echo "# 4. Access points"
AP1_ID=$(aws efs create-access-point \
    --file-system-id $EFS_ID \
    --posix-user Uid=1000,Gid=1000 \
    --root-directory Path=/web-content,CreationInfo='{OwnerUid=1000,OwnerGid=1000,Permissions=755}' \
    --tags Key=Name,Value="${EFS_NAME}-web-content" \
    --query 'AccessPointId' --output text)
AP2_ID=$(aws efs create-access-point \
    --file-system-id $EFS_ID \
    --posix-user Uid=1001,Gid=1001 \
    --root-directory Path=/shared-data,CreationInfo='{OwnerUid=1001,OwnerGid=1001,Permissions=750}' \
    --tags Key=Name,Value="${EFS_NAME}-shared-data" \
    --query 'AccessPointId' --output text)
equal "two, with names" "$(aws efs describe-access-points --file-system-id $EFS_ID --output text \
	--query 'sort_by(AccessPoints,&Name)[].[Name,LifeCycleState,RootDirectory.Path]' | tr '\t\n' '  ')" \
	"$EFS_NAME-shared-data available /shared-data $EFS_NAME-web-content available /web-content "

echo "# 5. Instances"
check "no instances here" refused InvalidAction aws ec2 run-instances --image-id ami-00000000000000000 --instance-type t3.micro \
	--security-group-ids $EC2_SG_ID --subnet-id $SUBNET_1
zone_of() { kefsctl --json subnets | jq -r ".Subnets[] | select(.SubnetId == \"$1\") | .CidrBlock" | sed 's|0/24|2|'; }
instance 1 "$(zone_of $SUBNET_1)"
instance 2 "$(zone_of $SUBNET_2)"
address_of() { aws efs describe-mount-targets --mount-target-id $1 --query 'MountTargets[0].IpAddress' --output text; }
mt1=$(address_of $MT1_ID)
resolves_to() { [ "$(run_on "$1" "getent ahostsv4 $EFS_ID.efs.us-east-1.amazonaws.com" | awk '{ print $1; exit }')" = "$2" ]; }
check "the name is the target in the first zone" wait_for 10 resolves_to 1 "$mt1"
check "in the second zone its own" wait_for 10 resolves_to 2 "$(address_of $MT2_ID)"
check_not "who is not in the group does not come through" run_on 1 "nc -z -w 1 $mt1 2049"
check "both are in the group" aws ec2 create-tags --resources $EC2_SG_ID \
	--tags "Key=kefs:members,Value=$(client_addr i1)/32 $(client_addr i2)/32"
check "and come through" run_on 1 "nc -z -w 5 $mt1 2049"

echo "# 6. Mounts"
mount_line="sudo mount -t efs -o tls,iam ${EFS_ID}:/ /mnt/efs"
check "iam without an instance profile" status 1 "found no credentials" run_on 1 "$mount_line"
cat > /tmp/trust.json << P
{ "Version": "2012-10-17", "Statement": [ { "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::$AWS_ACCOUNT_ID:user/ec2" },
  "Action": "sts:AssumeRole" } ] }
P
aws iam create-user --user-name ec2 > /dev/null
read -r key secret < <(aws iam create-access-key --user-name ec2 --query 'AccessKey.[AccessKeyId,SecretAccessKey]' --output text)
check "a role for them" aws iam create-role --role-name efs-client --assume-role-policy-document file:///tmp/trust.json
for i in 1 2; do
	mkdir -p /tmp/instances/$i/root/.aws
	read -r k s t < <(AWS_ACCESS_KEY_ID=$key AWS_SECRET_ACCESS_KEY=$secret aws sts assume-role --output text \
		--role-arn "arn:aws:iam::$AWS_ACCOUNT_ID:role/efs-client" --role-session-name "i-$i" \
		--query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]')
	printf '[default]\naws_access_key_id = %s\naws_secret_access_key = %s\naws_session_token = %s\n' "$k" "$s" "$t" \
		> /tmp/instances/$i/root/.aws/credentials
	check "instance $i mounts, has it in fstab, and writes" on $i << EOF
   # Mount EFS file system
   sudo mount -t efs -o tls,iam ${EFS_ID}:/ /mnt/efs

   # Mount access points
   sudo mount -t efs -o tls,iam,accesspoint=${AP1_ID} ${EFS_ID}:/ /mnt/web-content
   sudo mount -t efs -o tls,iam,accesspoint=${AP2_ID} ${EFS_ID}:/ /mnt/shared-data

   # Add to fstab for persistent mounting
   echo "${EFS_ID}:/ /mnt/efs efs defaults,_netdev,tls,iam" | sudo tee -a /etc/fstab
   echo "${EFS_ID}:/ /mnt/web-content efs defaults,_netdev,tls,iam,accesspoint=${AP1_ID}" | sudo tee -a /etc/fstab
   echo "${EFS_ID}:/ /mnt/shared-data efs defaults,_netdev,tls,iam,accesspoint=${AP2_ID}" | sudo tee -a /etc/fstab

   # Create test files
   echo "Hello from instance $i" | sudo tee /mnt/efs/test$i.txt
   echo "Web content from instance $i" | sudo tee /mnt/web-content/web$i.txt
   echo "Shared data from instance $i" | sudo tee /mnt/shared-data/data$i.txt
EOF
done
connections() { kefsctl --json connections | jq -r "[.Connections[] | select(.FileSystemId == \"$EFS_ID\") | $1] | unique | join(\" \")"; }
equal "who they are" "$(connections .Principal)" \
	"$(printf "arn:aws:sts::$AWS_ACCOUNT_ID:assumed-role/efs-client/%s\n" i-1 i-2 | paste -sd ' ')"
equal "all with TLS" "$(connections .Tls)" true
equal "whole, and by both access points" "$(connections .AccessPointId)" "$(printf '%s\n' "$AP1_ID" "$AP2_ID" | sort | sed '1s/^/ /' | paste -sd ' ')"

echo "# Validation"
equal "available" "$(aws efs describe-file-systems \
    --file-system-id $EFS_ID \
    --query 'FileSystems[0].LifeCycleState' --output text)" available
ls_on() { run_on "$1" "ls $2" | paste -sd ' '; }
for i in 1 2; do
	equal "instance $i sees the files of both" "$(ls_on $i /mnt/efs/)" "shared-data test1.txt test2.txt web-content"
	equal "in the first access point its own" "$(ls_on $i /mnt/web-content/)" "web1.txt web2.txt"
	equal "in the second its own" "$(ls_on $i /mnt/shared-data/)" "data1.txt data2.txt"
done
equal "what the other has written" "$(run_on 2 "cat /mnt/efs/test1.txt /mnt/web-content/web1.txt /mnt/shared-data/data1.txt" | paste -sd ,)" \
	"Hello from instance 1,Web content from instance 1,Shared data from instance 1"
equal "the first one's directory" "$(of 1 /mnt/efs/web-content)" 1000:1000:755
equal "its files" "$(of 1 /mnt/efs/web-content/web1.txt) $(of 1 /mnt/efs/web-content/web2.txt)" "1000:1000:644 1000:1000:644"
equal "the second one's directory" "$(of 1 /mnt/efs/shared-data)" 1001:1001:750
equal "its files" "$(of 1 /mnt/efs/shared-data/data1.txt) $(of 1 /mnt/efs/shared-data/data2.txt)" "1001:1001:644 1001:1001:644"
equal "the file system's own are root's" "$(of 1 /mnt/efs/test1.txt)" 0:0:644
equal "df has eight exbibytes" "$(run_on 1 "df -h /mnt/efs" | awk 'NR == 2 { print $2 }')" 8.0E
check "mount | grep efs" run_on 1 "mount | grep efs | grep -q nfs4"
equal "they are NFS 4.1 of a tunnel" "$(run_on 1 "grep -c '^127.0.0.1:/ .* nfs4 .*vers=4.1' /proc/mounts")" 3
check "umount, and all of fstab again" run_on 1 "sudo umount /mnt/efs /mnt/web-content /mnt/shared-data; sudo mount -a"
equal "with the files" "$(ls_on 1 /mnt/web-content/)" "web1.txt web2.txt"
equal "and as its user" "$(run_on 1 "touch /mnt/shared-data/again; stat -c %u:%g /mnt/efs/shared-data/again")" 1001:1001
# The recipe lets it run for half a minute, with 100 MB
for way in write read; do
	check "fio: $way" run_on 1 "cd /tmp && sudo fio --name=$way-test --directory=/mnt/efs \
       --rw=$way --bs=1M --size=8M --numjobs=4 \
       --time_based --runtime=2 --group_reporting"
done

echo "# 7., 8. Monitoring and AWS Backup are other services; what the CLI itself refuses"
check "no log group" foreign aws logs create-log-group --log-group-name "/aws/efs/${EFS_NAME}"
check "retention is another call" no_command "retention-in-days" aws logs create-log-group --log-group-name "/aws/efs/${EFS_NAME}" \
	--retention-in-days 7
check "no such option" no_command "backup-vault-kms-key-id" aws backup create-backup-vault --backup-vault-name v \
	--backup-vault-kms-key-id alias/aws/backup
check "no such command" no_command "Invalid choice" aws backup describe-backup-plan --backup-plan-id x
check "EFS's own switch for backups" aws efs put-backup-policy --file-system-id $EFS_ID --backup-policy Status=ENABLED
check "is on" test "$(aws efs describe-backup-policy --file-system-id $EFS_ID --query BackupPolicy.Status --output text)" != DISABLED

echo "# 10. Lifecycle and policy"
check "no such command" no_command "Invalid choice" aws efs create-lifecycle-policy \
    --file-system-id $EFS_ID \
    --lifecycle-policy TransitionToIA=AFTER_30_DAYS,TransitionToPrimaryStorageClass=AFTER_1_ACCESS
check "two in one object" refused BadRequest aws efs put-lifecycle-configuration --file-system-id $EFS_ID \
	--lifecycle-policies TransitionToIA=AFTER_30_DAYS,TransitionToPrimaryStorageClass=AFTER_1_ACCESS
check "one in each" aws efs put-lifecycle-configuration --file-system-id $EFS_ID \
	--lifecycle-policies TransitionToIA=AFTER_30_DAYS TransitionToPrimaryStorageClass=AFTER_1_ACCESS
equal "are kept" "$(aws efs describe-lifecycle-configuration --file-system-id $EFS_ID --query 'length(LifecyclePolicies)')" 2
cat > /tmp/file-system-policy.json << EOF
{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {
                "AWS": "arn:aws:iam::${AWS_ACCOUNT_ID}:root"
            },
            "Action": [
                "elasticfilesystem:ClientMount",
                "elasticfilesystem:ClientWrite",
                "elasticfilesystem:ClientRootAccess"
            ],
            "Resource": "arn:aws:elasticfilesystem:${AWS_REGION}:${AWS_ACCOUNT_ID}:file-system/${EFS_ID}",
            "Condition": {
                "Bool": {
                    "aws:SecureTransport": "true"
                }
            }
        }
    ]
}
EOF
check "there is no policy" refused PolicyNotFound aws efs describe-file-system-policy --file-system-id $EFS_ID
aws efs describe-file-system-policy \
    --file-system-id $EFS_ID \
    --query 'Policy' --output text > /dev/null 2>&1 || \
aws efs put-file-system-policy \
    --file-system-id $EFS_ID \
    --policy file:///tmp/file-system-policy.json > /dev/null
check "now there is" aws efs describe-file-system-policy --file-system-id $EFS_ID
# The account's root in a policy leaves it to the account's own policies: the role has none yet
check "who has no policy of its own loses access" status 1 "Permission denied" run_on 1 "touch /mnt/efs/no"
check "it gets one" aws iam attach-role-policy --role-name efs-client \
	--policy-arn arn:aws:iam::aws:policy/AmazonElasticFileSystemClientFullAccess
check "and goes on at once" run_on 1 "touch /mnt/efs/yes /mnt/web-content/yes"
mkdir -p /tmp/instances/plain
check "anonymous is refused" status 32 "" run_on 2 "mount -t efs -o tls,soft,timeo=50,retrans=1 ${EFS_ID}:/ /tmp/instances/plain"
check "without TLS, too" status 32 "access denied" run_on 2 "mount -t efs -o soft,timeo=50,retrans=1 ${EFS_ID}:/ /tmp/instances/plain"

echo "# Clean-up"
for i in 1 2; do
	check "instance $i unmounts" run_on $i "sudo umount /mnt/efs /mnt/web-content /mnt/shared-data"
	check "nothing of it is left" wait_for 30 run_on $i "! ls -d /run/kefs/mounts/fs-*"
	terminate $i
done
check "access points" aws efs delete-access-point --access-point-id $AP1_ID
check "both" aws efs delete-access-point --access-point-id $AP2_ID
check "not before its mount targets" refused FileSystemInUse aws efs delete-file-system --file-system-id $EFS_ID
check "mount targets" aws efs delete-mount-target --mount-target-id $MT1_ID
check "the second" aws efs delete-mount-target --mount-target-id $MT2_ID
check "the third" aws efs delete-mount-target --mount-target-id $MT3_ID
no_targets() { [ "$(aws efs describe-mount-targets --file-system-id $EFS_ID --query 'length(MountTargets)')" = 0 ]; }
check "they are gone within the recipe's minute" wait_for 60 no_targets
check "the file system" aws efs delete-file-system --file-system-id $EFS_ID
fs_gone() { refused FileSystemNotFound aws efs describe-file-systems --file-system-id $EFS_ID; }
check "is gone" wait_for 30 fs_gone
check "the group" aws ec2 delete-security-group --group-id $EFS_SG_ID
check "and the clients', which the recipe forgets" aws ec2 delete-security-group --group-id $EC2_SG_ID
kefsd_stop
kefsd_start || fatal "kefsd does not start with its own configuration"
finish
