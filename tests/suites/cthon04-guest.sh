#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# cthon04-guest.sh GROUP…: cthon04, found in /out/cthon04, on a mount of this guest's server. One line a program: "ok - " or
# "not ok - " and its name, its output below if it fails. As its own runtests does it, but a failure does not end a group.
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"

suite=/tmp/cthon04
cp -r "${KEFS_OUT:-/out}/cthon04" "$suite" || fatal "no cthon04"
# Read by make and by sh. What the suite has by default wants libtirpc, which no program here uses
cat > "$suite/tests.init" <<'I'
CC=gcc
CFLAGS=`echo -std=gnu89 -w -DLINUX -DHAVE_SOCKLEN_T -DGLIBC=22 -DMMAP -DSTDARG`
LIBS=
LOCKTESTS=`echo tlocklfs tlock64`
I
for d in basic general special lock; do
	make -s -C "$suite/$d" > /tmp/build.log 2>&1 || { tail -n 20 /tmp/build.log; fatal "cannot build $d"; }
done
serve
join a
export NFSTESTDIR=$A/cthon PATH=$PATH:. TMPDIR=

# program DIR NAME COMMAND…: in that directory
program() {
	local dir=$1 name=$2
	shift 2
	within_dir() { (cd "$dir" && exec timeout "${CTHON_SECONDS:-300}" "$@"); }
	check "$name" within_dir "$@"
}

basic() {
	local t
	mkdir "$NFSTESTDIR"
	for t in 1 2 3 4 5 6 7 8 9; do program "$suite/basic" "basic/test$t" "./test$t" -t; done
}

# The functional variants of the same
basic_short() {
	local t
	mkdir "$NFSTESTDIR"
	for t in 1 2 3 4 5 6 7 8 9; do program "$suite/basic" "basic-f/test$t" "./test$t" -f; done
}

general() { program "$suite/general" general/all sh runtests; }

special() {
	local s
	mkdir "$NFSTESTDIR"
	make -s -C "$suite/special" copy "DESTDIR=$NFSTESTDIR" || fatal "cannot copy special"
	for s in op_unlk op_ren op_chmod "dupreq 100 testfile" excltest "negseek testfile" "rename 100" truncate holey \
		"nfsidem 50 testdir" rewind telldir freesp "bigfile -s 30 bigfile.1" "bigfile2 bigfile.2"; do
		# shellcheck disable=SC2086 # words
		program "$NFSTESTDIR" "special/${s%% *}" ./$s
	done
}

lock() {
	local t
	mkdir "$NFSTESTDIR"
	for t in tlocklfs tlock64; do program "$suite/lock" "lock/$t" "./$t" "$NFSTESTDIR"; done
}

umask 0
for group in "$@"; do
	rm -rf "$NFSTESTDIR"
	"$group"
done
cd /
rm -rf "$NFSTESTDIR"
finish
