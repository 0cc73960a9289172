#!/usr/bin/env bash
# exportfs, and with it the library of all our 9P servers, against clients that send anything.  usage: wild9p.t [SECONDS [SEED]]
. "$(dirname "${BASH_SOURCE[0]}")/../lib/ownnet.sh"
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"
python=/usr/bin/python3
[ -x $python ] || { echo "1..0 # skip: no python3"; exit 0; }
seconds=${1:-5}
seed=${2:-$RANDOM}
port=$($python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
mkdir "$work/share"
# what is wild goes to a tree in memory; the honest file is elsewhere, for another server of the same machine
timeout 300 $N9 -n host -p "$port:564" -p "$((port + 1)):565" -s "$work/share:share" -c 'mkdir /tmp/w /tmp/w/sub /tmp/h; echo text >/tmp/w/file; echo -n honest >/tmp/h/file
aux/listen1 -t tcp!*!565 exportfs -R -r /tmp/h &
aux/listen1 -t tcp!*!564 exportfs -r /tmp/w &
while(! test -e /n/share/over) sleep 1
tries=()
while(ps | grep -s exportfs && ! ~ $#tries 20){
	tries=($tries x)
	sleep 1
}
ps | grep exportfs
status=()' </dev/null >"$work/guest" 2>&1 &
guest=$!
answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }	# PORT
eventually answers "$port" && eventually answers $((port + 1))
run $python tests/lib/wild9p.py wild "$port" "$seed" "$seconds"
expect "wild messages are answered by messages, or by the end of the connection" 0 'answers' ''
sed 's/^/# /' "$work/out"
run $python tests/lib/wild9p.py honest $((port + 1)) file honest
expect "an honest client is served afterwards" 0 '' ''
: >"$work/share/over"
wait $guest
status=$?
cp "$work/guest" "$work/out"
: >"$work/err"
! grep -qE 'suicide|trap|fault|panic|out of memory' "$work/guest"
ok $? "no server has died of it"
grep -qE 'suicide|trap|fault|panic|out of memory' "$work/guest" && show "$work/guest" guest
[ $status = 0 ] && ! grep -q exportfs "$work/guest"
ok $? "and none is left behind"
grep -q exportfs "$work/guest" && show "$work/guest" guest
finish
