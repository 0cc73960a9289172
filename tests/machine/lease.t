#!/usr/bin/env bash
# ip/ipconfig keeps a lease of a few seconds, with busybox's DHCP server on the other end of the wire: from its server, from another one when
# that is gone, and by beginning anew when there was none in time.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
if [ "$1" != inside ]; then
	busybox --list 2>/dev/null | grep -qx udhcpd || { echo "1..0 # skip: no busybox with udhcpd"; exit 0; }
	unshare -rn true 2>/dev/null && [ -w /dev/net/tun ] || { echo "1..0 # skip: no network namespaces, or no /dev/net/tun"; exit 0; }
	exec unshare -rn "$0" inside
fi
. tests/lib/tap.sh
{ ip link set lo up && ip tuntap add dev t0 mode tap && ip link set t0 up; } 2>"$work/err" ||
	{ echo "1..0 # skip: no tap here: $(cat "$work/err")"; exit 0; }
touch "$work/leases"
cat >"$work/conf" <<END
start 10.9.0.50
end 10.9.0.59
interface t0
lease_file $work/leases
pidfile $work/pid
option subnet 255.255.255.0
option lease 20
min_lease 5
END
serve() {	# N: as 10.9.0.N
	ip addr add "10.9.0.$1/24" dev t0
	busybox udhcpd -f -I "10.9.0.$1" "$work/conf" >"$work/log.$1" 2>&1 &
	server=$!
}
end() {	# N
	kill $server
	wait $server 2>/dev/null
	ip addr del "10.9.0.$1/24" dev t0
}
acks() { [ "$(grep -c 'sending ACK' "$work/log.$1")" -ge "$2" ]; }	# N HOW-MANY

serve 1
timeout 300 $N9 -n tap=t0 -c "ip/ipconfig add fd00:9::2 /64
ip/ipconfig
fn held { grep -s '10\.9\.0\.5[0-9]' /net/ipifc/1/status }
held && echo has it
while(held) sleep 0
echo lost
while(! held) sleep 0
echo again" </dev/null >"$work/guest" 2>&1 &
guest=$!
eventually has "$work/guest" '^has it'
ok $? "an interface that has an IPv6 address gets one by DHCP"
eventually acks 1 2 && ! has "$work/guest" lost
ok $? "its server renews the lease"
end 1
serve 2
eventually acks 2 1 && ! has "$work/guest" lost
ok $? "another server renews it when that is gone"
[ "$(cat "$work"/log.* | grep -c 'sending OFFER')" -ge 1 ] && ! has "$work/log.2" 'sending OFFER'
ok $? "without an offer"
end 2
eventually has "$work/guest" lost
ok $? "an address is not used longer than it is lent"
serve 3
eventually has "$work/guest" '^again' && has "$work/log.3" 'sending OFFER'
ok $? "and then there is another"
end 3
kill $guest 2>/dev/null
wait $guest 2>/dev/null
has "$work/guest" '^again' || for f in guest log.1 log.2 log.3; do show "$work/$f" $f; done
finish
