# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# aws: the stock CLI, with its Python loaded once for all calls of a case (aws_server.py). Programs that are started by
# others than this shell (timeout, nsenter, sh -c) find the command itself.
#
#	aws_server_start	# early: it loads while the case goes on
#	aws efs …

AWS_SERVER_PORT=4990

aws_server_start() {
	"$KEFS_TESTS/guest/aws_server.py" $AWS_SERVER_PORT > /tmp/aws_server.log 2>&1 < /dev/null &
	at_exit kill $!
	disown $!	# a case's "wait" is for its own
}
aws_server_listens() { ss -Hltn "sport = :$AWS_SERVER_PORT" | grep -q .; }
aws_server_connect() { exec {aws_call}<> /dev/tcp/127.0.0.1/$AWS_SERVER_PORT; } 2> /dev/null

aws() {
	local aws_call name environment=() answer
	aws_server_connect || { wait_for 60 aws_server_listens && aws_server_connect; } || {
		echo "aws: its server does not listen: $(cat /tmp/aws_server.log)" >&2
		return 255
	}
	for name in $(compgen -e); do
		environment+=("$name=${!name}")
	done
	printf '%s\0' $((3 + ${#environment[@]} + $#)) "$BASHPID" "$PWD" "${environment[@]}" -- "$@" >&"$aws_call"
	read -r -u "$aws_call" answer
	exec {aws_call}>&-
	[ -n "$answer" ] || echo "aws: its server has ended this call: $(cat /tmp/aws_server.log)" >&2
	return "${answer:-255}"
}
