# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by scripts/guest and scripts/build-kernel: what is kept in the cache,
# and how it gets there. Everything is made beside its place and renamed into
# it under a lock, so any number of these may run at once.

CACHE=${KEFS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kefs}

say() { [ -n "${QUIET:-}" ] || echo "guest: $*" >&2; }
die() { local rc=$1; shift; echo "guest: $*" >&2; exit "$rc"; }

need_root() {
	[ "$(id -u)" = 0 ] || die 123 "this needs root (mounts, chroot)"
}

need() {
	local p
	for p; do
		command -v "$p" > /dev/null || die 123 "$p is missing: run scripts/install-deps"
	done
}

# locked NAME CMD…: run CMD while holding the cache's lock NAME. Not nested.
locked() {
	local name=$1 rc=0
	shift
	mkdir -p "$CACHE"
	exec 9> "$CACHE/$name.lock"
	flock -n 9 || { say "waiting for another run ($name)"; flock 9; }
	"$@" 9>&- || rc=$?
	exec 9>&-
	return $rc
}

# Sets TREE and TREE_KEY: the Debian tree of this recipe, made if need be
use_tree() {
	TREE_KEY=$(cat "$HERE"/tree "$HERE"/tree-extras "$HERE"/tree-packages | sha256sum | cut -c1-12)
	TREE=$CACHE/tree-$TREE_KEY
	[ -d "$TREE" ] || locked tree make_tree
}

make_tree() {
	[ ! -d "$TREE" ] || return 0
	need mmdebstrap
	local new=$TREE.new log=$CACHE/tree-$TREE_KEY.log
	rm -rf --one-file-system "$new"
	say "making the Debian 13 tree (some three minutes, 1.5 GB, once): $TREE"
	"$HERE/tree" "$new" > "$log" 2>&1 < /dev/null || {
		tail -n 30 "$log" >&2
		rm -rf --one-file-system "$new"
		die 123 "the tree could not be made; all of its log is in $log"
	}
	mv "$new" "$TREE"
}

# The archive of scripts/build-kernel's NAME (uml, qemu), if there is one
kernels_archive() {
	local d f
	for d in ${KEFS_KERNELS:+"$KEFS_KERNELS"} "$CACHE/kernels"; do
		for f in "$d/$1"-*.tar.zst; do
			[ ! -e "$f" ] || { echo "$f"; return; }
		done
	done
	return 1
}

# use_kernels NAME: sets OURS and OURS_KEY, the unpacked kernels of scripts/build-kernel's NAME; fails without any
use_kernels() {
	local f
	OURS=''
	f=$(kernels_archive "$1") || return 1
	need zstd
	OURS_KEY=$(sha256sum < "$f" | cut -c1-12)
	OURS=$CACHE/$1-$OURS_KEY
	[ -d "$OURS" ] || locked "$1" unpack_kernels "$f"
}

unpack_kernels() {
	[ ! -d "$OURS" ] || return 0
	rm -rf "$OURS.new"
	mkdir -p "$OURS.new"
	tar --zstd -xf "$1" -C "$OURS.new" --strip-components=1 || die 123 "cannot unpack $1"
	mv "$OURS.new" "$OURS"
}

# in_tree [-b HOSTDIR:TREEDIR]… CMD…: run CMD in the tree with HOSTDIRs mounted
# there; the mounts are in a namespace of their own and end with it
in_tree() {
	local binds=()
	while [ "$1" = -b ]; do
		binds+=("$2")
		shift 2
	done
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare --mount bash -eu -c '
		tree=$1 n=$2
		shift 2
		mount --rbind /dev "$tree/dev"
		mount -t proc proc "$tree/proc"
		while [ "$n" -gt 0 ]; do
			mount --bind "${1%%:*}" "$tree/${1#*:}"
			shift
			n=$((n - 1))
		done
		exec chroot "$tree" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
			LC_ALL=C.UTF-8 TMPDIR=/tmp "$@"
	' in_tree "$TREE" "${#binds[@]}" "${binds[@]}" "$@"
}
