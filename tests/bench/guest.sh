#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# guest.sh RUNS QUICK ONLY SERVER,SERVER AES: the part of scripts/bench that runs in the guest (--bare). Writes /out/bench.tsv:
#   server run workload operations ns server-thread-ns softirq-ns
# and, by report.py, /out/bench.json and the table on the standard output.
#
# shellcheck disable=SC2317 # the workloads are called by name
set -u
runs=$1 quick=$2 only=$3 servers=${4/,/ } aes=$5
repo=${KEFS_REPO:?} out=${KEFS_OUT:-/out}
here=$repo/tests/bench bin=/tmp/bench.bin mnt=/mnt/bench disk=/srv/bench tsv=$out/bench.tsv
# shellcheck source=tests/bench/servers.sh
. "$here/servers.sh"
# shellcheck source=tests/bench/tls.sh
. "$here/tls.sh"

files=5000 megabytes=256 calls=20000 ios=10000 stable_ios=1000 mounts=5
[ "$quick" = 0 ] || { files=1000 megabytes=64 calls=2000 ios=1000 stable_ios=200 mounts=2; }

die() { echo "bench: $*" >&2; exit 1; }

# Labels: the same server twice is nfsd and nfsd2, so that its noise can be seen; server and way for TLS
kind_of() {
	local kind=${1%%-*}
	echo "${kind%2}"
}

no_mount() {
	cd / || exit
	! mountpoint -q "$mnt" || umount "$mnt" || die "cannot unmount $mnt"
}

mount_label() {
	case $label in
	*-*) mount_way "$label" "$mnt" ;;
	*) mount_server "$label" "$mnt" ;;
	esac || die "cannot mount $label"
}

remount() {
	no_mount
	mount_label
	work=$mnt/$label
	mkdir -p "$work"
}

# Nothing left from the last workload that this one would pay for
settle() { sync -f "$disk"; }

# record NAME: one line of results: operations in $ops, time in $ns, CPU since begin
record() {
	local threads softirq
	read -r threads softirq < <(cpu_since "$(kind_of "$label")")
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$label" "$run" "$1" "$ops" "$ns" "$threads" "$softirq" >> "$tsv"
}

begin() {
	settle
	cpu_mark "$(kind_of "$label")"
}

# timed NAME OPERATIONS CMD…: a program from start to end
timed() {
	local name=$1 start=
	ops=$2
	shift 2
	begin
	start=$(date +%s%N)
	"$@" > /dev/null 2> /tmp/bench.err || die "$label: $name: $(tail -n 3 /tmp/bench.err)"
	ns=$(($(date +%s%N) - start))
	record "$name"
}

# meta NAME ARG…: metabench, which times itself
meta() {
	local name=$1 line
	shift
	begin
	line=$(set -o pipefail; "$bin/metabench" -d "$work" "$@" | awk '{ ops += $2; ns += $3 } END { print $1, ops, ns }') ||
		die "$label: metabench $*"
	read -r _ ops ns <<< "$line"
	record "$name"
}

# random NAME JOBS IOS FIO-ARG…
random() {
	local name=$1 jobs=$2 n=$3
	shift 3
	begin
	fio --name=bench --filename="$work/large0" --size="${megabytes}M" --bs=4k --direct=1 --ioengine=psync \
		--numjobs="$jobs" --thread --number_ios=$((n / jobs)) --norandommap --group_reporting \
		--output-format=json "$@" > /tmp/fio.json 2> /tmp/fio.err || die "$label: fio: $(cat /tmp/fio.err)"
	read -r ops ns < <(jq -r '.jobs[0] | (.read, .write) | select(.total_ios > 0) |
		"\(.total_ios) \(.total_ios / .iops * 1e9 | floor)"' /tmp/fio.json)
	[ -n "$ops" ] || die "$label: fio did nothing: $(head -c 300 /tmp/fio.json)"
	record "$name"
}

group_rpc() {
	local mode line
	for mode in null getattr read4k write4k openclose; do
		begin
		line=$(in_client "$bin/rpcping" "$SERVER_ADDR:${SERVER_PORT[$(kind_of "$label")]}" -n "$calls" "$mode") ||
			die "$label: rpcping $mode"
		read -r _ ops ns _ <<< "$line"
		ns=$((ns * ops))
		record "rpc-$mode"
	done
}

# Several times, with nothing in the client's cache: once is over in 0.2 s, in which a machine is anything
sequential_read() {
	local i
	for ((i = 0; i < 4; i++)); do
		remount
		meta "$1" -m "$megabytes" read-large
	done
}

group_data() {
	remount
	meta seq-write -m "$megabytes" write-large
	sequential_read seq-read
	random rand-read-1 1 "$ios" --rw=randread
	random rand-read-8 8 $((ios * 2)) --rw=randread
	random stable-write-1 1 "$stable_ios" --rw=randwrite --sync=dsync
	random stable-write-8 8 $((stable_ios * 4)) --rw=randwrite --sync=dsync
	rm -f "$work/large0"
}

group_small() {
	local p
	for p in 1 4; do
		remount
		meta "create-$p" -n "$files" -p "$p" create
		remount
		meta "stat-$p" -n "$files" -p "$p" stat
		meta "open-read-close-$p" -n "$files" -p "$p" open-read-close
		# Again and again, as compilers do with headers: what delegations are for, the cost of getting them included
		remount
		meta "reopen-$p" -n "$files" -p "$p" open-read-close open-read-close open-read-close open-read-close
		meta "append-$p" -n $((files / 10)) -p "$p" append append append
		remount
		meta "unlink-$p" -n "$files" -p "$p" unlink
	done
}

group_tree() {
	remount
	timed untar "$tree_files" tar -xf "$tar" -C "$work"
	remount
	timed ls-lR "$tree_files" ls -lR "$work/$top"
	remount
	timed rm-rf "$tree_files" rm -rf "$work/$top"
}

group_git() {
	remount
	timed git-clone "$tree_files" git clone -q "$bare" "$work/clone"
	remount
	timed git-status "$tree_files" git -C "$work/clone" status
	rm -rf "$work/clone"
}

# Mounts by mount.efs (or mount.nfs4) to the first byte of a file
first_byte() {
	local i start
	echo x > "$work/byte"
	ns=0 ops=$mounts
	for ((i = 0; i < mounts; i++)); do
		no_mount
		settle
		start=$(date +%s%N)
		mount_label
		head -c 1 "$work/byte" > /dev/null || die "$label: no first byte"
		ns=$((ns + $(date +%s%N) - start))
	done
	cpu_mark "$(kind_of "$label")"
	record tls-first-byte
}

group_tls() {
	remount
	first_byte
	meta tls-seq-write -m "$megabytes" write-large
	sequential_read tls-seq-read
	[ "$run" -gt 1 ] || [ "$label" = kefs-plain ] || ciphers+="$label: $(tls_cipher "$label")"$'\n'
	random tls-rand-read-1 1 "$ios" --rw=randread
	random tls-rand-read-8 8 $((ios * 2)) --rw=randread
	# Through the client's cache, with one COMMIT at the end: or the disk's flushes would be all that is seen
	random tls-rand-write 1 "$ios" --rw=randwrite --direct=0 --end_fsync=1
	rm -f "$work/large0"
}

make_repository() {
	mkdir /tmp/bench.src && tar -xf "$tar" -C /tmp/bench.src && git -C /tmp/bench.src init -q &&
		git -C /tmp/bench.src add -A && git -C /tmp/bench.src commit -q -m bench &&
		git clone -q --bare /tmp/bench.src "$bare"
}

# The real source package: as a tar file and as a bare repository, both in memory
prepare_tree() {
	local xz
	xz=$(find /usr/src/demo -name '*.orig.tar.xz' | head -n 1)
	[ -n "$xz" ] || die "no source package in /usr/src/demo"
	tar=/tmp/bench.tar bare=/tmp/bench.git
	xz -dc "$xz" > "$tar" || die "cannot unpack $xz"
	tree_files=$(tar -tf "$tar" | wc -l)
	top=$(tar -tf "$tar" | sed -n '1s,/.*,,p')
	export GIT_CONFIG_GLOBAL=/tmp/gitconfig
	git config --global user.name bench && git config --global user.email bench@localhost
	git config --global safe.directory '*' && git config --global gc.auto 0
	git config --global init.defaultBranch main
	[[ " $groups " == *" git "* ]] || return 0
	make_repository || die "cannot make a repository"
	rm -rf /tmp/bench.src
}

prepare() {
	mkdir -p $bin "$disk"
	make -s -C "$here" O=$bin || die "cannot build its programs"
	# A sparse image's first writes would be dear for whoever happens to make them, and so would what mkfs leaves to
	# the background
	[ "$quick" = 1 ] || dd if=/dev/zero of="${KEFS_DISK:?}" bs=4M conv=fsync status=none 2> /dev/null
	mkfs.ext4 -q -F -O quota,project -E nodiscard,lazy_itable_init=0,lazy_journal_init=0 "${KEFS_DISK:?}" ||
		die "cannot format $KEFS_DISK"
	mount -o prjquota "$KEFS_DISK" "$disk" || die "cannot mount $KEFS_DISK"
	make_client || die "no client"
	for label in $servers; do
		[ "$label" = "$(kind_of "$label")" ] || continue
		start_server "$label" "$disk/$label" || die "$label does not start"
	done
	[[ " $groups " != *" tls "* ]] || tls_set_up || die "no TLS: $(tail -n 3 $TLS_DIR/*.log)"
}

[ "${servers% *}" != "${servers#* }" ] || servers="${servers}2"
groups="rpc data small tree git"
[ "$servers" != "kefs nfsd" ] || groups+=" tls"
[ -z "$only" ] || groups=${only//,/ }
for g in $groups; do
	declare -F "group_$g" > /dev/null || die "no such workload: $g"
done
prepare
prepare_tree
notes='' ciphers='' TLS_RATE=0
if [[ " $groups " == *" tls "* ]]; then
	[ "$servers" = "kefs nfsd" ] || die "tls is for kefs,nfsd"
	tls_aes "$([ "$aes" = on ] && echo 1 || echo 0)" > /tmp/aes.notes || die "no AES: $(cat /tmp/aes.notes)"
	notes=$(cat /tmp/aes.notes)
fi
: > "$tsv"
for ((run = 1; run <= runs; run++)); do
	for g in $groups; do
		order=$servers
		[ "$g" != tls ] || order=$TLS_WAYS
		((run % 2)) || order=$(tac -s ' ' <<< "$order ")
		for label in $order; do
			"group_$g"
		done
		echo "run $run of $runs: $g" >&2
	done
done
no_mount
python3 "$here/report.py" "$tsv" --kernel "$(uname -r)" --servers "$servers" --notes "$notes"$'\n'"$ciphers" --rate "$TLS_RATE" --json "$out/bench.json"
rc=$?
[[ " $groups " != *" tls "* ]] || tls_end
for label in $servers; do
	[ "$label" != "$(kind_of "$label")" ] || stop_server "$label"
done
exit $rc
