#!/usr/bin/env bash
# The connection server and the database behind it.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"

ask() { guest "cs: $1" "{echo -n '$1' >[1=3]; cat <[0=3]; echo} <>[3]/net/cs >[2=1]" "$2"; }
refuse() { guest "cs: $1 is refused" "{echo -n '$1' >[1=3] && echo} <>[3]/net/cs >[2=1] || status=''" "echo: write error: $2"; }

ask 'net!1.2.3.4!http' '/net/tcp/clone 1.2.3.4!80'
ask 'tcp!*!9fs' '/net/tcp/clone *!564'
ask 'udp!127.1!dns' '/net/udp/clone 127.1!53'
ask 'tcp!fd00::1!17010' '/net/tcp/clone fd00::1!17010'
ask 'tcp!localhost!7' '/net/tcp/clone 127.0.0.1!7/net/tcp/clone ::1!7'
ask '!protocol=icmpv6' 'protocol=icmpv6 ipv4proto=58'
ask '!tcp=ssh port' 'tcp=ssh port=22'
refuse 'tcp!1.2.3.4!nosuch' "cs: can't translate service"
refuse 'tcp!1.2.3.4!65536' "cs: can't translate service"
refuse 'tcp' "cs: can't translate address: want net!host!service"
refuse 'nosuch!1.2.3.4!7' "cs: can't translate address: unknown network"
refuse 'tcp!no.such.host!7' "cs: can't translate address: dns failure"
refuse 'tcp!no`such{host!7' "cs: can't translate address: bad name: dns failure"
refuse '!nosuch=x' 'no match'
guest "a database that changes is read again" "cat /lib/ndb/local >/tmp/x
echo 'sys=fermat dom=fermat.example ip=10.9.8.7
	ether=020304050607 fs=\"a b\"' >>/tmp/x
ndb/cs -f /tmp/x
{echo -n 'tcp!fermat!1' >[1=3]; cat <[0=3]; echo} <>[3]/net/cs
echo 'sys=euler ip=10.9.8.6' >>/tmp/x
{echo -n 'tcp!euler!1' >[1=3]; cat <[0=3]; echo} <>[3]/net/cs
{echo -n '!sys=fermat fs ether' >[1=3]; cat <[0=3]; echo} <>[3]/net/cs" '/net/tcp/clone 10.9.8.7!1
/net/tcp/clone 10.9.8.6!1
sys=fermat ether=020304050607 fs="a b"'
guest "the servers of another network have names of their own, and one file each" "ndb/cs -x /net.alt; ndb/dns -x /net.alt
ls /srv | grep alt; ls -l /net.alt | sed 's/ M.* / /'
{echo -n 'tcp!1.2.3.4!7' >[1=3]; cat <[0=3]; echo} <>[3]/net.alt/cs >[2=1]
cat /net.alt/cs/x >[2=1] || status=''" '/srv/cs_net.alt
/srv/dns_net.alt
--rw-rw-rw- /net.alt/cs
--rw-rw-rw- /net.alt/dns
echo: write error: cs: can'"'"'t translate address: unknown network

cat: can'"'"'t open /net.alt/cs/x: '"'"'/net.alt/cs/x'"'"' not a directory'
guest "a question that is too long is refused, and the next is not" "{dd -if /dev/zero -bs 512 -count 1 >[1=3] || echo -n 'tcp!1.2.3.4!7' >[1=3]; cat <[0=3]; echo} <>[3]/net/cs >[2=1]" 'dd: write error: read or write too large
1+0 records in
0+0 records out
/net/tcp/clone 1.2.3.4!7'
finish
