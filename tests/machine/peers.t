#!/usr/bin/env bash
# Bad peers and long silences, against a whole guest: 65,536 calls that are never finished, peers that read nothing, and
# connections on which nothing is said (for 5 seconds; MINUTES=10 tests/machine/peers.t for longer), on the guest's own stack
# over a tap and by the host's; silence by libslirp, too.  Meanwhile others are served, and memory stays bounded.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
python=/usr/bin/python3
if [ "$1" != inside ]; then
	[ -x $python ] || { echo "1..0 # skip: no python3"; exit 0; }
	unshare -rn true 2>/dev/null && [ -w /dev/net/tun ] || { echo "1..0 # skip: no network namespaces, or no /dev/net/tun"; exit 0; }
	exec unshare -rn "$0" inside
fi
. tests/lib/tap.sh
{ ip link set lo up && ip tuntap add dev t0 mode tap && ip addr add 10.9.0.1/24 dev t0 && ip link set t0 up &&
	echo 0 >/proc/sys/net/ipv4/conf/t0/rp_filter; } 2>"$work/err" || { echo "1..0 # skip: no tap here: $(cat "$work/err")"; exit 0; }
silence=$((${MINUTES:-0} * 60))
[ $silence -gt 0 ] || silence=5

# the guest's services: echo at 7, at 19 an endless stream, at 9998 what its TCP has counted, at 9999 what its kernel has in use
services='aux/listen1 -t tcp!*!7 cat &
aux/listen1 -t tcp!*!19 cat /dev/zero &
aux/listen1 -t tcp!*!9998 cat /net/tcp/stats &
aux/listen1 -t tcp!*!9999 cat /dev/swap'
start() {	# ADDR OPTIONS: a guest at that address, with a wire that its memory cannot hold; it has $more ports than two
	addr=$1
	shift
	$N9 "$@" </dev/null >"$work/guest" 2>&1 &
	guest=$!
	for port in 9999 7 $more; do eventually answers $port; done
}
answers() { (exec 3<>"/dev/tcp/$addr/$1") 2>/dev/null; }	# PORT
stop() {
	kill $guest
	wait $guest 2>/dev/null
}
in_use() {	# bytes of the guest's kernel, and of pages, as /dev/swap says
	(exec 3<>"/dev/tcp/$addr/9999"; cat <&3) 2>/dev/null | awk '/ kernel malloc$/ { split($1, a, "/"); k = a[1] } END { print k + 0 }'
}
served() {	# NAME: an honest caller is
	$python tests/lib/peers.py echo "$addr" 7 >"$work/out" 2>"$work/err"
	ok $? "$1"
	sed 's/^/# /' "$work/out" "$work/err"
}
deaf() {	# NAME N
	local before after
	before=$(in_use)
	mkfifo "$work/hold"
	$python tests/lib/peers.py deaf "$addr" 19 "$2" <"$work/hold" >"$work/deaf" 2>"$work/err" &
	local pid=$!
	exec 5>"$work/hold"
	eventually has "$work/deaf" deaf
	ok $? "$1: $2 peers that read nothing are connected"
	served "$1: others are served meanwhile"
	after=$(in_use)
	[ "$before" -gt 0 ] && [ $((after - before)) -lt $(($2 * 600 * 1024)) ]
	ok $? "$1: what is kept for each of them is bounded: $(((after - before) / 1024 / $2)) KiB"
	exec 5>&-
	wait $pid
	rm "$work/hold"
}
quiet() {	# NAME
	$python tests/lib/peers.py idle "$addr" 7 $silence >"$work/out" 2>"$work/err"
	ok $? "$1: a connection outlives $silence seconds of silence"
	sed 's/^/# /' "$work/err"
}

more='19 9998' start 10.9.0.2 -n tap=t0 -m 64M -c "ip/ipconfig -g 10.9.0.1 10.9.0.2 255.255.255.0
$services"
served "own stack: a caller is served"
before=$(in_use)
flood() {
	$python tests/lib/peers.py flood 10.9.0.2 7 65536 >"$work/out" 2>"$work/err"
}
flood
ok $? "65,536 calls were begun"
arrived() {
	(exec 3<>"/dev/tcp/$addr/9998"; cat <&3) 2>/dev/null | awk '/^(InSegs|CookiesSent|HalfDrops)/ { n[$1] = $2; print "# " $0 }
		END { exit !(n["InSegs:"] > 20000 && n["CookiesSent:"] + n["HalfDrops:"] > 10000) }'
}
# a guest that gets no CPU loses them before it sees them: then some more
for try in 1 2 3 4 5; do arrived >/dev/null && break; flood; done
arrived
ok $? "own stack: most of them came, and were answered by cookies or forgotten"
served "own stack: a caller is served among them"
after=$(in_use)
[ "$before" -gt 0 ] && [ $((after - before)) -lt $((4 * 1024 * 1024)) ]
ok $? "own stack: what is kept of them is bounded: $(((after - before) / 1024)) KiB"
deaf "own stack" 40
quiet "own stack"
stop

more=19 start 127.0.0.1 -n host -p 7:7 -p 19:19 -p 9999:9999 -m 64M -c "$services"
served "host's stack: a caller is served"
deaf "host's stack" 40
quiet "host's stack"
stop

start 127.0.0.1 -n user -p 7:7 -p 9999:9999 -c "$services"
# libslirp takes calls before the guest does
eventually $python tests/lib/peers.py echo "$addr" 7 >/dev/null 2>&1
served "libslirp: a caller is served"
quiet "libslirp"
stop
finish
