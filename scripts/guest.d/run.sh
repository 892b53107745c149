# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by scripts/guest: boot a guest, and judge how it ended.

# What a kernel that found a fault says, in itself or in a program of ours
COMPLAINTS='BUG:|BUG [a-z_]*kefs|WARNING:|KASAN|UBSAN|possible circular|possible recursive'
COMPLAINTS+='|INFO: task|suspicious RCU|unreferenced object|Oops|general protection|refcount_t'
COMPLAINTS+='|sleeping function|inconsistent lock state|Objects remaining|ODEBUG:|rcu:.*detected'
COMPLAINTS+='|held lock freed|lock held when returning|soft lockup|Bad page state'
COMPLAINTS+='|(kefs[a-z-]*|mount\.efs): potentially unexpected fatal signal|Out of memory'

# What it says though there is none: where the debug kernel's 16 KiB stacks run
# deep, User-Mode Linux itself trips over KASAN as it enters an interrupt
# (kernels of scripts/build-kernel have larger ones)
HARMLESS='in to_irq_stack'

# Under a lock of the checkout and flavour. copy: only copy the source.
locked_build() {
	local key
	key=$(printf %s "$REPO" | sha256sum | cut -c1-8)-$1
	exec 8> "$CACHE/build-$key.lock"
	flock -n 8 || { say "waiting for another build ($1)"; flock 8; }
	build_flavour "$@" 8>&-
	# A copy, so that the next build cannot change what a guest runs on
	[ -z "${RUN:-}" ] || cp -a "$BUILD/stage/." "$RUN/stage/" || die 123 "cannot copy $BUILD/stage"
	exec 8>&-
}

# parse_options OPTION…: sets what follows and REST
parse_options() {
	KERNEL='' CPUS='' MEM='' DISK_SIZE=4G OUT='' TIMEOUT=600 BARE='' BUILD_IT=1 SHELL_AFTER=''
	PORT=12049 ENVS=()
	# shellcheck disable=SC2034 # for say()
	QUIET=''
	while [ $# -gt 0 ]; do
		case $1 in
		--kernel | --cpus | --mem | --disk | --out | --timeout | --env | --port)
			[ $# -gt 1 ] || bad_usage "$1 needs a value"
			;;&
		--kernel) KERNEL=$2; shift ;;
		--cpus) CPUS=$2; shift ;;
		--mem) MEM=$2; shift ;;
		--disk) DISK_SIZE=$2; shift ;;
		--out) OUT=$2; shift ;;
		--timeout) TIMEOUT=$2; shift ;;
		--env) ENVS+=("$2"); shift ;;
		--port) PORT=$2; shift ;;
		--bare) BARE=1 ;;
		--no-build) BUILD_IT='' BARE=1 ;;
		--shell) SHELL_AFTER=1 ;;
		--quiet) export QUIET=1 ;;
		-h | --help) usage; exit ;;
		--) shift; break ;;
		-*) bad_usage "no such option: $1" ;;
		*) break ;;
		esac
		shift
	done
	REST=("$@")
	case $KERNEL in '' | debian | uml | uml-debug | qemu-debug) ;; *) bad_usage "no such kernel: $KERNEL" ;; esac
	[[ $TIMEOUT =~ ^[0-9]+$ ]] || bad_usage "--timeout takes seconds, not $TIMEOUT"
	[[ -z $CPUS || $CPUS =~ ^[1-9][0-9]*$ ]] || bad_usage "--cpus takes a number, not $CPUS"
	[[ -z $MEM || $MEM =~ ^[1-9][0-9]*[MG]$ ]] || bad_usage "--mem takes a size as 2G, not $MEM"
	[[ $DISK_SIZE =~ ^([1-9][0-9]*[MGT]|none)$ ]] || bad_usage "--disk takes a size as 4G, not $DISK_SIZE"
	[[ $PORT =~ ^[1-9][0-9]*$ ]] || bad_usage "--port takes a number, not $PORT"
	local e
	for e in "${ENVS[@]}"; do
		[[ $e =~ ^[A-Za-z_][A-Za-z0-9_]*= ]] || bad_usage "--env takes NAME=VALUE, not $e"
	done
}

# Sets what depends on the machine: tree, kernel
choose_kernel() {
	need_root
	use_tree
	if [ -z "$KERNEL" ]; then
		if use_flavour uml; then KERNEL=uml; else KERNEL=debian; fi
	fi
	use_flavour "$KERNEL" || no_flavour "$KERNEL"
	case $KERNEL in
	uml*) [ "${CPUS:-1}" = 1 ] || bad_usage "User-Mode Linux has one CPU: --kernel debian has more" ;;
	*) need qemu-system-x86_64 cpio ;;
	esac
	if [ -z "$MEM" ]; then
		MEM=2G
		[[ $KERNEL != *-debug ]] || MEM=3G
	fi
	flavour_kernel "$KERNEL"
}

# A directory for this run. What a killed run left behind goes when its lock is free.
new_run() {
	local d
	mkdir -p "$CACHE/run"
	exec 9> "$CACHE/run.lock"
	flock 9
	for d in "$CACHE"/run/*/; do
		[ -d "$d" ] || continue
		if flock -n "$d" true; then rm -rf --one-file-system "$d"; fi
	done
	RUN=$(mktemp -d "$CACHE/run/XXXXXX")
	exec 7< "$RUN"
	flock 7
	exec 9>&-
	trap clean_up EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	mkdir -p "$RUN"/{root,share,stage,out}
}

clean_up() {
	local p
	for p in ${PIDS:-}; do
		kill -KILL "$p" 2> /dev/null
		wait "$p" 2> /dev/null
	done
	[ -z "${TTY_STATE:-}" ] || stty "$TTY_STATE" < /dev/tty
	[ -z "${DISK:-}" ] || rm -f "$DISK"
	[ -z "${RUN:-}" ] || rm -rf --one-file-system "$RUN"
}

# QEMU's first steps, the same for every run of a tree and kernel
use_initrd() {
	local key
	key=$(cat "$HERE/init-qemu" "$HERE/run.sh" | sha256sum | cut -c1-8)
	INITRD=$CACHE/initrd-$TREE_KEY${OURS:+-$OURS_KEY}-$key
	[ -e "$INITRD" ] || locked initrd make_initrd
}

make_initrd() {
	[ ! -e "$INITRD" ] || return 0
	local d=$INITRD.d m i=100
	rm -rf "$d"
	mkdir -p "$d"/{bin,proc,sys,dev,root,modules}
	cp "$TREE/bin/busybox" "$d/bin/"
	cp "$HERE/init-qemu" "$d/init"
	# A kernel of ours has them built in
	[ -n "$OURS" ] || for m in virtio_pci 9p 9pnet_virtio overlay virtio_blk virtio_rng; do
		in_tree modprobe -S "$KREL" --show-depends "$m"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r m; do
		i=$((i + 1))
		case $m in
		*.xz) xz -dc "$TREE$m" > "$d/modules/$i-$(basename "${m%.xz}")" ;;
		*) cp "$TREE$m" "$d/modules/$i-${m##*/}" ;;
		esac
	done
	(cd "$d" && find . | cpio -o -H newc --quiet | gzip -1) > "$INITRD.new" ||
		die 123 "cannot make $INITRD"
	rm -rf "$d"
	mv "$INITRD.new" "$INITRD"
}

# prepare [SCRIPT ARG…]: everything that the guest reads
prepare() {
	local script rel job=$RUN/share/job
	NONCE=$(od -An -tx8 -N8 /dev/urandom | tr -d ' ')
	cp "$HERE"/{inside,init-uml} "$RUN/share/"
	script=$(readlink -f "$1")
	rel=${script#"$REPO"/}
	# What is in the checkout runs there, with its neighbours beside it
	if [ "$rel" = "$script" ]; then
		cp "$script" "$RUN/share/script"
		rel=/kefs/run/script
	else
		rel=/kefs/repo/$rel
	fi
	{
		echo '#!/bin/bash'
		[ ${#ENVS[@]} = 0 ] || printf 'export %q\n' "${ENVS[@]}"
		[ -x "$script" ] && printf 'exec %q' "$rel" || printf 'exec bash %q' "$rel"
		[ $# = 1 ] || printf ' %q' "${@:2}"
		echo
	} > "$job"
	chmod +x "$job" "$RUN"/share/{inside,init-uml}
	chmod +x "$RUN/share/script" 2> /dev/null
	DISK='' disk=''
	if [ "$DISK_SIZE" != none ]; then
		DISK=$(mktemp "${KEFS_DISK_DIR:-$RUN}/kefs-disk.XXXXXX")
		truncate -s "$DISK_SIZE" "$DISK" || die 123 "cannot make a disk of $DISK_SIZE"
		case $KERNEL in uml*) disk=/dev/ubda ;; *) disk=/dev/vda ;; esac
	fi
	case $KERNEL in uml*) tty=/dev/tty0 ;; *) tty=/dev/ttyS0 ;; esac
	cat > "$RUN/share/env" <<-V
		NONCE=$NONCE BARE=$BARE KEFS_KERNEL=$KERNEL KEFS_DISK=$disk TTY=$tty NET=${NET:-} SHELL_AFTER=$SHELL_AFTER
	V
	case $KERNEL in
	uml*) ;;
	*) use_initrd && ln -s "$INITRD" "$RUN/initrd" ;;
	esac
	if [ -n "$OUT" ]; then mkdir -p "$OUT" && OUT=$(readlink -f "$OUT"); else OUT=$RUN/out; fi
}

# The console: SCRIPT's output is what lies between the guest's two marks; the
# rest is kept for when it is needed
show_console() {
	local line on=''
	while IFS= read -r line || [ -n "$line" ]; do
		line=${line%$'\r'}
		case $line in
		"@@$NONCE start "*)
			on=1
			say "booted $KERNEL in ${line##* } s"
			continue
			;;
		"@@$NONCE end "*)
			on=''
			continue
			;;
		esac
		printf '%s\n' "$line" >> "$RUN/console"
		[ -z "$on" ] || printf '%s\n' "$line"
	done
}

# Sets CPU to one of the host's that no other guest has, if there is one. User-Mode
# Linux has one CPU, but a process of the host for each of its own: these wake one
# another several times faster where they share one.
choose_cpu() {
	local n all
	all=$(nproc --all)
	for ((n = 0; n < all; n++)); do
		taskset -c $n true 2> /dev/null || continue
		exec 6> "$CACHE/cpu-$n.lock"
		if flock -n 6; then
			CPU=$n
			return
		fi
	done
	exec 6>&-
}

# Runs the guest to its end
boot() {
	local net=() in=/dev/null pinned=() CPU=''
	case $KERNEL in uml*) choose_cpu ;; esac
	[ -z "$CPU" ] || pinned=(taskset -c "$CPU")
	# For User-Mode Linux a tap in a network namespace; QEMU has its own way
	case $KERNEL in uml*) [ -z "${NET:-}" ] || net=(--net) ;; esac
	export RUN TREE OURS REPO OUT DISK KERNEL KREL MEM CPUS=${CPUS:-2} TIMEOUT NET=${NET:-}
	export INTERACTIVE=$SHELL_AFTER
	# The guest dies with this process, whatever kills it
	local cmd=("${pinned[@]}" setpriv --pdeathsig KILL unshare --mount --pid "${net[@]}" --fork --kill-child=KILL
		bash "$HERE/boot")
	if [ -n "$SHELL_AFTER" ]; then
		TTY_STATE=$(stty -g)
		stty raw -echo
		in=/dev/stdin
		"${cmd[@]}"
		stty "$TTY_STATE"
		TTY_STATE=''
		return
	fi
	mkfifo "$RUN/fifo"
	show_console < "$RUN/fifo" &
	local reader=$!
	"${cmd[@]}" < "$in" > "$RUN/fifo" 2>&1 6>&- 7<&- &
	GUEST=$!
	PIDS=$GUEST
	[ ${#net[@]} = 0 ] || start_relay
	wait "$GUEST"
	wait "$reader"
	PIDS=${PIDS#"$GUEST"}
}

# judge: what became of the run, as an exit status
judge() {
	local s=$RUN/share/status rc fails cause
	rc=$(sed -n "s/^$NONCE rc=//p" "$s" 2> /dev/null)
	fails=$(sed -n "s/^$NONCE fail=//p" "$s" 2> /dev/null)
	sed -i 's/\r$//' "$RUN/klog"
	sed -n '/kefs-guest: start/,$p' "$RUN/klog" > "$RUN/dmesg"
	grep -vE "$HARMLESS" "$RUN/dmesg" | grep -E "$COMPLAINTS" > "$RUN/complaints"
	if [ -s "$RUN/complaints" ]; then
		echo "guest: the kernel complained:" >&2
		grep -vE "$HARMLESS" "$RUN/dmesg" | grep -E -B3 -A40 -m 3 "$COMPLAINTS" | head -n 150 >&2
	fi
	if [ -e "$RUN/timed-out" ]; then
		hint
		die 121 "killed after $TIMEOUT s: it hung, or needs a longer --timeout"
	fi
	if ! grep -qx "$NONCE done" "$s" 2> /dev/null; then
		hint
		die 122 "the guest died before it said how SCRIPT ended${rc:+ (which was $rc)}"
	fi
	case $fails in
	*start*) die 124 "kefs did not start (see above)" ;;
	esac
	cause=$(sort -u <<< "$fails" | xargs)
	[ -z "$rc" ] && die 122 "no exit status of SCRIPT"
	[ "$rc" = 0 ] || {
		[ -s "$RUN/complaints" ] || tail -n 15 "$RUN/dmesg" | sed 's/^/# kernel: /' >&2
		say "SCRIPT failed with $rc${cause:+; also: $cause}"
		exit "$rc"
	}
	[ ! -s "$RUN/complaints" ] || die 120 "the kernel complained (see above)"
	[ -z "$cause" ] || die 125 "SCRIPT succeeded, but: $cause (see above)"
	exit 0
}

# A guest that cannot say why it died may have done so in passing
hint() {
	if grep -q "^$NONCE started" "$RUN/share/status" 2> /dev/null; then
		[ -s "$RUN/complaints" ] || tail -n 40 "$RUN/dmesg"
	else
		echo "guest: it did not come as far as SCRIPT; the last that it said:"
		tail -n 40 "$RUN/klog"
		tail -n 40 "$RUN/console"
	fi >&2 2> /dev/null
	sed -n '/Kernel panic/{s/^\[[^]]*\] */guest: /p;q}' "$RUN/klog" >&2
}

run_guest() {
	[ -z "$SHELL_AFTER" ] || [ -t 0 ] || die 64 "a shell needs a terminal"
	choose_kernel
	new_run
	[ -z "$BUILD_IT" ] || locked_build "$KERNEL"
	[ -n "$BARE" ] || [ -e "$BUILD/src/Makefile" ] || die 123 "there is nothing to start: use --bare"
	prepare "$@"
	boot
	judge
}

cmd_run() {
	parse_options "$@"
	[ ${#REST[@]} -gt 0 ] || bad_usage "run what?"
	[ -f "${REST[0]}" ] || bad_usage "no such file: ${REST[0]}"
	run_guest "${REST[@]}"
}

cmd_shell() {
	parse_options "$@"
	[ ${#REST[@]} = 0 ] || bad_usage "shell takes no arguments"
	SHELL_AFTER=1
	TIMEOUT=0
	run_guest /bin/true
}

# Connections to 127.0.0.1 here go on from the guest's network namespace
start_relay() {
	socat "TCP-LISTEN:$NET,bind=127.0.0.1,reuseaddr,fork" \
		"EXEC:nsenter --net=/proc/$GUEST/ns/net socat STDIO TCP\\:10.0.2.15\\:2049" &
	PIDS+=" $!"
}

cmd_serve() {
	parse_options "$@"
	[ ${#REST[@]} = 0 ] || bad_usage "serve takes no arguments"
	TIMEOUT=0
	NET=$PORT
	choose_kernel
	case $KERNEL in uml*) need socat ;; esac
	run_guest "$HERE/serve-inside" "$PORT"
}
