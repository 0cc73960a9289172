#!/usr/bin/env bash
# ndb/dns against a name server that is a Go program, on the guest's own loopback: answers, errors, the cache, an answer that only
# fits tcp, and datagrams that are no answers.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"
command -v go >/dev/null || { echo "1..0 # skip: no go"; exit 0; }
export GO111MODULE=off GOFLAGS=-trimpath HOME=${HOME:-/tmp}
mkdir "$work/share"
for p in dnsd net; do
	GOOS=plan9 GOARCH=386 go build -o "$work/share/$p" tests/go/$p.go || { echo "1..1"; echo "not ok 1 - go build"; exit 1; }
done

tab=$(printf '\t')
cat >"$work/share/questions" <<EOF2
a.example ip|a.example ip${tab}192.0.2.7a.example ip${tab}192.0.2.8|addresses
a.example|a.example ip${tab}192.0.2.7a.example ip${tab}192.0.2.8|addresses are what is meant
A.Example. ip|A.Example. ip${tab}192.0.2.7A.Example. ip${tab}192.0.2.8|a name is the same in any case, and with a dot behind it
a.example ipv6|a.example ipv6${tab}2001:db8::7|IPv6 addresses
alias.example ip|alias.example ip${tab}192.0.2.7|an alias is followed
a.example mx|a.example mx${tab}10 mail.example|mx
_x._tcp.example srv|_x._tcp.example srv${tab}2 1 80 srv.example|srv
192.0.2.7 ptr|192.0.2.7 ptr${tab}a.example|the name of an address
once.example ip|once.example ip${tab}192.0.2.1|asked once
once.example ip|once.example ip${tab}192.0.2.1|and then remembered
evil.example ip|evil.example ip${tab}192.0.2.9|what is no answer is passed over: too short, another number, names in circles, lengths that lead out
nosuch.test ip|echo: write error: dns: name does not exist; dns failure|a name that is none
a.example txt|echo: write error: dns: resource does not exist; negrcode 0|a name without such a record
a.example frob|echo: write error: dns: unknown type|an unknown type
a;b ip|echo: write error: dns: bad name; dns failure|a name with characters that names have not
EOF2
{
	echo 'fn ask { {echo -n $1 >[1=3] && cat <[0=3] && echo} <>[3]/net/dns >[2=1] }'
	echo "echo 'ip=127.0.0.1 dns=127.0.0.1' >/net/ndb"
	echo '/n/x/dnsd 127.0.0.1:53 | {sed 1q >/dev/null'
	echo ndb/dns
	cut -d'|' -f1 "$work/share/questions" | sed "s/.*/ask '&'/"
	cat <<'EOF2'
ask 'big.example txt' | wc -c
echo refresh >/net/dns; ask 'once.example ip'
{echo -n 'tcp!a.example!http' >[1=3]; cat <[0=3]; echo} <>[3]/net/cs
/n/x/net lookup a.example nosuch.test
exit }
EOF2
} >"$work/share/script"
run $N9 -s "$work/share:x" -c '. /n/x/script' </dev/null
n=0
while IFS='|' read -r question answer name; do
	n=$((n + 1))
	got=$(sed -n ${n}p "$work/out")
	[ "$got" = "$answer" ]
	ok $? "$name"
	[ "$got" = "$answer" ] || printf '# %s: %s\n# wanted %s\n' "$question" "$got" "$answer"
done <"$work/share/questions"
want() { n=$((n + 1)); [ "$(sed -n ${n}p "$work/out" | tr -d ' ')" = "$1" ]; ok $? "$2"; }
want 8641 "an answer that does not fit a datagram comes by tcp"
want "once.exampleip${tab}192.0.2.2" "refresh forgets"
want '/net/tcp/clone192.0.2.7!80/net/tcp/clone192.0.2.8!80/net/tcp/clone2001:db8::7!80' "cs asks dns"
want 'a.example[192.0.2.7192.0.2.82001:db8::7]<nil>' "a Go program looks a name up"
want 'nosuch.test[]lookupnosuch.test:nosuchhost' "and hears that there is none"
[ "$status" = 0 ] || show "$work/err" err
finish
