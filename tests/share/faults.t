#!/usr/bin/env bash
# What goes wrong with the host's files reaches the program that used them, in Plan 9's words, and nothing else: i/o errors, a full
# disk, lost permissions, reads that never come back, a directory that is gone, many open files.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"

d=$work/dir
mkdir "$d"
echo fine >"$d/f"
chmod 755 "$work"
shared()	# command
{
	run env LD_PRELOAD="$preload" $N9 -s "$d" -s build/tests/share:prog,ro -c "$1" </dev/null
}

preload=$PWD/build/tests/share/faults.so
head -c 666 /dev/zero >"$d/broken"
head -c 667 /dev/zero >"$d/slow"
head -c 668 /dev/zero >"$d/dead"
head -c 669 /dev/zero >"$d/unclosed"

shared 'cat /n/dir/broken || cat /n/dir/f; echo x >>/n/dir/broken || cat /n/dir/f'
expect "EIO is i/o error" 0 '^fine$' 'i/o error'
[ "$(grep -c 'i/o error' "$work/err")" = 2 ] && [ "$(grep -c fine "$work/out")" = 2 ]; ok $? "for reads and writes, and all goes on"

# A read that waits: others go on, and who waits can be killed.
shared 'cat /n/dir/slow & cat /n/dir/f; echo more >/n/dir/g; cat /n/dir/g; echo kill >/proc/$apid/note; wait $apid; echo over'
expect "a read that waits holds up nobody, and ends when its process is killed" 0 '^over$' ''
[ "$(head -2 "$work/out" | tr '\n' ' ')" = 'fine more ' ]; ok $? "others read and write meanwhile"
shared 'fn f {cat /n/dir/dead &}; f; a=$apid; f; b=$apid; f; f; f; f; sleep 1; echo on; echo kill >/proc/$a/note; echo kill >/proc/$b/note
	wait $a; wait $b; echo killed; exit'
expect "a dead server's file: whoever reads it can be killed, though the host never answers" 0 '^killed$' ''
shared "fn f {cat /n/dir/slow &}; f; f; f; f; f; f; f; f; while(! ~ \`{ps | grep -c 'cat$'} 8) sleep 0
	for(p in \`{ps | grep 'cat$' | sed 's/^[^ ]* *//; s/ .*//'}) echo kill >/proc/\$p/note
	wait; cat /n/dir/f; cat /n/dir/broken || cat /n/dir/f"
expect "more waiting readers than threads: when they are killed, the share goes on" 0 '^fine$' 'i/o error'
run env LD_PRELOAD="$preload" $N9 --defer-shares -s "$d" -c 'cat /n/dir/unclosed >/dev/null & a=$apid; sleep 1; cat /n/dir/f
	echo kill >/proc/$a/note; wait $a; echo over; sleep 1000 </n/dir/unclosed & sleep 1; cat /n/dir/f; exit' </dev/null
expect "a file whose closing never ends holds up neither other programs nor the end of the machine" 0 '^over$' ''
[ "$(grep -c fine "$work/out")" = 2 ]; ok $? "meanwhile and afterwards"

# The end waits for files that are still to be removed, for two seconds at most: ^Z and fg at that time are nothing special.
: >"$work/out"
LD_PRELOAD="$preload" timeout 300 $N9 --defer-shares -s "$d" -s build/tests/share:prog,ro -c '/n/prog/keeps /n/dir/kept &
	while(! test -s /n/dir/kept) sleep 0; echo over; exit' </dev/null >"$work/out" 2>"$work/err" &
pid=$!
eventually has "$work/out" over
guest=$(children $pid)
while kill -STOP $guest 2>/dev/null; do
	kill -CONT $guest
	sleep 0.02
done
wait $pid
status=$?
expect "who is stopped and continued while he waits for a removal at the end ends in good order" 0 '^over$' ''
rm -f "$d/kept"
preload=

# A full disk.
if [ "$(id -u)" = 0 ] && mkdir "$work/small" && mount -t tmpfs -o size=256k small "$work/small" 2>/dev/null; then
	run $N9 -s "$work/small:s" -c 'dd -if /dev/zero -of /n/s/big -bs 4096 -count 1000 || {ls -l /n/s; rm /n/s/big; echo y >/n/s/z; cat /n/s/z}' </dev/null
	expect "a full disk is file system full, and room again when something is removed" 0 '^y$' 'file system full'
	umount "$work/small"
else
	skip "a full disk" "no permission to mount a file system"
fi

# Permissions.
if [ "$(id -u)" = 0 ]; then
	user=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	chown 65534:65534 "$d"
else
	user=()
fi
echo secret >"$d/secret"
chmod 0 "$d/secret"
mkdir "$d/closed"
echo in >"$d/closed/f"
chmod 0 "$d/closed"
cp build/9guest "$work/9guest"
run "${user[@]}" "$work/9guest" -s "$d" -c 'cat /n/dir/secret; ls /n/dir/closed; cat /n/dir/closed/f; cat /n/dir/f' </dev/null
expect "what the host's user may not, the guest may not" 0 '^fine$' "/n/dir/secret.* permission denied"
[ "$(grep -c 'permission denied' "$work/err")" = 3 ]; ok $? "neither file nor directory"; sed 's/^/# /' "$work/err"
chmod 700 "$d/closed"

# The directory goes away while the guest runs.
e=$work/going
mkdir -p "$e/sub"
echo there >"$e/sub/f"
mkfifo "$work/in"
: >"$work/out"
timeout 300 $N9 -s "$e:g" -c 'cd /n/g/sub; cat f; sed 1q; cat f; ls /n/g; mkdir /n/g/new; echo still here' <"$work/in" >"$work/out" 2>"$work/err" &
pid=$!
exec 8>"$work/in"
while ! [ -s "$work/out" ] && kill -0 $pid 2>/dev/null; do sleep 0.01; done
rm -r "$e"
mkdir "$e"
echo impostor >"$e/f"
echo go >&8
exec 8>&-
wait $pid
status=$?
expect "a directory that is removed and replaced is gone for the guest" 0 '^still here$' 'does not exist'
grep -q impostor "$work/out"; [ $? = 1 ]; ok $? "and what has its name now is not shown"

# A file system of somebody else's, mounted below the directory, whose server stops to answer.
t=$work/top
mkdir -p "$t/mnt" "$t/late" "$work/behind"
echo behind >"$work/behind/f"
echo before >"$t/l"
stopped() { ! grep -L '^State:.T' "/proc/$1/task/"*/status | grep -q .; }	# PROCESS: all its threads
# Only then: a thread that has yet to hear of it would take one more request, and who has asked cannot be killed any more.
stop_server()
{
	kill -STOP $server
	eventually stopped $server
}

goes_on_without_server()	# process: a guest, which reads $work/in; when it says "ready" $server is stopped, and it may go on to its end
{
	exec 8>"$work/in"
	while ! grep -q ready "$work/out" && kill -0 "$1" 2>/dev/null; do sleep 0.01; done
	stop_server
	echo go >&8
	exec 8>&-
	wait "$1"
	status=$?
}

stuck()		# mount point: bindfs there; $server is its process
{
	bindfs -f --no-allow-other "$work/behind" "$1" 2>/dev/null &
	server=$!
	until mountpoint -q "$1"; do kill -0 $server 2>/dev/null || return 1; sleep 0.02; done
}
if command -v bindfs >/dev/null && [ -e /dev/fuse ] && stuck "$t/mnt"; then
	run $N9 -s "$t" -c 'cat /n/top/mnt/f; ls /n/top/mnt; cp /n/top/mnt/f /n/top/mnt/g; cat /n/top/mnt/g' </dev/null
	expect "a file system mounted below" 0 '^behind$' ''
	stop_server
	run $N9 -s "$t" -c 'cat /n/top/mnt/f & a=$apid; ls -l /n/top & b=$apid; sleep 1; cat /n/top/l; if(test -e /proc/$a) echo kill >/proc/$a/note; if(test -e /proc/$b) echo kill >/proc/$b/note
		wait $a; wait $b; cat /n/top/l; echo end' </dev/null
	expect "when it hangs, who waits for it can be killed, and everything else goes on" 0 '^end$' ''
	[ "$(grep -c before "$work/out")" = 2 ]; ok $? "meanwhile and afterwards"
	kill -CONT $server
	# more closings than threads, none of which ends, and then something of our own that needs one
	for i in 1 2 3 4 5 6; do echo open >"$work/behind/c$i"; done
	rm -f "$work/in"; mkfifo "$work/in"; : >"$work/out"
	timeout 300 $N9 --defer-shares -s "$t" -c 'for(i in 1 2 3 4 5 6) {{sleep 1000 <>/n/top/mnt/c$i} & p=($p $apid)}
		sleep 1; echo ready; sed 1q; for(i in $p) echo kill >/proc/$i/note; cat /n/top/l; echo end; exit' <"$work/in" >"$work/out" 2>"$work/err" &
	goes_on_without_server $!
	expect "closings that hang leave a thread for what is not on that file system" 0 '^end$' ''
	grep -q before "$work/out"; ok $? "and that goes on"
	kill -CONT $server
	# a directory there that lost its descriptor to others is opened again
	mkdir -p "$work/behind/sub" "$t/room"
	echo below >"$work/behind/sub/f"
	rm -f "$work/in"; mkfifo "$work/in"; : >"$work/out"
	(ulimit -n 500; exec timeout 60 $N9 -s "$t" -s build/tests/share:prog,ro -c 'bind /n/top/mnt/sub /mnt; cat /mnt/f
		/n/prog/manyopen /n/top/room 240; echo ready; sed 1q; sleep 2; cat /mnt/f & a=$apid; sleep 1; cat /n/top/l
		if(test -e /proc/$a) echo kill >/proc/$a/note; wait $a; cat /n/top/l; echo end' <"$work/in" >"$work/out" 2>"$work/err") &
	goes_on_without_server $!
	expect "a descriptor that has to be opened again there makes one program wait" 0 '^end$' ''
	[ "$(grep -c before "$work/out")$(grep -c below "$work/out")" = 21 ]; ok $? "and no other"
	kill -CONT $server
	umount "$t/mnt"
	wait $server
	# the same, mounted when the guest runs already
	rm "$work/in"; mkfifo "$work/in"; : >"$work/out"
	timeout 300 $N9 -s "$t" -c 'cat /n/top/l; sed 1q; ls /n/top & a=$apid; sleep 1; cat /n/top/l; if(test -e /proc/$a) echo kill >/proc/$a/note; wait $a; echo end' \
		<"$work/in" >"$work/out" 2>"$work/err" &
	pid=$!
	exec 8>"$work/in"
	while ! [ -s "$work/out" ] && kill -0 $pid 2>/dev/null; do sleep 0.01; done
	stuck "$t/late" && stop_server && echo go >&8
	exec 8>&-
	wait $pid
	status=$?
	expect "and when it was mounted later" 0 '^end$' ''
	kill -CONT $server
	umount "$t/late"
	wait $server
else
	for what in "a file system mounted below" "when it hangs" "meanwhile" "closings that hang" "and that goes on" "a descriptor opened again" "and no other" "mounted later"; do skip "$what" "no bindfs, or no right to mount"; done
fi

# Many files.
shared '/n/prog/manyopen /n/dir 10000'
expect "10,000 files open at once" 0 '10000 open' ''
(ulimit -n 500; exec timeout 300 $N9 -s "$d" -s build/tests/share:prog,ro -c '/n/prog/manyopen /n/dir 10000' </dev/null >"$work/out" 2>"$work/err")
status=$?
expect "more than the host allows: no free file descriptors" 1 '' 'no free file descriptors'

# Threads that fork while they read.
perl -e 'print chr($_) x 2048 for 0..99' >"$d/pattern"
run $N9 --defer-shares -s "$d" -s build/tests/share:prog,ro -c '/n/prog/forkread /n/dir/pattern 200' </dev/null
expect "what is read arrives, though another thread forks meanwhile" 0 'all arrived' ''
finish
