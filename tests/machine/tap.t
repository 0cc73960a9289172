#!/usr/bin/env bash
# -n tap=IF: the guest's own stack and Linux's, at the two ends of a tap in a network namespace of its own.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
if [ "$1" != inside ]; then
	unshare -rn true 2>/dev/null && [ -w /dev/net/tun ] || { echo "1..0 # skip: no network namespaces, or no /dev/net/tun"; exit 0; }
	command -v ip >/dev/null && command -v perl >/dev/null || { echo "1..0 # skip: no ip command (iproute2), or no perl"; exit 0; }
	exec unshare -rn "$0" inside
fi
. tests/lib/tap.sh
{ ip link set lo up && ip tuntap add dev t0 mode tap && ip addr add 10.6.0.1/24 dev t0 && ip link set t0 up; } 2>"$work/err" ||
	{ echo "1..0 # skip: no tap here: $(cat "$work/err")"; exit 0; }

mkfifo "$work/in"
$N9 -n tap=t0 <"$work/in" >"$work/out" 2>"$work/err" &
pid=$!
exec 8>"$work/in"
said() { eventually has "$work/out" "$1"; }
echo 'ip/ipconfig 10.6.0.2 255.255.255.0; ip/ping -n 1 10.6.0.1; grep mtu /net/ether0/stats; echo ready' >&8
said ready
grep -q '1 of 1 answered' "$work/out"; ok $? "the guest reaches the host through a tap"
grep -q '^mtu: 1500' "$work/out"; ok $? "with packets of 1500 bytes"

# a burst while the guest cannot listen
dropped() { sed -n 's/^ *t0: *//p' /proc/net/dev | awk '{ print $12 }'; }
kill -STOP $pid
perl -MSocket -e 'socket(my $s, AF_INET, SOCK_DGRAM, 0) or die; my $a = sockaddr_in(9, inet_aton("10.6.0.2"));
	for (1 .. 5000) { send $s, "x" x 1000, 0, $a }'
kill -CONT $pid
[ "$(dropped)" -gt 0 ]; ok $? "a burst is more than the tap can hold ($(dropped) frames of 5000)"
# the interface hears of it with its next frames, and once a second
lost() { sed -n 's/^overflows: //p' "$work/out" | tail -1; }
counted() {
	echo 'ip/ping -n 1 10.6.0.1; grep overflows /net/ether0/stats' >&8
	sleep 0.5
	[ "$(lost)" = "$(dropped)" ]
}
eventually counted
ok $? "the interface counts what was lost as the host does ($(lost))"
exec 8>&-
wait $pid; [ $? = 0 ]; ok $? "the guest ends in good order"
finish
