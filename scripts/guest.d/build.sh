# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by scripts/guest: build kefs in the tree, once for each kernel that
# it is to run on or be tried against (a flavour). The source is copied, so
# that checkouts and flavours never meet; unchanged files keep their times.

FLAVOURS='debian uml uml-debug qemu-debug debian12'

# use_flavour FLAVOUR: sets OURS, where scripts/build-kernel's kernels for it are (empty: it is Debian's); fails without them
use_flavour() {
	OURS=''
	case $1 in
	uml | uml-debug) use_kernels uml ;;
	qemu-debug) use_kernels qemu ;;
	esac
}

# What to say when use_flavour FLAVOUR fails
no_flavour() {
	case $1 in
	uml*) die 123 "no User-Mode Linux kernel: set KEFS_KERNELS or run scripts/build-kernel" ;;
	*) die 123 "no kernel for $1: run scripts/build-kernel qemu" ;;
	esac
}

# flavour_kernel FLAVOUR: sets KDIR (in the tree), KARCH and KREL
flavour_kernel() {
	KARCH='' KREL=''
	case $1 in
	debian) KDIR=/usr/src/linux-headers-debian13 ;;
	debian12) KDIR=/usr/src/linux-headers-debian12 ;;
	uml) KDIR=/uml/rel KARCH=um ;;
	uml-debug) KDIR=/uml/dbg KARCH=um ;;
	qemu-debug) KDIR=/uml/dbg ;;
	*) die 64 "no such flavour: $1 (there are: $FLAVOURS)" ;;
	esac
	case $1 in
	uml* | *-debug) KREL=$(cat "$OURS/${KDIR#/uml/}/include/config/kernel.release") ;;
	debian) KREL=$(readlink "$TREE$KDIR") KREL=${KREL#linux-headers-} ;;
	esac
}

# The source files of the checkout, NUL-separated
source_files() {
	cd "$REPO" || return
	if git rev-parse --is-inside-work-tree > /dev/null 2>&1; then
		git -c safe.directory='*' ls-files -zco --exclude-standard
	else
		find . -name .git -prune -o \( -type f -o -type l \) -printf '%P\0'
	fi | while IFS= read -rd '' f; do
		# git lists what is deleted but not yet committed as deleted
		if [ -e "$f" ] || [ -L "$f" ]; then printf '%s\0' "$f"; fi
	done | sort -zu
}

# sync_source DIR: make DIR/src a copy of the checkout, keep what was built
sync_source() {
	mkdir -p "$1/src"
	source_files > "$1/files.new"
	if [ -e "$1/files" ]; then
		comm -z -13 "$1/files.new" "$1/files" | (cd "$1/src" && xargs -0r rm -f --)
	fi
	# no --times: a changed file is as new as the copy, whatever git did to it
	rsync -rlpc --from0 --files-from="$1/files.new" "$REPO/" "$1/src/" || return
	mv "$1/files.new" "$1/files"
}

# build_flavour FLAVOUR [copy]: copy the source, build and stage it; sets BUILD; what is to be installed is in BUILD/stage
build_flavour() {
	local key
	key=$(printf %s "$REPO" | sha256sum | cut -c1-8)
	BUILD=$CACHE/build/$key-$1-$TREE_KEY${OURS:+-$OURS_KEY}
	mkdir -p "$BUILD"
	flavour_kernel "$1"
	# Twice: an editor may replace a file in between
	sync_source "$BUILD" 2> /dev/null || sync_source "$BUILD" || die 123 "cannot copy the source to $BUILD"
	[ -z "${2:-}" ] || return 0
	if [ ! -e "$BUILD/src/Makefile" ]; then
		rm -rf "$BUILD/stage"
		mkdir -p "$BUILD/stage"
		say "no Makefile: nothing of kefs is built"
		return
	fi
	say "building for $1"
	if ! build_steps "$1" > "$BUILD/log" 2>&1 < /dev/null; then
		cat "$BUILD/log" >&2
		die 123 "the build for $1 failed (log: $BUILD/log)"
	fi
	# What the compiler had to say is worth seeing when it is not an error too
	grep -E 'warning:' "$BUILD/log" >&2 || true
}

# The tree has /lib -> usr/lib and so on; what is installed must follow that,
# or the layer would hide the tree's libraries
fresh_stage() {
	local d
	rm -rf "$BUILD/stage"
	mkdir -p "$BUILD/stage/usr"/{bin,sbin,lib,lib64}
	for d in bin sbin lib lib64; do
		ln -s "usr/$d" "$BUILD/stage/$d"
	done
}

# KDIR, KVER and ARCH may be built into targets below others: pass them always
build_steps() {
	local mk
	mk=(make -s "KDIR=$KDIR" ${KREL:+"KVER=$KREL"} ${KARCH:+"ARCH=$KARCH"})
	at() { in_tree -b "$BUILD/src:kefs/src" -b "$BUILD/stage:kefs/stage" \
		${OURS:+-b "$OURS:uml"} env -C /kefs/src "$@"; }
	fresh_stage
	at "${mk[@]}" -j"$(nproc)" module || return
	[ "$1" != debian12 ] || return 0
	at make -s -j"$(nproc)" helper mount-helper || return
	at "${mk[@]}" install DESTDIR=/kefs/stage || return
	module_index "$1"
}

# modprobe reads one index for all modules of a kernel: make it anew from the
# tree's modules and ours, and let it lie in the stage
module_index() {
	local m=$BUILD/stage/usr/lib/modules/$KREL t=$TREE/usr/lib/modules/$KREL sum
	[ -d "$m" ] || { echo "make install put no module in /lib/modules/$KREL"; return 1; }
	mkdir -p "$BUILD/index"
	sum=$(cd "$m" && find . -name '*.ko*' -exec sha256sum {} + | sort)
	if [ "$sum" != "$(cat "$BUILD/index/sum" 2> /dev/null)" ]; then
		rm -rf "$BUILD/index"
		mkdir -p "$BUILD/index/lib/modules/$KREL"
		cp -a "$m/." "$BUILD/index/lib/modules/$KREL/"
		# modules_install may have put an index of ours alone there
		rm -f "$BUILD/index/lib/modules/$KREL"/modules.*
		if [ -d "$t" ]; then
			cp "$t"/modules.{order,builtin,builtin.modinfo} "$BUILD/index/lib/modules/$KREL/"
			cp -al "$t/kernel" "$BUILD/index/lib/modules/$KREL/"
		else
			touch "$BUILD/index/lib/modules/$KREL"/modules.{order,builtin,builtin.modinfo}
		fi
		in_tree -b "$BUILD/index:kefs/stage" depmod -b /kefs/stage "$KREL" || return
		rm -rf "$BUILD/index/lib/modules/$KREL/kernel"
		printf '%s\n' "$sum" > "$BUILD/index/sum"
	fi
	cp "$BUILD/index/lib/modules/$KREL"/modules.* "$m/"
}
