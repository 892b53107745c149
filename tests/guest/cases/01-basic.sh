#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The stock client mounts, and the usual calls do what they say.
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
serve
join a

check "mounted as version 4.1" grep -q " /mnt/a nfs4 .*vers=4.1" /proc/mounts
check "1 MiB reads and writes" grep -q " /mnt/a nfs4 .*rsize=1048576,wsize=1048576" /proc/mounts
check "makes a directory" mkdir "$A/d"
check "writes a file" sh -c "echo hello > $A/d/f"
equal "reads it" "$(cat "$A/d/f")" hello
remount a
equal "reads it after a remount" "$(cat "$A/d/f")" hello
equal "sees size and kind" "$(stat -c '%s %F' "$A/d/f")" "6 regular file"
check "appends" sh -c "echo more >> $A/d/f"
equal "reads both lines" "$(cat "$A/d/f")" "$(printf 'hello\nmore')"
check "makes a symbolic link" ln -s d/f "$A/l"
equal "reads the link" "$(readlink "$A/l")" d/f
check "follows the link" grep -q more "$A/l"
check "makes a hard link" ln "$A/d/f" "$A/h"
equal "counts two links" "$(stat -c %h "$A/h")" 2
check "makes a FIFO" mkfifo "$A/p"
check "makes a device" mknod "$A/n" c 1 3
equal "knows what they are" "$(stat -c %F "$A/p" "$A/n" | tr '\n' ' ')" "fifo character special file "
check "renames" mv "$A/h" "$A/d/g"
equal "lists" "$(cd "$A" && find . | sort | tr '\n' ' ')" ". ./d ./d/f ./d/g ./l ./n ./p "
check "sets the times" touch -d 2001-02-03T04:05:06Z "$A/d/f"
equal "keeps the times" "$(stat -c %Y "$A/d/f")" "$(date -d 2001-02-03T04:05:06Z +%s)"
check_not "does not remove what is not empty" rmdir "$A/d"
check_not "finds nothing where nothing is" stat "$A/nothing"
check "removes all" rm -r "$A/d" "$A/l" "$A/n" "$A/p"
equal "is empty" "$(ls -A "$A")" ""
traffic() { kefsctl --json stats | jq ".Module.$1, .FileSystems[0].$1" | sort -u; }
equal "what is received is counted, of the file system as of all" "$(traffic BytesIn | wc -l)" 1
received=$(traffic BytesIn) sent=$(traffic BytesOut)
check "writes a megabyte" dd if=/dev/zero of="$A/large" bs=1M count=1 conv=fsync status=none
remount a
check "reads it" cmp -n 1048576 "$A/large" /dev/zero
check "a megabyte more is received" test $(($(traffic BytesIn) - received)) -gt 1048576
check "and sent" test $(($(traffic BytesOut) - sent)) -gt 1048576
check "but not much more" test $(($(traffic BytesIn) + $(traffic BytesOut) - received - sent)) -lt 2500000
check "unmounts" umount /mnt/a
finish
