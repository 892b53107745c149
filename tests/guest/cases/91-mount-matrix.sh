#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Every way to mount (plain, through a tunnel, by the kernel's TLS), as nobody, a user or a role's session, the root or an
# access point, under every kind of policy: what each may do, worked out from the policy by a small rule, and tried.
# options: --mem 2G
# timeout: 900
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/tls.sh
. "${KEFS_TESTS:?}/guest/tls.sh"

tls_set_up ''
fs=$(new_fs 10.66.0.10)
account=$(kefsctl --json subnets | jq -r .Account)
export AWS_EC2_METADATA_DISABLED=true
mkdir -p /etc/amazon/efs /mnt/m
printf '%s\n' '[mount]' 'region = us-east-1' "stunnel_cafile = $ca" 'stunnel_check_cert_hostname = false' \
	'retry_nfs_mount_command = false' '[mount-watchdog]' 'unmount_count_for_consistency = 1' > /etc/amazon/efs/efs-utils.conf
at_exit watchdog_stop
tlshd_start efs
at_exit tlshd_stop

# --- who there is, and what policies of their own give them
declare -A key own=([anonymous]='' [user]='W' [role]='M R')
aws iam create-user --user-name user > /dev/null
key[user]="$(aws iam create-access-key --user-name user --query 'AccessKey.[AccessKeyId,SecretAccessKey]') -"
cat > /tmp/trust.json <<- P
	{ "Version": "2012-10-17", "Statement": [ { "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::$account:user/user" },
	  "Action": "sts:AssumeRole" } ] }
P
aws iam create-role --role-name role --assume-role-policy-document file:///tmp/trust.json > /dev/null
# as WHO CMD…: with the keys of that one in the environment
as() {
	local id secret token
	read -r id secret token <<< "${key[$1]}"
	env AWS_ACCESS_KEY_ID="$id" AWS_SECRET_ACCESS_KEY="$secret" AWS_SESSION_TOKEN="${token#-}" "${@:2}"
}
key[role]=$(as user aws sts assume-role --role-arn "arn:aws:iam::$account:role/role" --role-session-name matrix \
	--query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]')

# --- what policies give everybody: M to mount, W to write, R to be root; tls-: only with TLS, none-: nobody at all
declare -A gives=([allows]='M W R' [read-only]='M R' [no-root]='M W' [tls-required]='tls- M W R' [denied]='none- M W R')
declare -A action=([M]=ClientMount [W]=ClientWrite [R]=ClientRootAccess)
# allow LETTER…, deny [CONDITION]: statements
allow() {
	local list='' l
	for l; do list+="${list:+, }\"elasticfilesystem:${action[$l]}\""; done
	echo "\"Effect\": \"Allow\", \"Action\": [$list]"
}
own_policy() { echo "{\"Version\": \"2012-10-17\", \"Statement\": [{$(allow "$@"), \"Resource\": \"*\"}]}"; }
set_policy() {
	local words=${gives[$1]} deny=''
	case $words in
	tls-*) deny=', {"Effect": "Deny", "Principal": "*", "Action": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}' ;;
	none-*) deny=', {"Effect": "Deny", "Principal": "*", "Action": "elasticfilesystem:Client*"}' ;;
	esac
	# shellcheck disable=SC2086 # words
	policy "$fs" "{$(allow ${words#*- }), \"Principal\": \"*\"}$deny"
}
check "the user may write" aws iam put-user-policy --user-name user --policy-name own --policy-document "$(own_policy W)"
check "the role may mount, and be root" aws iam put-role-policy --role-name role --policy-name own --policy-document "$(own_policy M R)"

# --- the rule: expected POLICY WAY WHO WHERE: what cannot be asked for; else what can be done, "" for no mount
expected() {
	local words="${gives[$1]} ${own[$3]}"
	if [ "$2" = plain ] && [ "$3" != anonymous ]; then echo "'iam' needs the option 'tls'"; return; fi
	if [ "$2" = plain ] && [ "$4" = point ]; then echo "'accesspoint' needs the option 'tls'"; return; fi
	case $words in
	none-*) echo denied; return ;;
	tls-*) [ "$2" != plain ] || { echo denied; return; } ;;
	esac
	# An access point's user is not root; without leave to write nobody makes a file
	case $words-$4 in
	*W*-point) echo "read write" ;;
	*W*R*-root | *R*W*-root) echo "read write root" ;;
	*W*-root) echo "read write" ;;
	*) echo "read" ;;
	esac
}

# --- observed POLICY WAY WHO WHERE, in the same words
mount_as() {
	local options=mounttargetip=10.66.0.10,netns=/run/netns/a,soft,timeo=100,retrans=1 run=()
	case $1 in
	tunnel) options+=,tls,stunnel ;;
	xprtsec) options+=,tls ;;
	esac
	# tlshd has one certificate at a time; the watchdog takes that of the last mount away
	wait_for 10 no_certificate || { echo "the last mount's certificate stays"; return 1; }
	[ "$2" = anonymous ] || { options+=,iam; run=(as "$2"); }
	[ "$3" = root ] || options+=,accesspoint=$point
	"${run[@]}" mount -t efs -o "$options" "$fs:/" /mnt/m > /tmp/said 2>&1
}
no_certificate() { [ ! -e /run/kefs/mounts/tlshd ]; }
# make FILE: root's own, or not at all
make_root() { touch "$1" 2> /dev/null && [ "$(stat -c %u "$1")" = 0 ]; }
observed() {
	local can='' dir=/mnt/m/team
	if ! mount_as "$2" "$3" "$4"; then
		# The refusal itself, if it is one of mount.efs; the server's are all the same
		if grep -q "access denied" /tmp/said; then echo denied; else grep -o "'[a-z]*' needs the option 'tls'" /tmp/said || cat /tmp/said; fi
		return
	fi
	[ "$4" = root ] || dir=/mnt/m
	[ "$2" != xprtsec ] || grep -q ' /mnt/m .*xprtsec=' /proc/mounts || can='not by the kernel '
	! grep -q text $dir/text || can+='read'
	! setpriv --reuid 1001 --regid 1002 --clear-groups touch "$dir/$n.user" 2> /dev/null || can+=' write'
	! make_root "/mnt/m/$n.root" || can+=' root'
	echo "$can"
	umount /mnt/m
}

# --- the files: the access point's directory, as its first client would make it
point=$(efs create-access-point --file-system-id "$fs" --client-token point --posix-user Uid=1001,Gid=1002 \
	--root-directory 'Path=/team,CreationInfo={OwnerUid=1001,OwnerGid=1002,Permissions=755}' --query AccessPointId)
mount_as plain anonymous root || { cat /tmp/said; fatal "no mount at all"; }
install -d -o 1001 -g 1002 /mnt/m/team
echo text > /mnt/m/team/text
umount /mnt/m

n=0
start=$SECONDS
for policy in allows read-only no-root tls-required denied; do
	check "the policy $policy" set_policy $policy
	for way in plain tunnel xprtsec; do
		for who in anonymous user role; do
			for where in root point; do
				n=$((n + 1))
				equal "$policy: $way, $who, $where" "$(observed $policy $way $who $where)" "$(expected $policy $way $who $where)"
			done
		done
	done
done
echo "# $n mixes in $((SECONDS - start)) s"
equal "all of them" $n 90
nothing_left() { [ -z "$(find /run/kefs/mounts -mindepth 1 -type d)" ]; }
check "no tunnel is left" wait_for 30 nothing_left
kefsd_stop
kefsd_start || fatal "kefsd does not start with its own configuration"
finish
