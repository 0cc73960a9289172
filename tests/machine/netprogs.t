#!/usr/bin/env bash
# The network's programs: on one machine, between two guests on a wire, and with python3's web server at the other end.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"
export XDG_RUNTIME_DIR=$work
mkdir -m 700 "$work/9guest"

# announced PORT: until somebody has
wait_for="fn announced { while(! netstat -p tcp | grep 'Listen.*!'^\$1^' ' >/dev/null) sleep 0 }"

guest "ping hears itself, by IPv4 and IPv6" "ip/ping -q -n 3 -i 0 127.0.0.1 | sed 's/,.*//'
ip/ping -q -n 2 -i 0 -s 1000 ::1 | sed 's/,.*//'" '3 of 3 answered
2 of 2 answered'
run $N9 -c 'ip/ping -n 1 nosuchhost' </dev/null;	expect "ping of a name that is none" 1 '' 'dns failure'
guest "listen1 runs a command for each call" "$wait_for
aux/listen1 -t tcp!*!7 cat &
announced 7
>/tmp/x
echo one | con -n tcp!127.0.0.1!7 >/tmp/x &
while(! grep one /tmp/x) sleep 0
netstat -p tcp | sed -n '/Listen/s/ .*//p'
echo two | con tcp!::1!echo >/dev/null; echo \$status" 'one
tcp
|'
guest "listen1 serves callers by udp" "aux/listen1 -t udp!*!7 cat &
fn ask {
	echo \$1 >/tmp/in
	while(! grep -s \$1 /tmp/\$1 >[2]/dev/null){
		con -n udp!^\$2^!^\$3 </tmp/in >/tmp/\$1 &
		child=\$apid
		sleep 1
		kill con | rc >[2]/dev/null
	}
}
ask one 127.0.0.1 7; ask two ::1 7; cat /tmp/one /tmp/two" 'one
two'
guest "listen1 serves as none, and with -t as oneself" "$wait_for
aux/listen1 tcp!*!101 cat /dev/user &
aux/listen1 -t tcp!*!102 cat /dev/user &
announced 101; announced 102
for(i in 101 102){ con -n tcp!127.0.0.1!\$i </dev/null; echo }" 'none
glenda'
guest "listen runs the files of a directory, as none or as oneself" "$wait_for
mkdir /tmp/open /tmp/trusted
for(i in /tmp/open/tcp101 /tmp/open/!tcp102 /tmp/trusted/tcp103){
	echo '#!/bin/rc
/bin/cat /dev/user; echo '' ''\$1 \$2' >\$i
	chmod +x \$i
}
aux/listen -q -d /tmp/open -t /tmp/trusted
announced 101; announced 103
for(i in 101 102 103) con -n tcp!127.0.0.1!\$i </dev/null >[2=1]
status=''" 'none tcp101 tcp
con: tcp!127.0.0.1!102: connection refused
glenda tcp103 tcp'
guest "query says what the database says" "ndb/query sys localhost
ndb/query tcp ssh port
ndb/query -a protocol ipv4 ipv4proto
ndb/query sys nosuch || echo none" 'sys=localhost dom=localhost ip=127.0.0.1 ip=::1
22
4
none'
guest "csquery asks the connection server" "ndb/csquery /net/cs net!localhost!http tcp!*!9fs" '/net/tcp/clone 127.0.0.1!80
/net/tcp/clone ::1!80
/net/tcp/clone *!564'
guest "csquery takes questions of its input, and says which are refused" "{echo tcp!1.2.3.4!ssh; echo; echo tcp!1.2.3.4!nosuch; echo udp!1.2.3.4!dns} | ndb/csquery >[2=1]
ndb/csquery /net/cs tcp >[2]/dev/null || echo refused" "> /net/tcp/clone 1.2.3.4!22
> > ndb/csquery: tcp!1.2.3.4!nosuch: cs: can't translate service
> /net/udp/clone 1.2.3.4!53
> refused"
guest "exportfs and 9fs" "$wait_for
aux/listen1 -t tcp!*!564 exportfs -r / &
announced 564
9fs 127.0.0.1
cmp /n/127.0.0.1/bin/rc /bin/rc && echo same
echo hello >/n/127.0.0.1/tmp/x; cat /tmp/x
cat /n/127.0.0.1/env/user; echo
mkdir /n/127.0.0.1/tmp/d; echo 1 >/tmp/d/1; echo 2 >/tmp/d/2
ls -p /n/127.0.0.1/tmp/d
mv /n/127.0.0.1/tmp/d/1 /n/127.0.0.1/tmp/d/3; cat /tmp/d/3
rm -r /n/127.0.0.1/tmp/d; ls /tmp
cat /n/127.0.0.1/nosuch >[2=1] || status=''
ls /n/127.0.0.1/bin/.. | sed 's,.*/,,; 3q' >/dev/null" 'same
hello
glenda
1
2
1
/tmp/x
cat: can'"'"'t open /n/127.0.0.1/nosuch: '"'"'/n/127.0.0.1/nosuch'"'"' file does not exist'
guest "what waits in an exported file can be interrupted, and others go on" "$wait_for
aux/listen1 -t tcp!*!564 exportfs -r / &
announced 564
9fs 127.0.0.1
cat /n/127.0.0.1/net/tcp/0/listen &
child=\$apid
cat /n/127.0.0.1/dev/sysname; echo
echo interrupt >/proc/\$child/note
wait \$child
echo over" '9guest
over'
guest "exportfs -R lets nothing be changed" "$wait_for
aux/listen1 -t tcp!*!564 exportfs -R -r /tmp &
announced 564
echo there >/tmp/x
9fs 127.0.0.1
cat /n/127.0.0.1/x
rc -c 'echo no >/n/127.0.0.1/x' >[2]/dev/null || cat /tmp/x
rm /n/127.0.0.1/x >[2]/dev/null || cat /tmp/x
status=''" 'there
there
there'
guest "import asks for a directory" "$wait_for
aux/listen1 -t tcp!*!17007 exportfs &
announced 17007
mkdir /tmp/d
import -c localhost /tmp /tmp/d
echo x >/tmp/d/new; cat /tmp/new
mkdir /tmp/e
import -s there localhost /tmp /tmp/e
mount /srv/there /n/x; cmp /n/x/new /tmp/e/new && echo same
import -s no/there localhost /tmp /tmp/e >[2=1] || status=''
import localhost /nosuch /n/x >[2=1] || status=''" "x
same
import: post no/there: 'no' file does not exist
import: localhost: can't export /nosuch: '/nosuch' file does not exist"

# two guests on a wire
timeout 300 $N9 -n net=t -c "ip/ipconfig 10.1.0.1 /120
ip/ipconfig fd00:1::1 /64
echo the other machine >/tmp/which
aux/listen1 -t tcp!*!564 exportfs -r / &
cat >/dev/null" < <(while [ ! -e "$work/over" ]; do sleep 0.1; done) >"$work/server" 2>&1 &
server=$!
run $N9 -n net=t -c "ip/ipconfig 10.1.0.2 /120
ip/ipconfig fd00:1::2 /64
while(! 9fs 10.1.0.1 >[2]/dev/null) sleep 0
cat /n/10.1.0.1/tmp/which
cmp /n/10.1.0.1/bin/rc /bin/rc && echo same
cp /bin/rc /n/10.1.0.1/tmp/rc
cmp /n/10.1.0.1/tmp/rc /bin/rc && echo same
ip/ping -q -n 2 -i 0 10.1.0.1 | sed 's/,.*//'
ip/ping -q -n 2 -i 0 fd00:1::1 | sed 's/,.*//'
sed -n '/10.1.0.1 /s/.*OK.*/OK/p' /net/arp" </dev/null
: >"$work/over"
printf '%s\n' 'the other machine' same same '2 of 2 answered' '2 of 2 answered' OK >"$work/want"
cmp -s "$work/want" "$work/out" && [ "$status" = 0 ]
ok $? "one guest mounts another's tree over a wire, by IPv4, and pings it by IPv6"
cmp -s "$work/want" "$work/out" || { show "$work/out" out; show "$work/err" err; show "$work/server" server; }
wait $server

# what two pings look like to a stranger
run $N9 -n net=s -c "ip/ipconfig 10.1.0.1 /120
snoopy -d -N 4 >/tmp/pcap &
snooping=\$apid
while(! test -s /tmp/pcap) sleep 0
ip/ipconfig fd00:1::1 /64
while(test -d /proc/\$snooping) ip/ping -q -n 1 -w 1 10.1.0.2 >/dev/null
cat /tmp/pcap" </dev/null
if command -v tshark >/dev/null; then
	tshark -r "$work/out" 2>/dev/null >"$work/shown"
	grep -q 'ARP .*Who has 10.1.0.2? Tell 10.1.0.1' "$work/shown"
	ok $? "tshark reads what snoopy writes"
	[ "$(wc -l <"$work/shown")" = 4 ] && ! grep -qi malformed "$work/shown"
	ok $? "all of it, and nothing is malformed"
	grep -q 'Who has' "$work/shown" || { show "$work/shown" shown; show "$work/err" err; }
else
	skip "tshark reads what snoopy writes" "no tshark"
	skip "all of it, and nothing is malformed" "no tshark"
fi

if command -v python3 >/dev/null; then
	mkdir "$work/www"
	head -c 3000000 /dev/urandom >"$work/www/file"
	web "$work/www" 127.0.0.1
	run $N9 -n host -c "hget http://127.0.0.1:$port/file" </dev/null
	cmp -s "$work/www/file" "$work/out" && [ "$status" = 0 ] && [ ! -s "$work/err" ]
	ok $? "hget of three million bytes from python3"
	run $N9 -n host -c "hget -o /tmp/x http://localhost:$port/file; sha1sum /tmp/x" </dev/null
	expect "hget to a file, by name" 0 "^$(sha1sum <"$work/www/file" | cut -d' ' -f1)" ''
	run $N9 -n host -c "hget http://127.0.0.1:$port/nosuch" </dev/null;	expect "hget of what is not there" 1 '' '404'
	run $N9 -n host -c "hget https://127.0.0.1/" </dev/null;	expect "https is refused by name" 1 '' 'https is not available'
	kill $server
	wait $server 2>/dev/null
fi
finish
