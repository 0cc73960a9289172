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
mkdir "$work/w"
head -c 3000000 /dev/urandom >"$work/w/data"
$N9 -n tap=t0 -s "$work/w:w,ro" <"$work/in" >"$work/out" 2>"$work/err" &
pid=$!
exec 8>"$work/in"
said() { eventually has "$work/out" "$1"; }
echo 'ip/ipconfig 10.6.0.2 255.255.255.0; ip/ping -n 1 10.6.0.1; grep mtu /net/ether0/stats; echo ready' >&8
said ready
grep -q '1 of 1 answered' "$work/out"; ok $? "the guest reaches the host through a tap"
grep -q '^mtu: 1500' "$work/out"; ok $? "with packets of 1500 bytes"

# streams from the guest, whose packets the host's kernel cuts, if they are cut as the host wants them
sent() {	# segments, by the guest's stack
	echo "grep OutSegs /net/tcp/stats; echo counted ${1}" >&8
	said "counted $1"
	sed -n 's/^OutSegs: //p' "$work/out" | tail -1
}
stream() {	# MSS: bit for bit?
	ip route replace 10.6.0.0/24 dev t0 src 10.6.0.1 advmss "$1" &&
		perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new("10.6.0.2:99") or exit 1; print while <$s>' >"$work/got" &&
		cmp -s "$work/w/data" "$work/got"
}
echo 'aux/listen1 -t tcp!*!99 cat /n/w/data &' >&8
eventually stream 1460; ok $? "a stream of 3 MB comes bit for bit"
before=$(sent 1); stream 1460; long=$(($(sent 2) - before))
[ $long -lt 1000 ]; ok $? "in packets that are longer than those of the wire ($long, instead of 2072)"
before=$(sent 3); stream 1000; ok $? "so does one to a host that takes shorter segments"
short=$(($(sent 4) - before))
[ $short -gt 2900 ]; ok $? "and gets them ($short)"
echo 'snoopy >/dev/null & sleep 1; echo snoops' >&8
said snoops
stream 1460; ok $? "one that is listened to comes as well"

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
