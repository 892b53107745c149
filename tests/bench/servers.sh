# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Servers to compare, in a guest started with --bare, and one client beside them.
#
#   start_server KIND DIR   KIND is kefs or nfsd; DIR is where its files go. Prints nothing; sets SERVER_PORT[KIND].
#   stop_server KIND
#   make_client             a network namespace 'cl' joined to ours by a veth pair: we are 10.9.0.1, it is 10.9.0.2
#   mount_server KIND DIR   the stock client mounts the server's root on DIR, in that namespace
#   in_client CMD…          runs CMD there
#   cpu_mark KIND           remembers what the server's threads and all soft interrupts have run so far
#   cpu_since KIND          ns that the threads, then ns that the soft interrupts have run since then
#
# kefs and nfsd serve at the same address and by the same network path, on ports 2049 and 2050, so that nothing but the
# server differs. The client's host name differs from ours: it is what the NFS client calls itself.

declare -A SERVER_PORT=([kefs]=2049 [nfsd]=2050)
SERVER_ADDR=10.9.0.1
MOUNT_OPTIONS=vers=4.1,proto=tcp,nconnect=1,rsize=1048576,wsize=1048576,hard,noresvport
KEFS_CONF=/run/bench-kefsd.conf

# within SECONDS CMD…: until CMD succeeds
within() {
	local end=$((SECONDS + $1))
	shift
	until "$@" > /dev/null 2>&1; do
		[ $SECONDS -lt $end ] || { echo "gave up waiting for: $*" >&2; return 1; }
		sleep 0.05
	done
}

make_client() {
	ip netns add cl && ip link add sv0 type veth peer name cl0 netns cl || return
	ip addr add $SERVER_ADDR/24 dev sv0 && ip link set sv0 up &&
		ip -n cl addr add 10.9.0.2/24 dev cl0 && ip -n cl link set cl0 up && ip -n cl link set lo up
}

# A mount made in a namespace of 'ip netns exec' would vanish with it; nsenter changes the network and the name only
in_client() { nsenter --net=/run/netns/cl unshare --uts sh -c 'hostname client; exec "$@"' sh "$@"; }

mount_server() {
	mkdir -p "$2"
	in_client mount -t nfs4 -o "$MOUNT_OPTIONS,port=${SERVER_PORT[$1]}" "$SERVER_ADDR:/" "$2"
}

start_nfsd() {
	local dir=$1
	mountpoint -q /proc/fs/nfsd || mount -t nfsd nfsd /proc/fs/nfsd || return
	mkdir -p "$dir" /var/lib/nfs/v4recovery
	touch /var/lib/nfs/etab /var/lib/nfs/rmtab
	# Debian's default looks up the callers' groups on the server instead of taking what the call says
	mkdir -p /etc/nfs.conf.d
	printf '[mountd]\nmanage-gids=n\n' > /etc/nfs.conf.d/kefs.conf
	pgrep -x rpc.mountd > /dev/null || rpc.mountd -N 3 2> /dev/null || return
	exportfs -o "rw,no_root_squash,insecure,no_subtree_check,fsid=0,sync" "*:$dir" || return
	echo "-2 -3 +4 +4.1 +4.2" > /proc/fs/nfsd/versions
	# By itself it offers less in a small guest; a different rsize would be the first difference
	echo 1048576 > /proc/fs/nfsd/max_block_size || return
	echo 8192 > /proc/fs/nfsd/max_connections || return
	echo "tcp ${SERVER_PORT[nfsd]}" > /proc/fs/nfsd/portlist || return
	echo 16 > /proc/fs/nfsd/threads || return
	# No client is known from before: without this the first open waits out a grace period of 90 s
	echo Y > /proc/fs/nfsd/v4_end_grace
	within 10 in_client timeout 2 bash -c "exec 3<> /dev/tcp/$SERVER_ADDR/${SERVER_PORT[nfsd]}"
}

start_kefs() {
	local dir=$1
	mkdir -p "$dir" "$dir.state"
	cat > "$KEFS_CONF" <<-C
		pool = $dir
		state_dir = $dir.state
	C
	lsmod | grep -q '^kefs ' || modprobe kefs || return
	"$KEFS_REPO/scripts/guest.d/daemon" start --config "$KEFS_CONF" || return
	kefsctl fs create > /dev/null || return
	within 10 in_client timeout 2 bash -c "exec 3<> /dev/tcp/$SERVER_ADDR/${SERVER_PORT[kefs]}"
}

start_server() { "start_$1" "$2"; }

stop_server() {
	case $1 in
	nfsd) echo 0 > /proc/fs/nfsd/threads; exportfs -ua ;;
	kefs) "$KEFS_REPO/scripts/guest.d/daemon" stop ;;
	esac
}

# Threads by name: kefs* and nfsd are kernel threads (kefsd, a program, has a command line: it is none of them)
server_threads() {
	local p comm
	for p in /proc/[0-9]*; do
		read -r comm < "$p/comm" || continue
		case $1:$comm in
		nfsd:nfsd) ;;
		kefs:kefs*) [ ! -e "$p/exe" ] || continue ;;
		*) continue ;;
		esac
		echo "$p/schedstat"
	done 2> /dev/null
}

# Thread by thread, because threads that had nothing to do for long end, and their past with them
thread_times() {
	# shellcheck disable=SC2046 # one word a thread; one that ends meanwhile is no error
	awk '{ print FILENAME, $1 }' /dev/null $(server_threads "$1") 2> /dev/null
}
softirq_time() { awk -v hz="$(getconf CLK_TCK)" '$1 == "cpu" { printf "%.0f\n", $8 * 1e9 / hz }' /proc/stat; }

cpu_mark() {
	thread_times "$1" > /tmp/cpu.threads
	CPU_SOFTIRQ=$(softirq_time)
}
cpu_since() {
	thread_times "$1" | awk 'NR == FNR { before[$1] = $2; next } { t += $2 - before[$1] } END { printf "%.0f ", t }' \
		/tmp/cpu.threads -
	echo $(($(softirq_time) - CPU_SOFTIRQ))
}
