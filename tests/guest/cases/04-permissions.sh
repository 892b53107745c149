#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Users, groups and modes decide on the server as they do locally.
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
serve
join a
chmod 755 "$A"
cd /

mkdir -m 1777 "$A/tmp"
check "a user makes a file" as 1000 sh -c "echo secret > $A/tmp/f"
equal "it is the user's" "$(stat -c %u:%g "$A/tmp/f")" 1000:1000
chmod 600 "$A/tmp/f"
check_not "another cannot read it" as 1001 cat "$A/tmp/f"
check_not "nor write it" as 1001 sh -c "echo x >> $A/tmp/f"
check_not "nor remove it (sticky directory)" as 1001 rm -f "$A/tmp/f"
check_not "nor rename it" as 1001 mv "$A/tmp/f" "$A/tmp/g"
check_not "nor change its mode" as 1001 chmod 666 "$A/tmp/f"
check_not "nor its owner" as 1001 chown 1001 "$A/tmp/f"
check "root reads it" grep -q secret "$A/tmp/f"
check "its user changes the mode" as 1000 chmod 640 "$A/tmp/f"
check_not "but cannot give it away" as 1000 chown 1001 "$A/tmp/f"
check "root gives it to a group" chown 1000:5000 "$A/tmp/f"
check "a member of the group by a supplementary group reads it" \
	setpriv --reuid 1001 --regid 1001 --groups 7,5000 cat "$A/tmp/f"
check_not "and does not write" setpriv --reuid 1001 --regid 1001 --groups 5000 sh -c "echo x >> $A/tmp/f"
check_not "who is in neither does not read" as 1002 cat "$A/tmp/f"
groups16=$(seq -s, 100 114),5000
check "16 groups are heard" setpriv --reuid 1001 --regid 1001 --groups "$groups16" cat "$A/tmp/f"

check_not "a user cannot write in root's directory" as 1000 touch "$A/x"
mkdir -m 700 "$A/closed"
touch "$A/closed/f"
check_not "nor look into a closed one" as 1000 stat "$A/closed/f"
mkdir -m 711 "$A/known"
echo yes > "$A/known/f"
check "but read a known name behind x" as 1000 cat "$A/known/f"
check_not "and not list" as 1000 ls "$A/known"

# The owner keeps what he opened, whatever the mode says afterwards
check "writes go on after the mode went" as 1000 sh -c "exec 3> $A/tmp/own; chmod 0 $A/tmp/own; echo still >&3 && exec 3>&-"
equal "and are there" "$(cat "$A/tmp/own")" still
check "a file made without any permission can be written by its maker" \
	as 1000 sh -c "umask 0777; cp /etc/hostname $A/tmp/none"

mkdir -m 2775 "$A/shared"
chown 0:5000 "$A/shared"
touch "$A/shared/f"
mkdir "$A/shared/d"
equal "set-group-id directories pass the group on" "$(stat -c %g "$A/shared/f" "$A/shared/d" | tr '\n' ' ')" "5000 5000 "
equal "and the bit to directories" "$(stat -c %a "$A/shared/d")" 2755
cp /bin/true "$A/tmp/suid"
chown 1000 "$A/tmp/suid"
chmod 4755 "$A/tmp/suid"
check "a foreigner's write" sh -c "chmod o+w $A/tmp/suid; setpriv --reuid 1001 --regid 1001 --clear-groups sh -c 'echo x >> $A/tmp/suid'"
equal "takes the set-user-id bit away" "$(stat -c %a "$A/tmp/suid")" 757
for mode in 0 777 1777 2755 4711 7777 640; do
	chmod $mode "$A/known/f"
	[ "$(stat -c %a "$A/known/f")" = $mode ] || echo $mode
done > /tmp/modes
equal "every mode comes back" "$(cat /tmp/modes)" ""
(umask 027; touch "$A/masked")
equal "the umask holds" "$(stat -c %a "$A/masked")" 640
chown 4000000000:4000000001 "$A/masked"
equal "large ids" "$(stat -c %u:%g "$A/masked")" 4000000000:4000000001
finish
