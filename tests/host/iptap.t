#!/usr/bin/env bash
# The IP stack's core against Linux's own TCP, over a tap in a network namespace of its own; frames are lost, doubled,
# delayed and reordered on our side of the tap.  tshark judges the captures.  usage: iptap.t [BYTES]: default 20 million
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
if [ "$1" != inside ]; then
	unshare -rn true 2>/dev/null && [ -w /dev/net/tun ] || { echo "1..0 # skip: no network namespaces, or no /dev/net/tun"; exit 0; }
	command -v ip >/dev/null || { echo "1..0 # skip: no ip command (iproute2)"; exit 0; }
	exec unshare -rn "$0" inside "${1:-20000000}"
fi
bytes=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
{ ip link set lo up && ip tuntap add dev tap0 mode tap && ip addr add 10.9.0.1/24 dev tap0 &&
	ip addr add fd09::1/64 dev tap0 nodad && ip link set tap0 up; } 2>"$work/err" ||
	{ echo "1..0 # skip: no tap here: $(cat "$work/err")"; exit 0; }
t=build/tests/host/ip
n=0
port=7000
verdict() {	# STATUS PROMISE FILE ...
	local status=$1 promise=$2
	shift 2
	if [ "$status" = 0 ]; then echo "ok $((++n)) - $promise"; else echo "not ok $((++n)) - $promise"; fi
	grep -h . "$@" | sed 's/^/# /'
}
# Files are emptied before who writes them starts: what is left of the last one says "listening" as well.
both() {	# PROMISE BYTES ADDR TAP-OPTION ...: we call and send, then call and receive
	local promise=$1 amount=$2 addr=$3 pair ours theirs peer bad
	shift 3
	for pair in "put take" "get give"; do
		ours=${pair% *} theirs=${pair#* }
		port=$((port + 1))
		: >"$work/peer"
		timeout 300 $t/peer $theirs $addr $port "$amount" >"$work/peer" 2>&1 &
		peer=$!
		until grep -q listening "$work/peer"; do
			kill -0 $peer 2>/dev/null || break
		done
		timeout 300 $t/tap tap0 $ours $addr $port "$amount" "$@" >"$work/tap" 2>&1
		bad=$?
		[ $bad = 0 ] || kill $peer 2>/dev/null	# who was never called would wait on
		wait $peer || bad=1
		verdict $bad "$promise: Linux ${theirs}s" "$work/tap" "$work/peer"
	done
}
both "clean, IPv4" "$bytes" 10.9.0.1
both "clean, IPv6" "$bytes" fd09::1
both "1 % lost" $((bytes / 4)) 10.9.0.1 loss=10
both "5 % lost" $((bytes / 20)) 10.9.0.1 loss=50
both "20 % lost" $((bytes / 400)) 10.9.0.1 loss=200 seed=4
both "a tenth reordered, 2 ms away" $((bytes / 10)) 10.9.0.1 reorder=100 delay=1000
both "a fifth doubled" $((bytes / 4)) 10.9.0.1 dup=200
both "one in a hundred damaged" $((bytes / 10)) fd09::1 corrupt=10
both "MTU 576" $((bytes / 10)) 10.9.0.1 mtu=576
both "uncut, IPv4" $((bytes * 10)) 10.9.0.1 long=1
both "uncut, IPv6" $((bytes * 10)) fd09::1 long=1
both "uncut, 1 % lost" $((bytes * 2)) 10.9.0.1 long=1 loss=10
both "uncut, 20 % lost" $((bytes / 40)) fd09::1 long=1 loss=200 seed=4
both "uncut, a tenth reordered, a fifth doubled, 2 ms away" "$bytes" 10.9.0.1 long=1 reorder=100 dup=200 delay=1000
both "uncut, one in fifty damaged on its way to us" "$bytes" 10.9.0.1 long=1 corrupt=20
both "uncut, MTU 576" $((bytes / 10)) 10.9.0.1 long=1 mtu=576
both "captured, clean" 2000000 10.9.0.1 "pcap=$work/clean.pcap"
both "captured, uncut" 2000000 10.9.0.1 long=1 "pcap=$work/uncut.pcap"
both "captured, IPv6, lost and late" 500000 fd09::1 loss=20 reorder=20 "pcap=$work/loss.pcap"

: >"$work/peer"
timeout 300 $t/peer echo 10.9.0.1 7999 >"$work/peer" 2>&1 &
peer=$!
until grep -q listening "$work/peer"; do :; done
timeout 300 $t/tap tap0 many 10.9.0.1 7999 1000 >"$work/tap" 2>&1
verdict $? "1,000 connections at once" "$work/tap"
kill $peer
wait $peer 2>/dev/null

# As if each time another machine called from the address and port of the last, whose connection Linux has in TIME-WAIT.  Where
# its sequence numbers and time stamps begin is the seed's; one in four is newer by neither.
bad=0
: >"$work/calls"
for seed in 1 2 3 4 5 6 7 8; do
	: >"$work/peer"
	timeout 300 $t/peer give 10.9.0.1 7997 1000 >"$work/peer" 2>&1 &
	peer=$!
	until grep -q listening "$work/peer"; do
		kill -0 $peer 2>/dev/null || break
	done
	timeout 300 $t/tap tap0 get 10.9.0.1 "7997 2000" 1000 seed=$seed >>"$work/calls" 2>&1 || { bad=1; kill $peer 2>/dev/null; }
	wait $peer || bad=1
done
[ "$(grep -c ' 0 timeouts' "$work/calls")" = 8 ] && grep -q '[1-9] resets' "$work/calls" || bad=1
verdict $bad "a call from an address and port that are in TIME-WAIT comes through at once" "$work/calls"

if command -v ping >/dev/null; then
	: >"$work/tap"
	timeout 300 $t/tap tap0 give x 7998 1 >"$work/tap" 2>&1 &
	tap=$!
	until grep -q listening "$work/tap"; do :; done
	for args in "10.9.0.2" "-s 5000 10.9.0.2" "-s 65000 10.9.0.2" "fd09::2" "-s 20000 fd09::2" "ff02::1%tap0"; do
		ping -c 3 -i 0.2 -W 5 $args >"$work/ping" 2>&1
		verdict $? "Linux pings us: ping $args" <(grep received "$work/ping")
	done
	kill $tap
	wait $tap 2>/dev/null
fi

# A network behind Linux, and a link on the way that takes less than either end: Linux tells us by ICMP.
unshare -n sleep 300 &
far=$!
until [ "$(readlink /proc/$far/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do :; done
if { ip link add near mtu 1300 type veth peer name far netns $far && ip addr add 10.8.0.1/24 dev near && ip link set near up &&
	ip addr add fd08::1/64 dev near nodad && nsenter -t $far -n sh -c 'ip addr add 10.8.0.2/24 dev far && ip addr add fd08::2/64 dev far nodad &&
	ip link set far up && ip route add 10.9.0.0/24 via 10.8.0.1 && ip route add fd09::/64 via fd08::1' &&
	echo 1 >/proc/sys/net/ipv4/ip_forward && echo 1 >/proc/sys/net/ipv6/conf/all/forwarding; } 2>"$work/err"; then
	for addr in 10.8.0.2 fd08::2; do
		port=$((port + 1))
		: >"$work/peer"
		timeout 300 nsenter -t $far -n $t/peer take $addr $port 3000000 >"$work/peer" 2>&1 &
		peer=$!
		until grep -q listening "$work/peer"; do
			kill -0 $peer 2>/dev/null || break
		done
		timeout 300 $t/tap tap0 put $addr $port 3000000 gw=1 >"$work/tap" 2>&1
		bad=$?
		[ $bad = 0 ] || kill $peer 2>/dev/null
		wait $peer || bad=1
		grep -q 'path takes 1300 bytes' "$work/tap" || bad=1
		verdict $bad "a path of 1300 bytes is found out: $addr" "$work/tap" "$work/peer"
	done
fi
kill $far

if command -v tshark >/dev/null; then
	for f in clean uncut loss; do
		tshark -r "$work/$f.pcap" -o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE -d tcp.port==7000-8000,data \
			-Y '_ws.malformed || tcp.checksum.status == 0 || ip.checksum.status == 0 || tcp.options.truncated' \
			>"$work/tshark" 2>/dev/null
		[ ! -s "$work/tshark" ]
		verdict $? "tshark finds nothing malformed and no bad checksum ($f)" "$work/tshark"
	done
fi
echo "1..$n"
