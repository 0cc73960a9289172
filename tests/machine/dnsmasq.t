#!/usr/bin/env bash
# A guest on a wire of Linux's, with dnsmasq on the other end: an address by DHCP, one by what a router advertises, and names of many
# kinds by ndb/dns.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
PATH=$PATH:/usr/sbin
if [ "$1" != inside ]; then
	command -v dnsmasq >/dev/null || { echo "1..0 # skip: no dnsmasq-base"; exit 0; }
	# dnsmasq sets its groups, which a namespace of users forbids
	unshare -n true 2>/dev/null && [ -w /dev/net/tun ] || { echo "1..0 # skip: not root, or no /dev/net/tun"; exit 0; }
	exec unshare -n "$0" inside
fi
. tests/lib/tap.sh
{ ip link set lo up && ip tuntap add dev t0 mode tap && ip addr add 10.9.0.1/24 dev t0 && ip addr add fd00:9::1/64 dev t0 nodad &&
	ip link set t0 up && echo 1 >/proc/sys/net/ipv6/conf/t0/forwarding; } 2>"$work/err" ||
	{ echo "1..0 # skip: no tap here: $(cat "$work/err")"; exit 0; }
long=$(printf 'x%.0s' $(seq 200))
dnsmasq --keep-in-foreground --conf-file=/dev/null --user=root --group=root --interface=t0 --bind-dynamic --pid-file --log-facility="$work/log" \
	--log-dhcp --dhcp-leasefile="$work/leases" --dhcp-authoritative --domain=example --dhcp-range=10.9.0.50,10.9.0.59,255.255.255.0,10m \
	--enable-ra --dhcp-range=fd00:9::,ra-only,64 --no-resolv --no-hosts --local=/example/ \
	--host-record=a.example,192.0.2.7,2001:db8::7 --cname=alias.example,a.example --mx-host=example,mail.example,10 \
	--srv-host=_x._tcp.example,srv.example,80,2,1 --txt-record=t.example,one,two \
	--txt-record=big.example,$long,$long,$long,$long,$long,$long,$long,$long >"$work/server" 2>&1 &
server=$!
eventually has "$work/log" started

tab=$(printf '\t')
cat >"$work/questions" <<END
a.example ip|a.example ip${tab}192.0.2.7
a.example ipv6|a.example ipv6${tab}2001:db8::7
alias.example ip|alias.example ip${tab}192.0.2.7
192.0.2.7 ptr|192.0.2.7 ptr${tab}a.example
example mx|example mx${tab}10 mail.example
_x._tcp.example srv|_x._tcp.example srv${tab}1 2 80 srv.example
nosuch.example ip|echo: write error: dns: name does not exist; dns failure
a.example mx|echo: write error: dns: resource does not exist; negrcode 0
elsewhere.test ip|echo: write error: dns: 10.9.0.1 says: refused
END
run $N9 -n tap=t0 -c "ip/ipconfig; ip/ipconfig -6; ndb/dns
cat /net/ndb; sed -n 2,4p /net/ipifc/1/status
ip/ping -q -n 2 -i 0 fd00:9::1 | sed 's/,.*//'
fn ask { {echo -n \$1 >[1=3] && cat <[0=3] && echo} <>[3]/net/dns >[2=1] }
echo questions
$(cut -d'|' -f1 "$work/questions" | sed "s/.*/ask '&'/")
ask 'big.example txt' | wc -c
sed '/dns=10/d' /net/ndb >/tmp/ndb; cp /tmp/ndb /net/ndb
echo refresh >/net/dns; ask 'a.example ip'
sed 's/dns=.*/dns=fd00:9::1/' /tmp/ndb >/net/ndb
echo refresh >/net/dns; ask 'a.example ip'
" </dev/null
[ "$status" = 0 ] && grep -q '^ip=10\.9\.0\.5[0-9] ipmask=/120 ipgw=10\.9\.0\.1$' "$work/out" && grep -q '^	domain=example$' "$work/out" &&
	grep -q 'DHCPACK(t0) 10\.9\.0\.5[0-9]' "$work/log" && grep -q '^	dns=10\.9\.0\.1$' "$work/out"
ok $? "DHCP gives an address, a way out, a name server and a domain"
grep -q '^	fd00:9::[0-9a-f:]*  */64 ' "$work/out" && grep -q '^	dns=fe80::' "$work/out" && grep -q '^2 of 2 answered$' "$work/out"
ok $? "a router's prefix gives another, and its advertisement a name server"
cut -d'|' -f2 "$work/questions" >"$work/want"
printf '%s\n' '   1040' "a.example ip${tab}192.0.2.7" "a.example ip${tab}192.0.2.7" >>"$work/want"
sed '1,/^questions$/d' "$work/out" | cmp "$work/want" - && [ ! -s "$work/err" ]
ok $? "names of many kinds, by IPv4, a link-local address and IPv6; what does not fit udp, by tcp"
[ $tap_bad = 0 ] || { show "$work/out" out; show "$work/err" err; show "$work/log" log; }
kill $server
wait $server 2>/dev/null
finish
