# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the cases of secure mounts share, on top of cases.sh: mount targets, certificates, and tunnels as amazon-efs-utils
# makes them.
#
#	tls_set_up LINE			# kefsd with subnets and that line in its configuration, one client a, the CLI's keys; $ca is the authority's certificate
#	fs=$(new_fs ADDRESS)		# a file system with a mount target
#	cert NAME --fs "$fs" …		# /tmp/tls/NAME/cert.pem: see mount_cert.py
#	tunnel NAME ADDRESS		# stunnel to it with that certificate; $port is where it listens
#	mount_tls NAME ADDRESS DIR	# both, and mount
#	server_elsewhere		# kefsd anew, with a certificate for another address, which $ca vouches for from now on

# shellcheck source=tests/guest/cases.sh
. "${KEFS_TESTS:?}/guest/cases.sh"
# shellcheck source=tests/guest/aws.sh
. "$KEFS_TESTS/guest/aws.sh"
kefs_only
port=20048

tls_set_up() {
	aws_server_start
	ip link add mt0 type dummy || fatal "no dummy interface"
	ip link set mt0 up
	# The clients are in ranges of the VPC: its default security group lets them in
	printf 'subnets = us-east-1a mt0 10.66.0.0/24, us-east-1c mt0 10.55.0.0/16, us-east-1d mt0 10.66.1.0/24\n%s\n' "$1" > /tmp/kefsd.conf
	kefsd_stop || fatal "kefsd does not stop"
	kefsd_start --config /tmp/kefsd.conf || fatal "kefsd does not start"
	client_ns a
	ip -n a route add 10.66.0.0/16 via "$(server_addr a)"
	eval "$(kefsctl admin-key --export)"
	export AWS_PAGER='' AWS_DEFAULT_OUTPUT=text
	mkdir -p /tmp/tls
	ca=/tmp/tls/ca.pem
	kefsctl ca --export > $ca
	subnet=$(kefsctl --json subnets | jq -r '.Subnets[] | select(.CidrBlock == "10.66.0.0/24") | .SubnetId')
}

efs() { aws efs "$@" 2> /tmp/aws.err; }

# new_fs ADDRESS: its id
new_fs() {
	local id
	id=$(efs create-file-system --creation-token "$1" --query FileSystemId)
	efs create-mount-target --file-system-id "$id" --subnet-id "$subnet" --ip-address "$1" > /dev/null
	echo "$id"
}

cert() { "$KEFS_TESTS/guest/mount_cert.py" "/tmp/tls/$1" "${@:2}"; }

listening() { in_ns a ss -Hltn "sport = :$1" | grep -q .; }

# tunnel NAME ADDRESS [LINE…]: with NAME none, no certificate; LINEs are more of stunnel's configuration
tunnel() {
	local name=$1 conf pem=''
	port=$((port + 1))
	conf=/tmp/tls/stunnel.$port
	[ "$name" = none ] || pem="cert = /tmp/tls/$name/cert.pem
key = /tmp/tls/$name/key.pem"
	cat > $conf.conf <<-C
	foreground = no
	pid = $conf.pid
	output = $conf.log
	debug = info
	socket = l:SO_REUSEADDR=yes
	[efs]
	client = yes
	accept = 127.0.0.1:$port
	connect = $2:2049
	sslVersion = TLSv1.2
	renegotiation = no
	TIMEOUTbusy = 20
	TIMEOUTclose = 0
	TIMEOUTidle = 70
	delay = yes
	verify = 2
	CAfile = $ca
	checkIP = $2
	$pem
	$(printf '%s\n' "${@:3}")
	C
	in_ns a stunnel $conf.conf || { cat $conf.log; return 1; }
	at_exit kill_tunnel $port
	wait_for 10 listening $port
}

kill_tunnel() { [ ! -e "/tmp/tls/stunnel.$1.pid" ] || kill "$(cat "/tmp/tls/stunnel.$1.pid")" 2> /dev/null; }

# The mount helper looks whether the tunnel stands before it mounts: a handshake, and the end.
probe() { in_ns a timeout 10 bash -c ": < /dev/tcp/127.0.0.1/$port"; }

mount_port() { mount_in a "127.0.0.1:$2" "$3" "vers=4.1,noresvport,soft,timeo=100,retrans=1,port=$1${4:+,$4}"; }

# mount_tls NAME ADDRESS DIR [PATH]
mount_tls() {
	tunnel "$1" "$2" && probe && mount_port "$port" "${4:-/}" "$3"
}

# tlshd_start own|efs, tlshd_stop: the client's own TLS (xprtsec=), of its network namespace. For mtls it presents a
# certificate of its own, or the one of mount.efs
tlshd_start() {
	local cert=/tmp/tls/client.pem key=/tmp/tls/client.key
	[ "$1" != efs ] || { cert=/run/kefs/mounts/tlshd/certificate.pem; key=/etc/amazon/efs/privateKey.pem; }
	[ -e /tmp/tls/client.key ] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=client \
		-keyout /tmp/tls/client.key -out /tmp/tls/client.pem 2> /dev/null
	cat > /tmp/tls/tlshd.conf <<-C
		[debug]
		loglevel = 2
		tls = 2
		nl = 0
		[authenticate]
		[authenticate.client]
		x509.truststore = $ca
		x509.certificate = $cert
		x509.private_key = $key
	C
	# Not in_ns: $! is to be tlshd, not a shell around it
	nsenter --net=/run/netns/a -- tlshd -s -c /tmp/tls/tlshd.conf >> /tmp/tls/tlshd.log 2>&1 &
	tlshd=$!
}
tlshd_stop() { kill "$tlshd" 2> /dev/null; }

# of_tls PATH: a count in kefsctl status
of_tls() { kefsctl --json status | jq -r ".Tls$1"; }
# conns QUERY: of the connections
conns() { kefsctl --json connections | jq -r "[.Connections[] | $1] | unique | join(\" \")"; }

# says TEXT CMD…: it fails, with that in what it says
says() {
	local text=$1
	shift
	if ! "$@" > /tmp/said 2>&1 && grep -q "$text" /tmp/said; then return 0; fi
	cat /tmp/said
	return 1
}

# policy FS STATEMENT: sets a policy of one statement
policy() {
	efs put-file-system-policy --file-system-id "$1" --bypass-policy-lockout-safety-check \
		--policy "{\"Version\": \"2012-10-17\", \"Statement\": [$2]}"
}

server_elsewhere() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=own \
		-addext "subjectAltName = IP:10.66.0.99" -keyout /tmp/tls/own.key -out /tmp/tls/own.pem 2> /dev/null
	printf '%s\n' 'tls_certificate = /tmp/tls/own.pem' 'tls_key = /tmp/tls/own.key' >> /tmp/kefsd.conf
	cat /tmp/tls/own.pem >> "$ca"
	kefsd_stop
	kefsd_start --config /tmp/kefsd.conf || fatal "kefsd does not start with another certificate"
}
