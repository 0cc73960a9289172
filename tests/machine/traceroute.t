#!/usr/bin/env bash
# ip/traceroute through Linux's routers, each a network namespace of its own; Linux's traceroute to a guest, and through a
# guest that is a router.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
if [ "$1" != inside ]; then
	unshare -rn true 2>/dev/null && [ -w /dev/net/tun ] || { echo "1..0 # skip: no network namespaces, or no /dev/net/tun"; exit 0; }
	exec unshare -rn "$0" inside
fi
. tests/lib/tap.sh

# router N: a namespace whose process is in ${router[N]}
router() {
	unshare -n sleep 1000 &
	router[$1]=$!
	until [ "$(readlink /proc/${router[$1]}/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do :; done
	in_ns "$1" ip link set lo up
}
in_ns() {	# N COMMAND: in router N, 0 is here
	local n=$1
	shift
	if [ "$n" = 0 ]; then "$@"; else nsenter -t "${router[$n]}" -n "$@"; fi
}
addr() { in_ns "$1" ip addr add "10.5.$3/24" dev "$2" && in_ns "$1" ip addr add "fd05:$4/64" dev "$2" nodad && in_ns "$1" ip link set "$2" up; }
route() { in_ns "$1" ip route add "10.5.$2/24" via "10.5.$3" && in_ns "$1" ip route add "fd05:$4/64" via "fd05:$5"; }
settings() {
	in_ns "$1" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
		echo 0 >/proc/sys/net/ipv4/icmp_ratelimit; echo 0 >/proc/sys/net/ipv6/icmp/ratelimit'
}
trap '[ "$BASHPID" = $$ ] && { kill "${router[@]}" 2>/dev/null; rm -rf "$work"; }' EXIT
# the guest 0.2, then 0.1 here, 1.2, 2.2; and from 2.2 on a second wire to 3.3
network() {
	router 1; router 2
	ip link set lo up && ip tuntap add dev t0 mode tap && ip tuntap add dev t1 mode tap && addr 0 t0 0.1 0::1 &&
	ip link add a0 type veth peer name a1 netns "${router[1]}" && addr 0 a0 1.1 1::1 && addr 1 a1 1.2 1::2 &&
	in_ns 1 ip link add b0 type veth peer name b1 netns "${router[2]}" && addr 1 b0 2.1 2::1 && addr 2 b1 2.2 2::2 &&
	route 0 2.0 1.2 2:: 1::2 && route 1 0.0 1.1 0:: 1::1 && route 2 0.0 2.1 0:: 2::1 &&
	in_ns 1 ip route add unreachable 10.5.9.0/24 && in_ns 1 ip route add blackhole 10.5.8.0/24 &&
	route 0 9.0 1.2 9:: 1::2 && route 0 8.0 1.2 8:: 1::2 && settings 0 && settings 1 && settings 2
}
network 2>"$work/err" || { echo "1..0 # skip: no routers here: $(cat "$work/err")"; exit 0; }

cat >"$work/rc" <<'RC'
ip/ipconfig -g 10.5.0.1 10.5.0.2 255.255.255.0
ip/ipconfig fd05:0::2 /64
echo add :: :: fd05:0::1 >/net/iproute
fn try {
	echo '==' $*
	ip/traceroute -n $* >/tmp/o
	s=$status
	sed 's/  +[0-9]+ +[0-9]+ +[0-9]+/ TIMES/' /tmp/o
	echo status $s | sed 's/[a-z]+ [0-9]+: //'
}
RC
guest=(timeout -k 2 300 "$N9" -n tap=t0)
"${guest[@]}" -c "$(cat "$work/rc")
try 10.5.2.2
try fd05:2::2
try udp!10.5.2.2
try udp!fd05:2::2
try tcp!10.5.2.2!9
try tcp!fd05:2::2!9
try -t 2 -m 2 -a 1 10.5.2.2
try -a 2 -w 1100 10.5.9.9
try -a 2 -w 1100 udp!10.5.9.9
try -a 2 -w 1100 -m 4 10.5.8.8
status=()" </dev/null >"$work/out" 2>"$work/err"
trace() {	# NAME ARGUMENTS LINE ...: what traceroute ARGUMENTS printed after its first line
	local name=$1 args=$2
	shift 2
	sed -n "/^== $args\$/,/^status/p" "$work/out" | sed '1,2d; s/ *$//' >"$work/got"
	printf '%s\n' "$@" >"$work/want"
	cmp -s "$work/want" "$work/got"
	ok $? "$name"
	cmp -s "$work/want" "$work/got" || { show "$work/want" want; show "$work/got" got; show "$work/err" err; }
}
hops4=(' 1  10.5.0.1 TIMES' ' 2  10.5.1.2 TIMES')
hops6=(' 1  fd05::1 TIMES' ' 2  fd05:1::2 TIMES')
trace "by icmp, IPv4" 10.5.2.2 "${hops4[@]}" ' 3  10.5.2.2 TIMES' status
trace "by icmp, IPv6" fd05:2::2 "${hops6[@]}" ' 3  fd05:2::2 TIMES' status
trace "by udp, IPv4" 'udp!10.5.2.2' "${hops4[@]}" ' 3  10.5.2.2 TIMES' status
trace "by udp, IPv6" 'udp!fd05:2::2' "${hops6[@]}" ' 3  fd05:2::2 TIMES' status
trace "by tcp, IPv4, refused at the end" 'tcp!10.5.2.2!9' "${hops4[@]}" ' 3  10.5.2.2 TIMES  (refused)' status
trace "by tcp, IPv6, refused at the end" 'tcp!fd05:2::2!9' "${hops6[@]}" ' 3  fd05:2::2 TIMES  (refused)' status
trace "some of the way" '-t 2 -m 2 -a 1 10.5.2.2' ' 2  10.5.1.2 TIMES' 'status not reached'
trace "a router that knows no way" '-a 2 -w 1100 10.5.9.9' "${hops4[0]}" ' 2  10.5.1.2 TIMES  (unreachable: host)' status
trace "the same by udp" '-a 2 -w 1100 udp!10.5.9.9' "${hops4[0]}" ' 2  10.5.1.2 TIMES  (host unreachable)' status
trace "silence" '-a 2 -w 1100 -m 4 10.5.8.8' "${hops4[0]}" ' 2  *' ' 3  *' ' 4  *' 'status not reached'

# a guest as the end, and on the way: its other tap is moved to a third namespace
router 3
timeout -k 2 300 "$N9" -n tap=t0 -n tap=t1 -c "$(cat "$work/rc")
bind -a '#l1' /net
ip/ipconfig ether /net/ether1 10.5.3.1 255.255.255.0
ip/ipconfig ether /net/ether1 fd05:3::1 /64
for(i in /net/ipifc/[0-9]*) echo iprouting 1 >\$i/ctl
echo ready
cat" < <(while [ ! -e "$work/over" ]; do sleep 0.1; done) >"$work/out" 2>&1 &
guest=$!
eventually has "$work/out" ready
ip link set t1 netns "${router[3]}" && addr 3 t1 3.3 3::3 && in_ns 3 ip route add default via 10.5.3.1 && in_ns 3 ip -6 route add default via fd05:3::1 &&
	route 0 3.0 0.2 3:: 0::2 && route 1 3.0 1.1 3:: 1::1 && route 2 3.0 2.1 3:: 2::1
if command -v traceroute >/dev/null; then
	linux() {	# NAME NAMESPACE ARGUMENTS HOP ...
		local name=$1 n=$2 args=$3
		shift 3
		in_ns "$n" traceroute -n -q 1 -N 4 -w 20 $args 2>&1 | sed '1d; s/^ *[0-9]* *//; s/  .*//' >"$work/got"
		printf '%s\n' "$@" >"$work/want"
		cmp -s "$work/want" "$work/got"
		ok $? "$name"
		cmp -s "$work/want" "$work/got" || { show "$work/want" want; show "$work/got" got; show "$work/out" guest; }
	}
	linux "Linux's traceroute ends at a guest, udp" 2 10.5.0.2 10.5.2.1 10.5.1.1 10.5.0.2
	linux "Linux's traceroute ends at a guest, icmp" 2 "-I 10.5.0.2" 10.5.2.1 10.5.1.1 10.5.0.2
	linux "Linux's traceroute ends at a guest, IPv6" 2 "-6 fd05:0::2" fd05:2::1 fd05:1::1 fd05::2
	linux "Linux's traceroute goes through a guest" 3 10.5.2.2 10.5.3.1 10.5.0.1 10.5.1.2 10.5.2.2
	linux "Linux's traceroute goes through a guest, IPv6" 3 "-6 fd05:2::2" fd05:3::1 fd05::1 fd05:1::2 fd05:2::2
fi
: >"$work/over"
wait $guest
finish
