#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# cli.sh KEFSD-FAKE KEFSCTL: the programs end to end, but for the kernel module: every command, exit codes, connections,
# kill -9, the module going and coming. Needs root.
set -u -o pipefail
[ $# = 2 ] || { echo "usage: $0 KEFSD-FAKE KEFSCTL" >&2; exit 64; }
[ "$(id -u)" = 0 ] || { echo "skipped: needs root"; exit 0; }
kefsd=$(readlink -f "$1") ctl=$(readlink -f "$2")
dir=$(mktemp -d)
pid=
cleanup() {
	[ -z "$pid" ] || kill -9 "$pid" 2> /dev/null
	rm -rf -- "$dir"
}
trap cleanup EXIT
trap 'exit 1' INT TERM
fail() { echo "cli.sh: line ${BASH_LINENO[0]}: $*" >&2; cat "$dir"/log >&2; exit 1; }

# wait_for CMD…: until it succeeds, 10 s
wait_for() {
	local i
	for ((i = 0; i < 200; i++)); do "$@" > /dev/null 2>&1 && return; sleep 0.05; done
	return 1
}
run_ctl() { "$ctl" --socket "$dir/run/kefsd.sock" "$@"; }
# expect STATUS PATTERN CMD…
expect() {
	local status=$1 pattern=$2 out rc
	shift 2
	out=$(run_ctl "$@" 2>&1)
	rc=$?
	[ $rc = "$status" ] || fail "kefsctl $*: status $rc, not $status: $out"
	grep -q -- "$pattern" <<< "$out" || fail "kefsctl $*: no '$pattern' in: $out"
}
serving() { run_ctl status; }
start() {
	"$kefsd" --config "$dir/conf" --foreground >> "$dir/log" 2>&1 &
	pid=$!
	wait_for serving || fail "kefsd did not start"
}

port=$((20000 + RANDOM % 20000))
mkdir "$dir/pool"
cat > "$dir/conf" <<C
state_dir = $dir/state
run_dir = $dir/run
pool = $dir/pool
listen = 127.0.0.1:$port
api_listen = 127.0.0.1:$((port + 1))
log_level = debug
C
export KEFS_FAKE_UNLOADED=$dir/unloaded
: > "$dir/log"

# command lines
expect 2 'Usage: kefsctl'
expect 0 'fs create' --help
expect 0 'Create a file system' fs create --help
expect 0 '^kefsctl ' --version
expect 2 "no command 'frob'" frob
expect 2 "no command 'fs frob'" fs frob
expect 2 'which file system' fs show
expect 2 "unknown option '--bogus'" fs list --bogus
expect 2 'given twice' --json --json fs list
expect 4 'is it running' status
expect 4 '"ErrorCode": "Unreachable"' status --json
"$kefsd" --config "$dir/nowhere" 2>> "$dir/log" && fail "a missing configuration was taken"
"$kefsd" --config "$dir/conf" --check-config > /dev/null || fail "--check-config"
"$kefsd" --bogus 2> /dev/null
[ $? = 2 ] || fail "kefsd --bogus"

# no module: an error, and nothing on disk
touch "$KEFS_FAKE_UNLOADED"
"$kefsd" --config "$dir/conf" --foreground 2> "$dir/err" && fail "started without a module"
grep -q 'kernel module kefs is not loaded' "$dir/err" || fail "$(cat "$dir/err")"
if [ -n "$(ls -A "$dir/pool")" ] || [ -e "$dir/state/kefs.db" ]; then fail "something was made without a module"; fi
rm "$KEFS_FAKE_UNLOADED"

start
expect 0 'kefsd  *version' status
expect 0 'There are no file systems' fs list
expect 0 'Created file system fs-' fs create --name demo --token t1
expect 1 'already exists' fs create --token t1
expect 1 '"ErrorCode": "FileSystemAlreadyExists"' --json fs create --token t1
expect 1 'Name contains' fs create --name 'a;b'
id=$(run_ctl fs create --quiet --name second) || fail "fs create --quiet"
[[ $id =~ ^fs-[0-9a-f]{17}$ ]] || fail "id '$id'"
expect 0 "$id  *second  *available" fs list
expect 0 "\"FileSystemId\": \"$id\"" fs show second --json
expect 0 'State  *available' fs show "$id"
expect 0 'State  *available' fs show second
expect 1 'is not in grace' grace end second
expect 1 '"ErrorCode": "IncorrectFileSystemLifeCycleState"' --json grace end "$id"
expect 2 'which file system' grace end
expect 3 'no file system' grace end nobody
expect 0 '"Grace": \[\]' status --json
expect 3 'no file system' fs show nobody
expect 3 'does not exist' fs show fs-00000000
expect 3 'does not exist' fs delete fs-00000000
expect 3 '"ErrorCode": "FileSystemNotFound"' --json stats --fs fs-00000000
expect 0 'READ  *2000  *5.0' stats
expect 0 'READ  *1000  *5.0' stats --fs demo
expect 0 'BadRecord  *7' stats
expect 0 '"Nanoseconds": 5000000' stats --json
expect 2 '1 to 3600' stats --watch 0
expect 0 'no clients' clients
expect 0 'subnet-[0-9a-f]*  *us-east-1a  *use1-az1  *127.66.0.0/16  *lo' subnets
expect 0 '"DefaultSecurityGroupId": "sg-' subnets --json
expect 0 '^Authority  *.*Kefs authority' ca
expect 0 '^-----BEGIN CERTIFICATE' ca --export
expect 0 "^Endpoint  *http://127.0.0.1:$((port + 1))" admin-key
expect 0 '^export AWS_SECRET_ACCESS_KEY=[A-Za-z0-9+/]*$' admin-key --export
expect 0 '"Connections": \[\]' connections --json
out=$(timeout 3 "$ctl" --socket "$dir/run/kefsd.sock" stats --watch 1 --json | head -n 2 | grep -c '"Module"')
[ "$out" = 2 ] || fail "stats --watch: $out lines"

# a second kefsd on the same state
"$kefsd" --config "$dir/conf" --foreground 2> "$dir/err" && fail "a second kefsd started"
grep -q 'another kefsd runs' "$dir/err" || fail "$(cat "$dir/err")"

# connections: two file systems and no default: refused; then one, served
served() { run_ctl status --json | grep -q "\"$1\": $2,\?\$"; }
exec 5<> "/dev/tcp/127.0.0.1/$port" && printf '\x80' >&5
wait_for served NoFileSystem 1 || fail "a connection without a file system"
expect 0 'Deleted' fs delete second --wait
expect 0 'FILE SYSTEM' fs list
exec 5<> "/dev/tcp/127.0.0.1/$port" && printf '\x80' >&5
wait_for served HandedOver 1 || fail "hand-over"
exec 6<> "/dev/tcp/127.0.0.1/$port" && printf '\x16\x03\x01' >&6
exec 6>&-
tls_seen() { served TlsRefused 1 || served Closed 1; }	# a kernel without TLS, or one with it
wait_for tls_seen || fail "TLS"
exec 6<> "/dev/tcp/127.0.0.1/$port" && printf 'GET / HTTP/1.0\r\n' >&6
wait_for served BadFirstByte 1 || fail "HTTP"
expect 0 "127.0.0.1:$port" connections
expect 0 'hex:\|L' clients
expect 1 'has 1 connection' fs delete demo

# HTTP that is none, too large, or to nowhere
if command -v curl > /dev/null; then
	http() { curl -s -o /dev/null -w '%{http_code}' --unix-socket "$dir/run/kefsd.sock" "$@"; }
	[ "$(http http://k/nowhere)" = 404 ] || fail "404"
	[ "$(http http://k/2015-02-01/account-preferences)" = 200 ] || fail "the EFS API over the control socket"
	public() { curl -s "$@" "http://127.0.0.1:$((port + 1))/$path"; }
	path=2015-02-01/file-systems
	public | grep -q '"ErrorCode":"MissingAuthenticationTokenException"' || fail "unsigned"
	head -c 140000 /dev/zero | public --data-binary @- | grep -q MissingAuthenticationTokenException || fail "unsigned, large"
	public -H 'Authorization: AWS4-HMAC-SHA256 x' | grep -q '"ErrorCode":"IncompleteSignatureException"' || fail "half a signature"
	path=kefs/v1/admin-key
	public -i | grep -q '^HTTP/1.1 403' || fail "the administrator's key for anybody"
	[ "$(http -X PUT http://k/kefs/v1/status)" = 405 ] || fail "405"
	[ "$(http -d '{' http://k/kefs/v1/file-systems)" = 400 ] || fail "400"
	[ "$(http 'http://k/kefs/v1/file-systems/%zz')" = 400 ] || fail "bad escape"
	[ "$(http 'http://k/kefs/v1/file-systems?Marker=f1')" = 400 ] || fail "a marker of nobody's"
	[ "$(head -c 140000 /dev/zero | http --data-binary @- http://k/kefs/v1/file-systems)" = 413 ] || fail "413"
	[ "$(head -c 140000 /dev/zero | http -H 'Transfer-Encoding: chunked' --data-binary @- http://k/kefs/v1/file-systems)" = 413 ] ||
		fail "a large chunked body"
	curl -s -i --unix-socket "$dir/run/kefsd.sock" http://k/kefs/v1/file-systems/fs-00000000 |
		grep -qi '^x-amzn-ErrorType: FileSystemNotFound' || fail "error header"
fi

# what belongs to a file system, in a person's words
tell() { run_ctl "$@" > "$dir/said" 2>&1 || fail "kefsctl $*: $(cat "$dir/said")"; }
tell access-point create demo --path /data --owner 1000:1000 --mode 0750 --user 1000:1001,27,100 --name mine
ap=$(grep -o 'fsap-[0-9a-f]*' "$dir/said")
expect 0 "$ap  *mine  *fs-[0-9a-f]*  */data  *1000:1001,27,100  *available" access-point list demo
expect 0 'owner 1000:1000, mode 0750' access-point show "$ap"
expect 0 '"Path": "/data"' access-point list --json
expect 2 'together' access-point create demo --owner 1:1
expect 2 'takes numbers' access-point create demo --user me
expect 2 'which file system' access-point create
expect 1 'octal digits' access-point create demo --path /x --owner 1:1 --mode rwx
expect 3 'does not exist' access-point show fsap-00000000000000000
tell mount-target create demo --zone us-east-1b --ip 127.67.0.9
mt=$(grep -o 'fsmt-[0-9a-f]*' "$dir/said")
expect 0 "$mt  *127.67.0.9  *us-east-1b" mount-target list demo
expect 0 '^sg-' mount-target groups "$mt"
expect 1 'sg-00000000' mount-target groups "$mt" sg-00000000
expect 3 'no subnet in zone' mount-target create demo --zone mars-1
expect 2 'says the zone' mount-target create demo --zone us-east-1a --subnet subnet-1
expect 0 "Deleted mount target $mt" mount-target delete "$mt"
echo '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "elasticfilesystem:ClientMount"}]}' > "$dir/policy"
expect 3 'policy' policy show demo
expect 0 'Set the policy' policy set demo "$dir/policy" --force
expect 0 'ClientMount' policy show demo
expect 0 'anonymous on fs-.*: read-only, root squashed' policy explain demo
expect 0 'ClientMount  *allowed by statement 1 of the' policy explain demo --address 192.0.2.1
expect 0 'ClientWrite  *1  *Allow  *no .* its Action is another one' policy explain demo --action ClientWrite
expect 0 'DeleteFileSystem  *allowed' policy explain demo --action elasticfilesystem:DeleteFileSystem --principal 000000000000
expect 0 '"Decides": true' policy explain demo --json
expect 2 'exclude each other' policy explain demo --tls --no-tls
expect 1 'is not an address' policy explain demo --address here
expect 1 'not one action' policy explain demo --action 'Client*'
expect 3 'there is nobody' policy explain demo --principal arn:aws:iam::000000000000:user/none
expect 1 'is not "anonymous", an account' policy explain demo --principal me
expect 3 'does not exist' policy explain demo --access-point fsap-00000000000000000
expect 0 'Deleted the policy' policy delete demo
expect 0 'anonymous on fs-.*: read-write' policy explain demo --no-tls
expect 1 'No such file' policy set demo "$dir/none"
expect 0 'Infrequent Access  *never' lifecycle demo
expect 0 'Infrequent Access  *after 30 days' lifecycle demo --ia 30 --return on
expect 1 'elastic throughput only' lifecycle demo --archive 90
expect 0 'throughput elastic, protection DISABLED' fs update demo --throughput elastic --protection off
expect 0 'Archive  *after 90 days' lifecycle demo --archive 90
expect 0 'Standard  *at the first access' lifecycle demo
expect 0 'Infrequent Access  *after 1 day$' lifecycle demo --ia 1
expect 2 'number of days or never' lifecycle demo --ia soon
expect 0 'Infrequent Access  *never' lifecycle demo --ia never --archive never
expect 3 'no backup policy' backup-policy demo
expect 0 'Backups are on' backup-policy demo on
expect 2 'on or off' fs update demo --protection maybe
tell tag set "$ap" a=1 "b c==2"
expect 0 'b c  *=2' tag list "$ap"
tell tag remove "$ap" a "b c"
expect 0 'Name  *mine' tag list "$ap"
expect 2 'KEY=VALUE' tag set demo x
expect 0 "Deleted access point $ap" access-point delete "$ap"
# the audit log: a call from here, an unsigned one, a refused one; not what only looks at kefsd; no secrets
audit=$dir/state/audit/audit.log
audited() { grep -q -- "$1" "$audit"; }
wait_for audited '"eventName":"CreateAccessPoint".*"requestParameters":{.*"path":"/data".*"responseElements":{.*"accessPointId":"' ||
	fail "no access point in $(cat "$audit")"
audited '"eventName":"CreateFileSystem".*"requestParameters":{.*"name":"second".*"responseElements":{.*"fileSystemId":"' ||
	fail "kefsctl's own call"
audited '"type":"Root".*"eventName":"GetAdminKey".*"sourceIPAddress":"localhost"' || fail "the administrator's key"
audited '"type":"Unknown".*"eventName":"DescribeFileSystems".*"sourceIPAddress":"127.0.0.1".*"errorCode":"MissingAuthenticationTokenException"' ||
	fail "an unsigned call"
audited '"eventName":"NewClientConnection".*"decision":"read-write"' || fail "a mount"
audited '"eventName":"NewClientConnection".*"errorCode":"AccessDenied"' || fail "a mount of no file system"
audited '"eventName":"CreateFileSystem".*"errorCode":"FileSystemAlreadyExists"' || fail "a failed call"
! audited "$(run_ctl admin-key --json | grep -o '"SecretAccessKey": "[^"]*' | cut -d '"' -f 4)" || fail "a secret in the audit log"
! audited 'Status\|Stats' || fail "who only looks"
[ "$(stat -c %a "$audit")" = 600 ] || fail "the audit log's mode"
words() {
	bash -c 'kefsctl() { :; }; eval "$(cat "$1")"; COMP_WORDS=(kefsctl "${@:2}"); COMP_CWORD=$(($# - 1)); _kefsctl; echo "${COMPREPLY[@]}"' - "$dir/said" "$@"
}
tell completion
[ "$(words acc)" = access-point ] || fail "completing acc: $(words acc)"
[ "$(words access-point "")" = "list show create delete" ] || [ "$(words access-point "" | tr ' ' '\n' | sort | tr '\n' ' ')" = "create delete list show " ] ||
	fail "completing access-point: $(words access-point "")"
[ "$(words fs delete demo --f)" = --force ] || fail "completing --f: $(words fs delete demo --f)"

# the module goes and comes: who comes meanwhile waits
touch "$KEFS_FAKE_UNLOADED" && kill -USR1 $pid
wait_for served Accepting false || fail "still accepting without a module"
expect 1 'not loaded' fs create
expect 0 'not serving' status
expect 1 'not loaded' clients
exec 6<> "/dev/tcp/127.0.0.1/$port" && printf '\x80' >&6
rm "$KEFS_FAKE_UNLOADED" && kill -USR1 $pid
wait_for served HandedOver 2 || fail "the one that waited was not served"
expect 0 '1 available' status

# kill -9 and again
kill -9 $pid
wait $pid 2> /dev/null
start
expect 0 'demo  *available' fs list
expect 0 'Deleted' fs delete demo --force --wait
expect 0 'There are no file systems' fs list
[ -z "$(find "$dir/pool/file-systems" "$dir/pool/trash" -mindepth 1)" ] || fail "the pool is not empty"
kill $pid
wait $pid || fail "kefsd's exit status is $? (or a sanitizer spoke)"
pid=
[ ! -e "$dir/run/kefsd.sock" ] || fail "the control socket is left"

# in the background: the starter returns when it is ready
"$kefsd" --config "$dir/conf" || fail "starting in the background"
expect 0 'version' status
pid=$(run_ctl status --json | sed -n 's/.*"Pid": \([0-9]*\).*/\1/p')
kill "$pid"
gone() { ! kill -0 "$pid"; }
wait_for gone || fail "the daemon does not end"
pid=
# sockets held by systemd: a connection from before the start is served
if command -v systemd-socket-activate > /dev/null; then
	systemd-socket-activate -l "127.0.0.1:$port" "$kefsd" --config "$dir/conf" --foreground >> "$dir/log" 2>&1 &
	pid=$!
	dial() { exec 5<> "/dev/tcp/127.0.0.1/$port"; }
	wait_for dial || fail "socket activation"
	printf '\x80' >&5
	wait_for serving || fail "kefsd did not start on its socket"
	wait_for served NoFileSystem 1 || fail "the connection that woke it"
	expect 0 'sockets held by systemd' status
	kill $pid
	wait $pid || fail "kefsd's exit status is $?"
	pid=
fi
! grep -E 'ERROR: |runtime error' "$dir/log" || fail "a sanitizer spoke"
echo "cli.sh: ok"
