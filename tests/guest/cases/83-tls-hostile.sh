#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What strangers do to the TLS port: certificates that are wrong in each way, handshakes by the thousand that go nowhere,
# plain text behind TLS, new keys in the middle. Nobody gets in, each refusal is counted, and who is there works on.
# options: --mem 2G
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/tls.sh
. "${KEFS_TESTS:?}/guest/tls.sh"

tls_set_up ""
fs=$(new_fs 10.66.0.10)
other=$(new_fs 10.66.0.11)
cert good --fs "$fs" --iam
mount_tls good 10.66.0.10 /mnt/good || fatal "no mount"
good=$port
check "who is right is in" touch /mnt/good/file

# wrong NAME COUNT WHAT ARG…: a certificate made so is refused, and counted there
wrong() {
	local name=$1 count=$2 what=$3 before
	shift 3
	before=$(of_tls ".NotBelieved.$count")
	cert "$name" "$@" || fatal "no certificate $name"
	check "$what" says "access denied" mount_tls "$name" 10.66.0.10 "/mnt/$name"
	check "which is counted: $count" test "$(of_tls ".NotBelieved.$count")" -gt "$before"
	kill_tunnel $port
}

wrong foreign FileSystem "for another file system" --fs "$other" --iam
wrong expired Time "out of date" --fs "$fs" --iam --age 15000
wrong future Time "of a clock that is an hour ahead" --fs "$fs" --iam --age -3600
wrong stale Time "with a signature of two days ago" --fs "$fs" --iam --sign-age 172800
wrong blank Signature "signed as the rest of AWS does" --fs "$fs" --iam --blank-line
wrong region Signature "signed for another region" --fs "$fs" --iam --region eu-central-1
wrong elsewhere Signature "signed for another file system" --fs "$fs" --iam --sign-fs "$other"
hash=$(openssl x509 -in /tmp/tls/good/cert.pem -noout -ext subjectKeyIdentifier | tail -n 1 | tr -d ' :' | tr A-F a-f)
wrong replayed Signature "with a signature over another's key" --fs "$fs" --iam --hash "$hash"
(
	export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
	cert guessed --fs "$fs" --iam
	export AWS_ACCESS_KEY_ID=AKIA0000000000000000
	cert nobody --fs "$fs" --iam
	export AWS_SESSION_TOKEN=made+up/token==
	cert token --fs "$fs" --iam
)
for name in guessed nobody token; do
	check "$name" says "access denied" mount_tls $name 10.66.0.10 /mnt/$name
done
check "unknown keys are counted" test "$(of_tls .NotBelieved.AccessKey)" -ge 2
wrong twisted Malformed "with client authentication that is none" --fs "$fs" --extension .2=ASN1:UTF8String:me
wrong longid Malformed "with an id of 200 characters" --fs "$fs" --ap "fsap-$(printf %0200d 0)"
wrong number Malformed "with a number for an id" --fs "$fs" --extension .1=ASN1:INTEGER:1
cert oversized --fs "$fs" --iam --extension ".9=ASN1:UTF8String:$(printf %020000d 0)"
check_not "one of 20 KB does not get through the handshake" mount_tls oversized 10.66.0.10 /mnt/oversized
check "which is counted" test "$(of_tls .Failed.TooLong)" -ge 1
kill_tunnel $port
cert strange --fs "$fs" --iam --source "$(printf %0900d 0)" --extension .9=ASN1:NULL
check "what else is in a certificate does not matter" mount_tls strange 10.66.0.10 /mnt/strange
equal "who is right is still in" "$(conns 'select(.Access) | .Principal')" arn:aws:iam::000000000000:root

# Half a handshake, by the thousand, from one address; then from many
cat > /tmp/half.py <<'P'
import signal, socket, sys
count, say = int(sys.argv[1]), bytes.fromhex(sys.argv[2])
sockets = []
for i in range(count):
    s = socket.socket()
    s.bind((f'10.66.1.{i % 200 + 1}' if len(sys.argv) > 3 else '10.55.1.2', 0))
    try:
        s.connect(('10.66.0.10', 2049))
        s.send(say)
        sockets.append(s)
    except OSError:
        pass
print('ready', flush=True)
signal.pause()
P
half() {
	in_ns a python3 /tmp/half.py "$@" > /tmp/half.log 2>&1 &
	half=$!
	wait_for 60 grep -q ready /tmp/half.log
}
under_way() { [ "$(of_tls .UnderWay)" -le "$1" ]; }
has_its_share() { [ "$(of_tls .Failed.Refused)" -gt "$before" ] && under_way 128; }
nobody_waits() { [ "$(kefsctl --json status | jq .Acceptor.Waiting)" = 0 ]; }
before=$(of_tls .Failed.Refused)
check "two thousand begin and say no more" half 2000 160301
check "one address has its share, and no more" wait_for 20 has_its_share
check "who is there works on" touch /mnt/good/meanwhile
check "they end in their time" wait_for 40 under_way 0
check "which is counted" test "$(of_tls .Failed.TimedOut)" -ge 100
kill "$half"
wait "$half" 2> /dev/null
ip -n a link add more type dummy
ip -n a link set more up
for i in $(seq 1 200); do echo "addr add 10.66.1.$i/32 dev more"; done | ip -n a -batch -
ip route add 10.66.1.0/24 via "$(client_addr a)"
check "two thousand from 200 addresses" half 2000 160301 many
check "are no more than there is room for" under_way 1024
check "and a client that means it mounts all the same" mount_tls good 10.66.0.10 /mnt/again
umount /mnt/again
kill "$half"
wait "$half" 2> /dev/null
check "all of it goes" wait_for 40 under_way 0
check "half a question for TLS" half 50 800000280000000100000000000000020001
kill "$half"
wait "$half" 2> /dev/null
check "is waited for no longer than the client is there" wait_for 20 nobody_waits

# With openssl's client: behind the handshake
s_client() { in_ns a timeout 20 openssl s_client -connect 10.66.0.10:2049 "$@" > /tmp/s_client 2>&1; }
count_conns() { kefsctl --json connections | jq '.Connections | length'; }
only_good() { [ "$(count_conns)" = "$1" ]; }
now=$(count_conns)
printf 'GET / HTTP/1.1\r\n\r\n' | s_client -quiet
check "HTTP behind TLS ends" wait_for 20 only_good "$now"
# KeyUpdate: kernels before 6.14 cannot follow; the connection ends, and no other
{ printf '\200\0\0\050'; sleep 1; echo K; sleep 5; } | s_client -tls1_3
check "a new key in the middle ends it, and no other" wait_for 20 only_good "$now"
cat > /tmp/plain.py <<'P'
import socket, ssl
raw = socket.create_connection(('10.66.0.10', 2049))
context = ssl.create_default_context(cafile='/tmp/tls/ca.pem')
tls = context.wrap_socket(raw.dup(), server_hostname='10.66.0.10')
tls.sendall(bytes.fromhex('80000028000000010000000000000002000186a3000000040000000000000000000000000000000000000000'))
assert len(tls.recv(100)) == 28, 'NULL is not answered'
# Not by TLS any more
raw.sendall(bytes.fromhex('80000028000000020000000000000002000186a3000000040000000000000000000000000000000000000000'))
raw.settimeout(15)
try:
    assert not raw.recv(100).startswith(b'\x80'), 'plain text was answered'
except ConnectionError:
    pass
P
check "plain text behind TLS is not answered" in_ns a python3 /tmp/plain.py
check "that connection ends too" wait_for 20 only_good "$now"
cat > /tmp/starttls.py <<'P'
import socket
s = socket.create_connection(('10.66.0.10', 2049))
s.settimeout(20)
ask = bytes.fromhex('80000028000000010000000000000002000186a3000000040000000000000007000000000000000000000000')
s.sendall(ask)
reply = s.recv(100)
assert reply[-12:-4] == b'STARTTLS', reply
# Asked for TLS, and then says something else
s.sendall(ask.replace(b'\0\0\0\7', b'\0\0\0\0'))
try:
    rest = s.recv(100)
except ConnectionError:
    rest = b''
assert rest == b'', rest
P
check "who asks for TLS and does not begin it is not answered" in_ns a python3 /tmp/starttls.py

check "who is there works on" cp /bin/true /mnt/good/end
equal "as who it is" "$(stat -c %u /mnt/good/end)" 0
echo "# $(kefsctl status | grep -A 2 ^TLS)"
umount_all
kill_tunnel $good
kefsd_stop
kefsd_start || fatal "kefsd does not start with its own configuration"
finish
