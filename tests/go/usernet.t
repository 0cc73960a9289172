#!/usr/bin/env bash
# -n user: the guest's own stack on libslirp's network.  DHCP, a Go program that dials and listens, curl and python3 on the host.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/ownnet.sh"
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"
for tool in go curl python3; do
	command -v $tool >/dev/null || { echo "1..0 # skip: no $tool"; exit 0; }
done
[ -n "$(ldconfig -p 2>/dev/null | grep libslirp.so.0)" ] || { echo "1..0 # skip: no libslirp"; exit 0; }
ulimit -Sn 1024			# as most have it
export GO111MODULE=off GOFLAGS=-trimpath HOME=${HOME:-/tmp}
mkdir "$work/share" "$work/www"
GOOS=plan9 GOARCH=386 go build -o "$work/share/net" tests/go/net.go || { echo "1..1"; echo "not ok 1 - go build"; exit 1; }
user() { run $N9 -n user -s "$work/share:x" "$@" </dev/null; }
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

user -c 'cat /net/ndb; cat /net/ipifc/1/status; cat /net/iproute'
expect "a command finds the network configured" 0 '^ip=10\.0\.2\.15 ipmask=/120 ipgw=10\.0\.2\.2$' ''
grep -q "dns=10.0.2.3" "$work/out" && grep -q '10\.0\.2\.15  *\/120  *10\.0\.2\.0' "$work/out" && grep -q '^0\.0\.0\.0  *\/96  *10\.0\.2\.2' "$work/out"
ok $? "address, name server and the way out are what DHCP said"
user -c '/n/x/net local';	expect "the loopback addresses work beside it" 0 '^ping :0$' ''

head -c 3000000 /dev/urandom >"$work/www/file"
# an address of this host that is not loopback
[ -z "$OWN_NETWORK" ] || ip addr add 10.77.0.1/32 dev lo
host=$(awk '/\|--/ { a = $2 } /32 host LOCAL/ && a !~ /^127/ { print a; exit }' /proc/net/fib_trie)
if [ -n "$host" ]; then
	web "$work/www" "$host"
	user -c "/n/x/net get http://$host:$port/file"
	(echo 200 OK; cat "$work/www/file") | cmp -s - "$work/out" && [ "$status" = 0 ]
	ok $? "a file from python3's web server, bit for bit"
	kill $server
	wait $server 2>/dev/null

	# The server ends each, so that libslirp keeps it in TIME-WAIT for a while, with a descriptor of the helper's.
	: >"$work/hello"
	python3 -c '
import socket, sys
s = socket.create_server(("'"$host"'", 0), backlog=100)
print(s.getsockname()[1], flush=True)
while True:
    c = s.accept()[0]
    c.sendall(b"hello\n")
    c.close()' >"$work/hello" 2>/dev/null &
	server=$!
	eventually test -s "$work/hello"
	user -c "/n/x/net quick $host:$(cat "$work/hello") 1500"
	expect "1,500 connections one after the other: none is refused" 0 '^1500 connections, 0 bad$' ''
	kill $server
	wait $server 2>/dev/null
else
	skip "a file from python3's web server, bit for bit" "this host has no address but loopback"
	skip "1,500 connections one after the other: none is refused" "this host has no address but loopback"
fi
web "$work/www" 127.0.0.1
user -c "/n/x/net get http://10.0.2.2:$port/"
expect "the host's loopback services are out of reach" 1 '' 'connection|route|unreachable|timed out'
kill $server
wait $server 2>/dev/null

port=$(free_port)
timeout 400 $N9 -n user -p "127.0.0.1:$port:80" -s "$work/share:x" -c '/n/x/net serve :80' </dev/null >"$work/serve" 2>&1 &
guest=$!
eventually has "$work/serve" listening
# the helper is a child of 9guest, which is timeout's
helper=$(children "$(children $guest)")
[ -n "$helper" ] && grep -q '^Seccomp:.*2' "/proc/$helper/status" && ! ls -l "/proc/$helper/fd" | grep -q memfd
ok $? "the helper is confined, and has nothing of the guest's memory"
[ "$(curl -s -m 100 "http://127.0.0.1:$port/abc")" = "hello GET /abc" ]
ok $? "curl reaches a published port"
want="$(stat -c %s "$work/www/file") $(sha256sum <"$work/www/file" | cut -d' ' -f1) <nil>"
[ "$(curl -s -m 100 --data-binary "@$work/www/file" "http://127.0.0.1:$port/sum")" = "$want" ]
ok $? "three million bytes arrive unharmed"
curl -s -m 60 "http://127.0.0.1:$port/stop" >/dev/null
wait $guest
ok $? "the server's guest ends in good order"
run $N9 -n user -p "127.0.0.1:$port:80" -p "127.0.0.1:$port:81" -c date </dev/null
expect "a port that cannot be published" 1 '' "cannot publish port $port at 127.0.0.1"
if grep -q '^0*1 .* lo$' /proc/net/if_inet6 2>/dev/null; then
	timeout 400 $N9 -n user -p "[::1]:$port:80" -s "$work/share:x" -c '/n/x/net serve :80' </dev/null >"$work/serve" 2>&1 &
	guest=$!
	asked() { got=$(curl -gs -m 20 "http://[::1]:$port/v6"); }
	eventually asked
	[ "$got" = "hello GET /v6" ]
	ok $? "and by IPv6, at the address that the guest makes itself"
	curl -gs -m 60 "http://[::1]:$port/stop" >/dev/null
	wait $guest
else
	skip "and by IPv6, at the address that the guest makes itself" "this host has no IPv6"
fi
finish
