#!/usr/bin/env bash
# The network that a guest has without being asked for one: it is there when it is used, and is next to nothing before.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"
field() { awk -v name="$2:" '$1 == name { print $2 }' "$1"; }

# A library that cannot be loaded: one that is no library.
mkdir "$work/bad"
: >"$work/bad/libslirp.so.0"
without() { LD_LIBRARY_PATH=$work/bad run "$@"; }
without $N9 -c 'cat /net/ndb' </dev/null
expect "without libslirp a guest runs, and says in /net/ndb why it has no network" 0 '^# no network: libslirp\.so\.0 cannot be loaded' ''
[ ! -s "$work/err" ]; ok $? "and nothing on standard error"
without $N9 -c 'hget http://www.example.com/' </dev/null
expect "who asks for a name is told as well" 1 '' 'no network: libslirp\.so\.0 cannot be loaded'
without $N9 -c 'ip/ping -n 1 127.0.0.1' </dev/null
expect "the loopback interface works all the same" 0 '^1 of 1 answered' ''
without $N9 -c 'grep dead /net/ether0/ifstats; grep link /net/ether0/stats; cat /net/ipselftab >/dev/null; grep dead /net/ether0/ifstats; grep link /net/ether0/stats' </dev/null
[ "$(sed 's/ cannot.*//' "$work/out")" = "link: 0
dead: libslirp.so.0
link: 0" ]; ok $? "the interface's files say so, when it has been used"
without $N9 -n user -c date </dev/null
expect "a network that was asked for and cannot be had is an error" 1 '' '^9guest: -n user: libslirp\.so\.0 cannot be loaded; Debian has it in libslirp0$'
[ "$(wc -l <"$work/err")" = 1 ]; ok $? "of one line"

run $N9 -n none -c 'ls /net; cat /net/iproute; ls /net' </dev/null
expect "-n none: no interface, no name server" 0 '^/net/cs$' ''
! grep -q 'ether\|dns\|10\.0\.2' "$work/out"; ok $? "and no address but loopback's"

# what configures the network
run $N9 -n none -c 'cat /net/ondemand; echo offer a b >/net/ondemand' </dev/null
expect "only one process can configure the network" 1 '' 'in use'
# who has configured it lets go of the file a little later
run $N9 -n none -c 'cat /net/ipselftab >/dev/null
	e=already
	while(~ $"e *already*)
		e=`{{echo offer a b >/net/ondemand} >[2=1]; sleep 0.01}
	echo $e >[1=2]
	~ $"e *once*' </dev/null
expect "and only once" 0 '' 'configured once'
run $N9 -n none -c "echo >'#I3/ondemand'" </dev/null
expect "on the first stack" 1 '' 'only the first stack'
run $N9 -n none -c 'rm /net/cs; for(i in 1 2 3) ndb/csquery /net/cs tcp!127.0.0.1!80 & wait' </dev/null
[ "$(grep -c '^>* */net/tcp/clone 127.0.0.1!80' "$work/out")" = 3 ]; ok $? "all who ask at once are answered when it has been configured"

if [ -z "$(ldconfig -p 2>/dev/null | grep libslirp.so.0)" ]; then
	finish
	exit
fi
mkfifo "$work/in"
$N9 <"$work/in" >"$work/out" 2>"$work/err" &
pid=$!
exec 8>"$work/in"
echo 'echo ready' >&8
eventually has "$work/out" ready
helper=$(children $pid)
[ -n "$helper" ] && ! grep -q slirp "/proc/$helper/maps"; ok $? "a guest that has not used its network has a helper that sleeps"
kib=$(field "/proc/$helper/smaps_rollup" Pss)
[ "$kib" -gt 0 ] && [ "$kib" -le 512 ]; ok $? "of at most 512 KiB ($kib)"
[ -z "$(ls -l "/proc/$helper/fd" | grep -v '/dev/null\|socket:\|total')" ]; ok $? "and no file but a socket"
cpu=$(sed 's/.*) //' "/proc/$helper/stat" | awk '{ print $12 + $13 }')
echo 'cat /net/ndb; cat /net/ipifc/1/status; echo used' >&8
eventually has "$work/out" used
grep -q '^ip=10\.0\.2\.15 ipmask=/120 ipgw=10\.0\.2\.2' "$work/out" && grep -q 'dns=10\.0\.2\.3' "$work/out" && grep -q '10\.0\.2\.15  *\/120' "$work/out"
ok $? "who looks at the network finds it configured by DHCP"
grep -q slirp "/proc/$helper/maps" && [ "$(field "/proc/$helper/status" Seccomp)" = 2 ]; ok $? "now the helper works, confined"
[ "$cpu" -le 2 ]; ok $? "and had used no time before ($cpu ticks)"
kill -KILL "$helper"
echo "while(! grep -s dead /net/ether0/ifstats >/dev/null) sleep 1; grep link /net/ether0/stats; grep dead /net/ether0/ifstats; ip/ping -n 1 10.0.2.2; echo after" >&8
eventually has "$work/out" after
grep -q '^link: 0' "$work/out" && grep -q 'dead: user: the other end of the wire has ended' "$work/out"
ok $? "a guest whose helper is killed goes on, and hears of it"
exec 8>&-
wait $pid; [ $? = 0 ]; ok $? "and ends in good order"

run $N9 -c "bind -b '#I' /n; rfork n; cat /net/cs </dev/null; ndb/csquery /n/cs tcp!10.9.8.7!80" </dev/null
grep -q '/net/tcp/clone 10\.9\.8\.7!80' "$work/out"; ok $? "the connection server is there by any name of the device, in a name space of one's own"
run $N9 -c 'ndb/dnsquery /net/dns nosuchname.invalid' </dev/null
! grep -q "dns.*does not exist: '/net" "$work/err" && grep -q '/net/dns\|dns' "$work/err" "$work/out"
ok $? "the name server is there for who asks it first"

# A host that gives few descriptors: there is a guest, or there is an error and nothing is left.
bad=
for n in 5 6 7 8 9 10 11 12; do
	(ulimit -n $n; exec "$N9" -c "echo of few descriptors # $work") </dev/null >"$work/out" 2>"$work/err" && tap_match '^of few descriptors$' "$work/out" ||
		tap_match 'Too many open files' "$work/err" || bad="$bad $n"
done
[ -z "$bad" ]; ok $? "few descriptors: a guest, or one line that says so ($bad)"
nohelper() { ! pgrep -f "of few descriptors # $work" >/dev/null; }
eventually nohelper; ok $? "and no helper stays behind"
finish
