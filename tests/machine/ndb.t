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
finish
