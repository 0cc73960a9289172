#!/usr/bin/env bash
# -n host: a Go program that knows nothing of it dials and listens by the host's sockets; what is at the other end is curl
# and python3.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/ownnet.sh"
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"
for tool in go curl python3; do
	command -v $tool >/dev/null || { echo "1..0 # skip: no $tool"; exit 0; }
done
export GO111MODULE=off GOFLAGS=-trimpath HOME=${HOME:-/tmp}
mkdir "$work/share"
go build -o "$work/linux" tests/go/net.go && GOOS=plan9 GOARCH=386 go build -o "$work/share/net" tests/go/net.go ||
	{ echo "1..1"; echo "not ok 1 - go build"; exit 1; }
both() { run $N9 -n host -s "$work/share:x" "$@" </dev/null; }

# a port of the host that nobody has now
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

until_there() {	# URL: until it answers
	eventually curl -gs -m 20 -o /dev/null "$1" || { echo "# $1 does not answer"; return 1; }
}

both -c '/n/x/net local'
expect "dial and listen on the loopback addresses, with a deadline" 0 '^ping :0$' ''
[ "$(grep -c '^ping ' "$work/out")" = 3 ] && [ "$(grep -c 'i/o timeout$' "$work/out")" = 3 ]
ok $? "all three, and each read runs into its deadline"
both -c '/n/x/net udp';		expect "datagrams, with headers and without" 0 '^ping pong$' ''
both -c '/n/x/net lookup localhost no..such..name'
expect "names are looked up by the host" 0 '^localhost \[.*127\.0\.0\.1.*\] <nil>$' ''
grep -q '^no..such..name \[\] lookup .*no such host$' "$work/out" && grep -q '^http 80 <nil>$' "$work/out"
ok $? "a name that is none is an error, and services have numbers"

# python3 serves, the guest asks
mkdir "$work/www"
head -c 3000000 /dev/urandom >"$work/www/file"
web "$work/www" 127.0.0.1
both -c "/n/x/net get http://127.0.0.1:$port/file"
(echo 200 OK; cat "$work/www/file") | cmp -s - "$work/out" && [ "$status" = 0 ]
ok $? "a file from python3's web server, bit for bit"
both -c "/n/x/net get http://localhost:$port/absent";	expect "what it does not have, by name" 0 '^404 ' ''
both --allow "127.0.0.1:1" -c "/n/x/net get http://127.0.0.1:$port/"
expect "whom --allow does not name is not called" 1 '' 'permission denied: not in --allow'
both --allow "192.0.2.1:*,localhost:$port" -c "/n/x/net get http://localhost:$port/absent"
expect "whom it names by name is" 0 '^404 ' ''
kill $server
wait $server 2>/dev/null
both -c "/n/x/net get http://127.0.0.1:$port/";	expect "nobody there any more" 1 '' 'connection refused'

# the guest serves, curl asks
port=$(free_port)
timeout 400 $N9 -n host -p "127.0.0.1:$port:80" -s "$work/share:x" -c '/n/x/net serve :80' </dev/null >"$work/serve" 2>&1 &
guest=$!
until_there "http://127.0.0.1:$port/"
ok $? "a published port is reached"
got=$(curl -s -m 100 "http://127.0.0.1:$port/[1-20]" | sort -u | wc -l)
[ "$got" = 20 ]
ok $? "twenty requests on a connection that stays (got $got)"
want="$(stat -c %s "$work/www/file") $(sha256sum <"$work/www/file" | cut -d' ' -f1) <nil>"
[ "$(curl -s -m 100 --data-binary "@$work/www/file" "http://127.0.0.1:$port/sum")" = "$want" ]
ok $? "three million bytes arrive unharmed"
if curl -s -m 60 -o /dev/null "http://127.0.0.1:80/abc"; then
	ok 0 "and on the guest's own port, from this host"
else
	skip "and on the guest's own port, from this host" "port 80 is not ours to listen on"
fi
curl -s -m 60 "http://127.0.0.1:$port/stop" >/dev/null
wait $guest
ok $? "the server's guest ends in good order"
! curl -s -m 60 -o /dev/null "http://127.0.0.1:$port/"
ok $? "and its port is closed"

# a thousand connections to a stranger that echoes lines
cat >"$work/echo.py" <<'PY'
import asyncio
async def serve(r, w):
    while line := await r.readline():
        w.write(line)
    w.close()
async def main():
    s = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=2000)
    print(s.sockets[0].getsockname()[1], flush=True)
    await s.serve_forever()
asyncio.run(main())
PY
: >"$work/port"
(ulimit -n 4096; exec python3 "$work/echo.py") >"$work/port" &
server=$!
eventually test -s "$work/port"
port=$(cat "$work/port")
both -c "/n/x/net many 127.0.0.1:$port 1000";	expect "a thousand connections at once" 0 '^1000 connections$' ''
both -c "/n/x/net idle 127.0.0.1:$port 1050";	expect "a thousand and fifty readers that wait, and others go on" 0 '^1050 readers have ended$' ''
kill $server
wait $server 2>/dev/null

# what a guest with an end of its own leaves behind: nothing
both -c "echo announce '*!$port' >[1=3] <>[3]/net/tcp/clone; cat /net/tcp/0/local <>[3]/net/tcp/clone; ls /net/tcp/0"
expect "a conversation that nobody has open is free again" 0 '::!0' ''
run $N9 -c "ls '#h'" </dev/null;	expect "without -n the host's network is not there" 0 '' ''
mkfifo "$work/in"
timeout 60 $N9 -n host -c 'echo up; cat' <"$work/in" >"$work/up" 2>&1 &
guest=$!
exec 8>"$work/in"
until grep -q up "$work/up" || ! kill -0 $guest; do sleep 0.05; done
helper=$(children "$(children $guest)")
[ -n "$helper" ] && grep -q '^Seccomp:.*2' "/proc/$helper/status" && ! ls -l "/proc/$helper/fd" | grep -q 'memfd\|eventpoll\|pipe'
ok $? "the helper that asks the resolver is confined, and has nothing of the guest"
exec 8>&-
wait $guest
finish
