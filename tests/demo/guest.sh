#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What scripts/demo does in the guest. Each step is a function that fails if anything is wrong; its time goes into the
# table at the end.
#
# shellcheck disable=SC2317 # the steps are called by name
set -u
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"

quick=${DEMO_QUICK:-0}
work=/tmp/demo table=/tmp/demo.table log=/tmp/demo.log failed=0
mkdir -p $work
: > $table
export GIT_CONFIG_GLOBAL=$work/gitconfig

now() { echo "${EPOCHREALTIME/./}"; }

# waiting DESCRIPTION [FUNCTION]: a line now and then for who watches, with what FUNCTION prints
waiting() {
	local since=$SECONDS
	trap - EXIT
	while sleep 15; do
		printf '  %s … %d s so far%s\n' "$1" $((SECONDS - since)) "$("${2:-true}")"
	done
}

# step DESCRIPTION FUNCTION [PROGRESS]: runs it, times it; what it sets in NOTE goes into the table
step() {
	local start us watch ok=1
	NOTE=
	waiting "$1" "${3:-}" &
	watch=$!
	start=$(now)
	"$2" > $log 2>&1 || ok=0
	kill $watch
	wait $watch 2> /dev/null
	printf '%-62s' "$1 …"
	if [ $ok = 0 ]; then
		echo "FAILED"
		tail -n 30 $log | sed 's/^/    /'
		failed=1
		printf '%s\tFAILED\t\n' "$1" >> $table
		return 1
	fi
	us=$(($(now) - start))
	printf '%6d.%d s  %s\n' $((us / 1000000)) $((us / 100000 % 10)) "$NOTE"
	printf '%s\t%d.%02d s\t%s\n' "$1" $((us / 1000000)) $((us / 10000 % 100)) "$NOTE" >> $table
}

# per_second COUNT MICROSECONDS
per_second() { echo $(($1 * 1000000 / ($2 > 0 ? $2 : 1))); }

same_tree() { diff <(cd "$1" && list_tree) <(cd "$2" && list_tree); }
# Kind, mode, size, owner, time and link target of each, and all the bytes
list_tree() {
	find . ! -type d -printf '%p %y %m %s %U:%G %T@ %n %l\n' | sed 's/\.\([0-9]\{9\}\)[0-9]* /.\1 /' | sort
	find . -type d -printf '%p %y %m %U:%G\n' | sort
	find . -type f -print0 | sort -z | xargs -0 sha256sum
}

unpack() {
	local start
	xz -dc "$source_xz" > $work/source.tar || return
	start=$(now)
	tar -xf $work/source.tar -C "$A" && sync "$A" || return
	files=$(find "$A/$top" | wc -l)
	NOTE="$files files, $(per_second "$files" $(($(now) - start))) a second"
	mkdir $work/local && tar -xf $work/source.tar -C $work/local && same_tree "$A/$top" $work/local/"$top"
}

other_client_sees() { same_tree "$B/$top" $work/local/"$top" && NOTE="$files files, every byte"; }

count_objects() { find "$A/$top" -name '*.o' | wc -l; }
build_progress() { echo ", $(count_objects) objects"; }
build() {
	local flags=(NO_OPENSSL=1 NO_CURL=1 NO_EXPAT=1 NO_GETTEXT=1 NO_TCLTK=1 NO_PERL=1 NO_PYTHON=1 NO_RUST=1 CFLAGS=-O0)
	local target=(git)
	# Emulation takes ten times as long
	[ "$quick" = 0 ] && [ "${KEFS_KERNEL:-}" != debian ] || target=(libgit.a)
	make -s -C "$A/$top" -j2 "${flags[@]}" "${target[@]}" || return
	NOTE="$(count_objects) objects"
	[ "${target[0]}" != git ] || "$B/$top/git" --version
}

git_work() {
	git config --global user.name demo && git config --global user.email demo@localhost &&
		git config --global safe.directory '*' && git config --global init.defaultBranch main || return
	cd "$A/$top" || return
	git init -q && git add -A && git commit -q -m "import" && git gc -q && git fsck --strict || return
	NOTE="$(git rev-list --objects --all | wc -l) objects"
}

git_clone() {
	git clone -q "$A/$top" "$B/clone" || return
	cd "$B/clone" && git fsck && [ -z "$(git status --porcelain)" ] || return
	git -C "$A/clone" log --oneline | grep -q import
}

sqlite_both() {
	local n=60 start
	[ "$quick" = 0 ] || n=20
	sqlite3 "$A/db" 'create table t (who text, n integer, primary key (who, n))' || return
	start=$(now)
	sqlite_writer "$A/db" a $n &
	sqlite_writer "$B/db" b $n || { wait $!; return 1; }
	wait $! || return
	NOTE="$((2 * n)) transactions, $(per_second $((2 * n)) $(($(now) - start))) a second"
	[ "$(sqlite3 "$A/db" 'pragma integrity_check')" = ok ] &&
		[ "$(sqlite3 "$B/db" 'select count(*), count(distinct who) from t')" = "$((2 * n))|2" ]
}
# One connection, one transaction a row; a locked database is waited for
sqlite_writer() {
	python3 - "$1" "$2" "$3" <<-'P'
		import sqlite3, sys
		db = sqlite3.connect(sys.argv[1], timeout=120, isolation_level=None)
		for i in range(int(sys.argv[3])):
		    db.execute("begin immediate")
		    db.execute("insert into t values (?, ?)", (sys.argv[2], i))
		    db.execute("commit")
	P
}

fio_verify() {
	local size=128M
	[ "$quick" = 0 ] || size=32M
	fio --name=demo --directory="$A" --size=$size --bs=4k-128k --rw=randrw --verify=crc32c --verify_fatal=1 \
		--numjobs=2 --ioengine=psync --group_reporting && NOTE="2 jobs of $size, crc32c of each block"
}

large_copy() {
	local mb=1024 want start us
	[ "$quick" = 0 ] || mb=128
	openssl enc -aes-128-ctr -nosalt -k demo -pbkdf2 -in /dev/zero 2> /dev/null | head -c ${mb}M > "$work/large" || true
	[ "$(stat -c %s $work/large)" = $((mb << 20)) ] || return
	want=$(sha256sum < $work/large)
	start=$(now)
	dd if=$work/large of="$A/large" bs=1M conv=fsync status=none || return
	us=$(($(now) - start))
	start=$(now)
	[ "$(sha256sum < "$B/large")" = "$want" ] || return
	NOTE="write with fsync $(per_second $mb $us) MB/s, read and SHA-256 by the other $(per_second $mb $(($(now) - start))) MB/s"
	cp "$B/large" "$B/large2" && [ "$(sha256sum < "$A/large2")" = "$want" ] || return
	rm $work/large "$A/large" "$B/large2"
}

names_and_modes() {
	mkdir "$A/n" && cd "$A/n" || return
	mkdir -m 2755 d && echo one > d/f && ln d/f hard && ln -s d/f soft && mkfifo pipe && chmod 4711 d/f || return
	chown 1000:1001 d/f && chmod 4711 d/f && touch -d '2001-02-03 04:05:06.123456789Z' d/f || return
	mv d e && mv hard e/hard2 && ln -sfn e/f soft && mkdir x && mv e x/ || return
	[ "$(stat -c '%a %u:%g %h %Y' x/e/f)" = "4711 1000:1001 2 981173106" ] || return
	[ "$(stat -c '%a %u:%g %h %Y' "$B/n/x/e/hard2")" = "4711 1000:1001 2 981173106" ] || return
	[ "$(stat -c %i x/e/f)" = "$(stat -c %i x/e/hard2)" ] && [ "$(readlink "$B/n/soft")" = e/f ] || return
	chmod 600 x/e/f && ! as 1234 cat "$B/n/x/e/f" && as 1000 cat "$B/n/x/e/f"
}

copy_trees() {
	local from=$work/local/$top
	ln -f "$from/README.md" "$from/hard-link" && ln -sfn nowhere "$from/dangling" && chmod 2750 "$from/t" || return
	cp -a "$from" "$A/cp" && same_tree "$from" "$B/cp" || return
	cp -a "$B/cp" "$work/back" && same_tree "$from" "$work/back" || return
	rsync -aH "$from/" "$B/rsync/" && same_tree "$from" "$A/rsync" || return
	[ -z "$(rsync -aHcni --delete "$from/" "$A/rsync/")" ] || { rsync -aHcni --delete "$from/" "$A/rsync/"; return 1; }
	NOTE="there and back, compared: modes, owners, times, links, bytes"
}

at_once() {
	NOTE=$(python3 - "$A/turn" "$B/turn" <<-'P'
		import sys, time
		here, there = sys.argv[1:]
		stale, times = 0, []
		for i in range(300):
		    with open(here, "w", encoding="ascii") as f:
		        f.write(f"turn {i}")
		    start, fresh = time.monotonic(), False
		    while not fresh:
		        with open(there, encoding="ascii") as f:
		            fresh = f.read() == f"turn {i}"
		        stale += not fresh
		        if time.monotonic() - start > 5:
		            sys.exit("not seen within 5 s")
		    times.append((time.monotonic() - start) * 1000)
		    here, there = there, here
		times.sort()
		print(f"closed here, read there after {times[150]:.1f} ms (at most {times[-1]:.1f}); stale readings: {stale} of 300")
		sys.exit(stale > 0)
	P
	)
}

remove() {
	local start
	start=$(now)
	rm -rf "${A:?}/$top" "$A/clone" "$A/cp" "$A/rsync" || return
	NOTE="$(per_second $((files * 4)) $(($(now) - start))) files a second"
	[ ! -e "$A/$top" ] && rm -rf "${A:?}"/* && [ -z "$(ls -A "$A")" ]
}

kefs_complains() {
	local problems
	problems=$(dmesg | grep -E 'BUG|WARNING|Oops|KASAN|UBSAN|hung task|nfs: server .* not responding')
	[ -z "$problems" ] || { echo "$problems"; return 1; }
}

source_xz=$(find /usr/src/demo -name '*.orig.tar.xz' | head -n 1)
[ -n "$source_xz" ] || fatal "no source package in /usr/src/demo"
top=$(tar -tf "$source_xz" 2> /dev/null | sed -n '1s,/.*,,p')
files=0
cd / || exit
serve
join a
join b
# Two clients' folders are one folder: what A is to one, B is to the other
B=/mnt/b/$(basename "$A")
rmdir "/mnt/b/$CASE" 2> /dev/null
mkdir -p "$A"
echo "Clients a and b have mounted $SERVER by the stock client: $(grep -c ' nfs4 .*vers=4.1' /proc/mounts) mounts."

step "unpack $(basename "$source_xz" .orig.tar.xz)" unpack
step "the other client compares the tree" other_client_sees
step "build it there (make -j2)" build build_progress
cd / || exit
step "git init, add, commit, gc, fsck" git_work
cd / || exit
step "git clone by the other client, fsck" git_clone
cd / || exit
step "SQLite written by both clients at once" sqlite_both
step "fio with verification" fio_verify
step "a large file, compared by SHA-256" large_copy
step "rename, links, modes, owners, times" names_and_modes
cd / || exit
step "cp -a and rsync round trips" copy_trees
step "each sees the other's changes at once" at_once
step "rm -rf of it all" remove
step "the kernel had nothing to complain about" kefs_complains

echo
echo "What was done, and how fast (client, server and disk are one machine):"
awk -F '\t' '{ printf "  %-44s %10s  %s\n", $1, $2, $3 }' $table
if [ "$SERVER" = kefs ]; then kefsctl stats; fi
[ $failed = 0 ] || exit 1
echo ok > "${KEFS_OUT:-/out}/demo.ok"
# A shell afterwards finds everything mounted
[ -z "${SHELL_AFTER:-}" ] || trap - EXIT
