# shellcheck shell=bash
# shellcheck disable=SC2034 # TLS_WAYS and TLS_RATE are for guest.sh
# SPDX-License-Identifier: GPL-2.0
# The ways to a server through TLS, on top of servers.sh, for the group tls:
#
#	kefs-xprtsec	the stock client's own TLS (xprtsec=tls, tlshd), kefsd's acceptor: kernel TLS at both ends
#	kefs-stunnel	mount.efs -o tls: its stunnel, and kernel TLS at the server
#	nfsd-stunnel	stunnel as amazon-efs-utils configures it, and stunnel before nfsd: what there is without Kefs
#	kefs-plain	no TLS
#
#	tls_set_up		once, with both servers running
#	mount_way WAY DIR
#	tls_ciphers		what was negotiated, a line a way
#	tls_aes 0|1		1: AES instructions for a kernel that has to be helped to them. Lines about it, and sets
#				TLS_RATE, MB/s of the kernel's cipher alone, if that is known
#	tls_end

TLS_WAYS='kefs-xprtsec kefs-stunnel nfsd-stunnel kefs-plain'
TLS_DIR=/tmp/bench.tls
TLS_PORT=2051 TLS_CLIENT_PORT=20490

tls_stunnel() { # NAME: reads the rest of its configuration
	{
		printf '%s\n' 'foreground = quiet' 'pid =' 'debug = info' "output = $TLS_DIR/$1.log"
		cat
	} > "$TLS_DIR/$1.conf"
}

tls_proxies() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=nfsd \
		-addext "subjectAltName = IP:$SERVER_ADDR" -keyout $TLS_DIR/nfsd.key -out $TLS_DIR/nfsd.pem 2> /dev/null || return
	tls_stunnel server <<- C
		[nfs]
		accept = $SERVER_ADDR:$TLS_PORT
		connect = $SERVER_ADDR:${SERVER_PORT[nfsd]}
		cert = $TLS_DIR/nfsd.pem
		key = $TLS_DIR/nfsd.key
	C
	tls_stunnel client <<- C
		socket = l:SO_REUSEADDR=yes
		socket = a:SO_BINDTODEVICE=lo
		[efs]
		client = yes
		accept = 127.0.0.1:$TLS_CLIENT_PORT
		connect = $SERVER_ADDR:$TLS_PORT
		sslVersion = TLSv1.2
		renegotiation = no
		TIMEOUTbusy = 20
		TIMEOUTclose = 0
		TIMEOUTidle = 70
		delay = yes
		verify = 2
		CAfile = $TLS_DIR/nfsd.pem
	C
	stunnel $TLS_DIR/server.conf &
	TLS_PIDS+=" $!"
	nsenter --net=/run/netns/cl -- stunnel $TLS_DIR/client.conf &
	TLS_PIDS+=" $!"
	within 10 in_client timeout 2 bash -c "exec 3<> /dev/tcp/127.0.0.1/$TLS_CLIENT_PORT"
}

tls_own() {
	kefsctl ca --export > $TLS_DIR/ca.pem || return
	cat > $TLS_DIR/tlshd.conf <<- C
		[debug]
		loglevel = 0
		[authenticate]
		[authenticate.client]
		x509.truststore = $TLS_DIR/ca.pem
	C
	nsenter --net=/run/netns/cl -- tlshd -s -c $TLS_DIR/tlshd.conf > $TLS_DIR/tlshd.log 2>&1 &
	TLS_PIDS+=" $!"
	mkdir -p /etc/amazon/efs
	printf '%s\n' '[mount]' 'region = us-east-1' "stunnel_cafile = $TLS_DIR/ca.pem" 'stunnel_check_cert_hostname = false' \
		'[mount-watchdog]' 'unmount_count_for_consistency = 1' > /etc/amazon/efs/efs-utils.conf
	TLS_FS=$(kefsctl fs list --quiet | head -n 1)
}

tls_set_up() {
	mkdir -p $TLS_DIR
	TLS_PIDS=
	tls_own && tls_proxies
}

mount_way() {
	mkdir -p "$2"
	case $1 in
	kefs-plain) mount_server kefs "$2" ;;
	kefs-xprtsec) in_client mount -t nfs4 -o "$MOUNT_OPTIONS,xprtsec=tls,port=${SERVER_PORT[kefs]}" "$SERVER_ADDR:/" "$2" ;;
	kefs-stunnel) in_client mount -t efs -o "tls,mounttargetip=$SERVER_ADDR" "$TLS_FS:/" "$2" ;;
	nfsd-stunnel) in_client mount -t nfs4 -o "$MOUNT_OPTIONS,port=$TLS_CLIENT_PORT" 127.0.0.1:/ "$2" ;;
	esac
}

# tls_cipher WAY: of the mount that is there
tls_cipher() {
	case $1 in
	nfsd-stunnel) sed -n 's/.* \(TLSv[0-9.]*\) ciphersuite: \([^ ]*\).*/\1 \2, in stunnel at both ends/p' $TLS_DIR/server.log | tail -n 1 ;;
	*) ss -Htnie state established "( sport = :${SERVER_PORT[kefs]} )" |
		sed -n 's/.*tcp-ulp-tls version: \([^ ]*\) cipher: \([^ ]*\).*/TLSv\1 \2, in the kernel at the server/p' | head -n 1 ;;
	esac
}

tls_aes() {
	local rate
	TLS_RATE=0
	case $KEFS_KERNEL in
	uml*) ;;
	*)
		echo "The kernel's cipher: $(awk '$1 == "driver" && /gcm/ { print $3 }' /proc/crypto | tr '\n' ' ')"
		return
		;;
	esac
	cp -r "$KEFS_REPO/tests/bench/umlaes" $TLS_DIR/umlaes
	if ! make -s ARCH=um -C /uml/rel M=$TLS_DIR/umlaes modules > $TLS_DIR/umlaes.log 2>&1 ||
		! insmod $TLS_DIR/umlaes/umlaes.ko use="$1"; then
		tail -n 5 $TLS_DIR/umlaes.log
		return 1
	fi
	rate=$(dmesg | sed -n 's/.*umlaes: //p' | tail -n 1)
	[[ $rate =~ \ ([0-9]+)\ with.*\ ([0-9]+)\ in\ C ]] || return
	echo "The kernel's cipher alone: $rate."
	if [ "$1" = 1 ]; then
		TLS_RATE=${BASH_REMATCH[1]}
		echo "It uses AES instructions, by tests/bench/umlaes: User-Mode Linux has no driver of its own for them."
	else
		TLS_RATE=${BASH_REMATCH[2]}
		echo "It is the one in C, as User-Mode Linux has it: what the kernel encrypts is slower than what stunnel does."
	fi
}

tls_end() {
	local p
	for p in $TLS_PIDS $(pgrep -x kefs-watchdog); do kill "$p"; done
	wait
	! lsmod | grep -q '^umlaes ' || within 10 rmmod umlaes
} 2> /dev/null
