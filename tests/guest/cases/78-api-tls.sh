#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The API with a certificate: stock clients that trust its authority, and nobody without TLS; a bad one is named.
# shellcheck disable=SC2317 # called by name
# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
kefs_only
export AWS_PAGER='' AWS_MAX_ATTEMPTS=1 AWS_DEFAULT_OUTPUT=text
dir=/tmp/api-tls
mkdir $dir
make_cert() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$1" -addext 'subjectAltName=IP:127.0.0.1' \
		-keyout "$dir/$1.key" -out "$dir/$1.pem" 2> /dev/null
}
make_cert good
make_cert other
conf() { printf 'api_certificate = %s\napi_key = %s\n' "$dir/$1" "$dir/$2" > /tmp/kefsd.conf; }
# refused TEXT: kefsd does not start with that configuration, and says so
refused() { ! timeout 20 kefsd --config /tmp/kefsd.conf --foreground > /tmp/said 2>&1 && grep -q "$1" /tmp/said; }

kefsd_stop || fatal "kefsd does not stop"
conf good.pem other.key
check "a key of another certificate" refused 'api_certificate: '
conf none.pem good.key
check "no such file" refused 'none.pem does not exist'
chmod 644 $dir/good.key
conf good.pem good.key
check "a key that anybody may read" refused 'chmod 600'
chmod 600 $dir/good.key
kefsd_start --config /tmp/kefsd.conf || fatal "kefsd does not start"
eval "$(kefsctl admin-key --export)"
equal "clients are told of https" "$AWS_ENDPOINT_URL" https://127.0.0.1:8049
check_not "aws does not trust it just so" aws sts get-caller-identity
export AWS_CA_BUNDLE=$dir/good.pem
equal "aws that trusts it" "$(aws sts get-caller-identity --query Account)" 000000000000
fs=$(aws efs create-file-system --creation-token tls --query FileSystemId)
equal "makes a file system" "${fs:0:3}" fs-
for i in $(seq 6); do aws efs describe-file-systems --file-system-id "$fs" > "/tmp/list.$i" & done
wait
equal "several at once" "$(cat /tmp/list.* | grep -c "$fs")" 6
check_not "plain HTTP gets no answer" curl -sf -m 5 http://127.0.0.1:8049/
check "TLS 1.1 neither" sh -c '! openssl s_client -connect 127.0.0.1:8049 -tls1_1 < /dev/null > /tmp/s_client 2>&1'
head -c 100000 /dev/urandom | timeout 5 nc -q 1 127.0.0.1 8049 > /dev/null 2>&1
equal "noise does no harm" "$(aws sts get-caller-identity --query Account)" 000000000000

# Another certificate, in the same place: for new connections
cat > /tmp/keep.py <<'P'
import socket, ssl, sys
c = ssl._create_unverified_context().wrap_socket(socket.create_connection(("127.0.0.1", 8049)))
c.sendall(b"GET /2015-02-01/file-systems HTTP/1.1\r\nHost: x\r\n")
print("half a request", flush=True)
sys.stdin.readline()
c.sendall(b"\r\n")
print(c.recv(12).decode(), flush=True)
P
mkfifo /tmp/keep.in /tmp/keep.out
python3 /tmp/keep.py < /tmp/keep.in > /tmp/keep.out &
keep=$!
exec 7> /tmp/keep.in 8< /tmp/keep.out
hear() { read -r -t 20 -u 8 said && echo "$said"; }
equal "a connection that is in the middle of something" "$(hear)" "half a request"
cat $dir/other.pem > $dir/good.pem
cat $dir/other.key > $dir/good.key
served() { openssl s_client -connect 127.0.0.1:8049 < /dev/null 2> /dev/null | openssl x509 -noout -subject; }
serves() { served | grep -q "$1"; }
check "its certificate is replaced" wait_for 10 serves other
echo go >&7
equal "that one goes on" "$(hear)" "HTTP/1.1 403"
export AWS_CA_BUNDLE=$dir/other.pem
equal "aws that trusts the new one" "$(aws sts get-caller-identity --query Account)" 000000000000
exec 7>&- 8<&-
wait $keep
make_cert third
mv $dir/third.pem $dir/good.pem
mv $dir/third.key $dir/good.key
kill -HUP "$(kefsctl --json status | jq .Pid)"
check "at SIGHUP at once" serves third
export AWS_CA_BUNDLE=$dir/good.pem
aws efs delete-file-system --file-system-id "$fs"
kefsd_stop
unset AWS_CA_BUNDLE
kefsd_start || fatal "kefsd does not start"
finish
