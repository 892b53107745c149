#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Names of every kind that Linux allows come back as they were given.
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
serve
join a

long=$(printf 'n%.0s' {1..255})
long_utf8=$(printf 'ä%.0s' {1..127})x
# shellcheck disable=SC1003,SC2016 # these characters are meant
names=(plain 'with space' ' leading' 'trailing ' ... .hidden ..x -dash '*' '?' '[a]' '\' '"' "'" '$x' '#' '~' ';|&' 'a:b'
	$'new\nline' $'tab\t' $'\x01\x1f' 'ÄÖÜ ß' '日本語' '🙂' $'e\u0301' $'\u00e9' con nul aux '%s%n' "$long" "$long_utf8")

for name in "${names[@]}"; do
	echo "$name" > "$A/$name" || echo "cannot make $(printf %q "$name")"
done > /tmp/failed 2>&1
equal "makes ${#names[@]} odd names" "$(cat /tmp/failed)" ""
remount a
cd "$A" || exit
printf '%s\0' "${names[@]}" | sort -z > /tmp/wanted
find . -type f -printf '%P\0' | sort -z > /tmp/got
check "lists them byte for byte" cmp /tmp/wanted /tmp/got
for name in "${names[@]}"; do
	[ "$(cat "./$name")" = "$name" ] || echo "$(printf %q "$name") has another's text"
done > /tmp/failed 2>&1
equal "each has its own text" "$(cat /tmp/failed)" ""
equal "composed and decomposed are two files" "$(find . -name $'*e\u0301*' -o -name $'*\u00e9*' | wc -l)" 2
check_not "256 bytes are refused" touch "./${long}n"
equal "as too long" "$(LC_ALL=C touch "./${long}n" 2>&1 | grep -c 'File name too long')" 1
for name in "${names[@]}"; do mv "./$name" "./$name" 2> /dev/null; rm "./$name" || echo "$name"; done > /tmp/failed 2>&1
equal "removes them" "$(cat /tmp/failed)" ""
equal "nothing is left" "$(ls -A)" ""

cd / || exit
deep=$A
for ((i = 0; i < 60; i++)); do deep+=/directory-$i; done
check "60 levels" mkdir -p "$deep"
check "a file down there" touch "$deep/f"
remount a
check "is found again" test -e "$deep/f"
target=$(printf 't/%.0s' {1..2000})
check "a symbolic link of 4,000 bytes" ln -s "$target" "$A/link"
remount a
equal "comes back whole" "$(readlink "$A/link")" "$target"
finish
