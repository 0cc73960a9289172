#!/usr/bin/env bash
# Others' 9P2000 server, drawterm's (tests/lib/drawterm.py), is mounted by a guest, over the host's stack and over the guest's own, and
# the guest does with it what people do with file systems.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
python=/usr/bin/python3
if [ "$1" != inside ]; then
	{ [ -x $python ] && drawterm -z 2>&1 | grep -q -e '-GBO'; } || { echo "1..0 # skip: no python3, or no drawterm-9front"; exit 0; }
	unshare -rn true 2>/dev/null && [ -w /dev/net/tun ] || { echo "1..0 # skip: no network namespaces, or no /dev/net/tun"; exit 0; }
	exec unshare -rn "$0" inside
fi
. tests/lib/tap.sh
{ ip link set lo up && ip tuntap add dev t0 mode tap && ip addr add 10.9.0.1/24 dev t0 && ip link set t0 up; } 2>"$work/err" ||
	{ echo "1..0 # skip: no tap here: $(cat "$work/err")"; exit 0; }
$python tests/lib/drawterm.py 10.9.0.1 564 >"$work/server" 2>&1 &
server=$!
answers() { (exec 3<>"/dev/tcp/10.9.0.1/$1") 2>/dev/null; }	# PORT
eventually answers 564

# drawterm shows this machine's files in /root, its devices in /dev, and its network in /net.  It does not answer Tflush while it
# waits for the network: who interrupts again is free all the same.
work_in_it="srv -q tcp!10.9.0.1!564 term /n/term || exit srv
cd /n/term/root$work/d
sha1sum big
cp big copy; cmp big copy
dd -if big -of part -bs 7001 -count 100 >[2]/dev/null
cp /bin/rc rc; cmp rc /bin/rc && ./rc -c 'echo executed there'
for(i in 1 2 3 4) {cp big big.\$i; cmp big big.\$i && rm big.\$i} &
wait
mkdir dir; for(i in \`{seq 300}) echo \$i >dir/\$i
ls dir | wc -l; cat dir/* | sort -n | tail -1
mv dir/300 dir/renamed; cat dir/renamed
chmod 600 dir/renamed; ls -l dir/renamed | sed 's/ .*//'
echo more >>rc; tail -c 5 rc
echo less >dir/1; cat dir/1
echo ü ☺ >'a ü ☺'; cat 'a ü ☺'
rm dir >[2=1]
cat nosuch >[2=1]
mkdir rc >[2=1]
ls /n/term/nosuch/there >[2=1]
rm -r dir; ls
<>[3] /n/term/net/tcp/clone {
	n=\`{read <[0=3]}
	echo -n connect 10.9.0.1!564 >[1=3]
	cat /n/term/net/tcp/\$n/data &
	child=\$apid
	while(! grep -s Pread /proc/\$child/status) sleep 0
	cat /n/term/dev/sysname >/dev/null && echo others go on
	while(test -d /proc/\$child){ { echo interrupt >/proc/\$child/note } >[2]/dev/null; sleep 1 }
	echo interrupted
}
bind /n/term/net /net
hget http://10.9.0.1:80/big | sha1sum
echo written by a guest >left"

mkdir "$work/d"
head -c 3000000 /dev/urandom >"$work/d/big"
sum=$(sha1sum <"$work/d/big" | cut -d' ' -f1)
cat >"$work/want" <<END
$sum	big
executed there
    300
300
300
--rw-------
more
less
ü ☺
rm: dir: Directory not empty
cat: can't open nosuch: 'nosuch' './root$work/d/nosuch' does not exist
mkdir: rc already exists
ls: /n/term/nosuch/there: '/n/term/nosuch' './nosuch' does not exist
'a ü ☺'
big
copy
part
rc
others go on
interrupted
$sum
END
$python -m http.server -b 10.9.0.1 -d "$work/d" 80 >/dev/null 2>&1 &
web=$!
eventually answers 80

judge() {	# NAME OPTIONS: two results
	local name=$1
	shift
	run $N9 "$@" </dev/null
	[ "$status" = 0 ] && cmp "$work/want" "$work/out" && [ ! -s "$work/err" ]
	local bad=$?
	ok $bad "$name: reads, writes, names, errors, interrupts, and the server's network"
	[ $bad = 0 ] || { show "$work/out" out; show "$work/err" err; show "$work/server" server; }
	[ "$(cat "$work/d/left")" = 'written by a guest' ] && cmp "$work/d/big" "$work/d/copy" &&
		[ "$(cat "$work/d/a ü ☺")" = 'ü ☺' ] && head -c 700100 "$work/d/big" | cmp - "$work/d/part"
	ok $? "$name: the files are there"
	find "$work/d" -mindepth 1 ! -name big -delete
}
judge "by the host's stack" -n host -c "$work_in_it"
judge "by the guest's own stack" -n tap=t0 -c "ip/ipconfig -g 10.9.0.1 10.9.0.2 255.255.255.0
$work_in_it"
kill $server $web
wait $server $web 2>/dev/null
finish
