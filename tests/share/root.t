#!/usr/bin/env bash
# -r: a directory of the host is the root.  One tree is our own root archive; the other is made as a distribution's, with an
# init that knows nothing of 9guest.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"
. tests/lib/dist.sh

export USER=ann
tree=$work/tree
mkdir -p "$tree"
(cd "$tree" && cpio -id --quiet) <build/root.cpio

run $N9 -r "$tree" -c 'echo text >/adm/made; cat /adm/made; echo $user; ls -d /386/init /root/386/init; exit' </dev/null
expect "-r DIR -c runs a command in the tree" 0 '^text$' ''
[ "$(sed -n 2p "$work/out")" = ann ] && [ "$(cat "$tree/adm/made")" = text ]
ok $? "as the host's user, and what it writes is the host's"
run $N9 -r "$tree" -c 'exit broken' </dev/null;		expect "its status is 9guest's" 1 '' '^9guest: broken$'
echo 'echo from a pipe; exit' >"$work/in"
run $N9 -r "$tree" <"$work/in";	expect "commands from a pipe" 0 '^from a pipe$' ''
run $N9 -r "$tree,ro" -c 'echo x >/adm/no' </dev/null;	expect "a root that is read-only" 1 '' 'permission denied: read-only'
run $N9 -r "$tree,ro" -c 'echo x >/tmp/f; cat /tmp/f' </dev/null;	expect "  has its /tmp in memory" 0 '^x$' ''
run $N9 -r "$tree" -c 'echo x >/tmp/f' </dev/null;	[ "$(cat "$tree/tmp/f")" = x ] && [ "$(ls -A "$tree/tmp")" = f ]; ok $? "one that is not has its own"
mkdir -p "$work/other"
echo beside >"$work/other/f"
run $N9 -r "$tree" -s "$work/other:o" -c 'cat /n/o/f' </dev/null; expect "-r and -s together" 0 '^beside$' ''
terminal "our init comes up at a terminal" 'expect %\x20
send ls /root/386/init\r
expect /root/386/init
expect %\x20
send \x04
status 0' $N9 -r "$tree"

# A stranger's tree.
strange=$work/strange
distribution "$strange" ann
terminal "a stranger's init, termrc and profile run" 'expect strange init: argc 2 argv1 -t
expect starting /bin/rc
expect factotum got -n -sfactotum
expect at /dev/cons
expect this is termrc, service terminal of ann, root /root, 1 cpu, on 9guest
expect /usr/ann
expect starting /bin/rc
send mount -c /srv/o /n; cat /n/f\r
expect beside
send fshalt\r
status 0' $N9 -r "$strange" -s "$work/other:o"
[ "$(cat "$strange/usr/ann/tmp/t" 2>/dev/null)" = 'in tmp' ]; ok $? "in the name space that the tree asks for"
run $N9 -r "$strange" -c 'cat /tmp/t; pwd' </dev/null;	expect "a command in a stranger's tree" 0 '^in tmp$' ''
terminal "factotumopts=: with other words" 'expect factotum got -n -sfactotum -S -k
send fshalt\r
status 0' $N9 -r "$strange" --append "factotumopts='-S -k'"
terminal "as a CPU server: its cpurc" 'expect argv1 -c
expect this is cpurc, service cpu of ann
send fshalt\r
status 0' $N9 -r "$strange" --append service=cpu
run $N9 -n host -r "$strange" -c 'ls -l /net/tcp/clone' </dev/null;	expect "-n host: the host's network is a stranger's, too" 0 '^--rw-rw-rw- M ' ''
terminal "at a terminal as well" 'expect service terminal of ann
expect 9guest%
send ls -l /net/tcp/clone\r
expect --rw-rw-rw- M
send fshalt\r
status 0' $N9 -n host -r "$strange"
terminal "init=: by other words" 'expect argc 3 argv1 -m
send fshalt\r
status 0' $N9 -r "$strange" --append "init='/386/init -m now'"

# Somebody without a home there.
mv "$strange/usr/ann" "$strange/usr/glenda"
run $N9 -r "$strange" -c 'echo $user; cat /dev/hostowner; pwd' </dev/null
expect "who has no home there is glenda" 0 '^glenda$' 'the root has no usr/ann; the user is glenda'
run $N9 -r "$strange" --append user=bob -c 'echo $user; cat /dev/hostowner; ls -d /usr/*' </dev/null
expect "unless another was named" 0 '^bob$' ''
mv "$strange/usr/glenda" "$strange/usr/ann"

# What is missing is said.
lack()		# file pattern: without that file, at a terminal
{
	mv "$strange/$1" "$work/kept"
	terminal "without $1: $2" "expect $2
status $3" $N9 -r "$strange"
	mv "$work/kept" "$strange/$1"
}
lack 386/init 'the root has no init: 386/init is missing' 1
lack 386/bin/rc 'the root has no shell: 386/bin/rc is missing' 1
wrong()		# file how pattern: with that file made otherwise, at a terminal
{
	cp -p "$strange/$1" "$work/kept"
	(f=$strange/$1; eval "$2")
	terminal "$1: $3" "expect $3
status 1" $N9 -r "$strange"
	cp -p "$work/kept" "$strange/$1"
}
wrong 386/init 'chmod 644 "$f"' '386/init is not executable; did unpacking'
wrong 386/bin/rc 'chmod 644 "$f"' '386/bin/rc is not executable; did unpacking'
wrong 386/init 'cat /bin/true >"$f"' '386/init is a program for Linux'
wrong 386/bin/rc ': >"$f"' '386/bin/rc is empty'
wrong 386/init 'printf "\0\0\6\107%060d" 0 >"$f"' '386/init is a program for arm;'
wrong 386/init 'printf "\0\0\212\227%060d" 0 >"$f"' '386/init is a program for amd64;'
wrong 386/init 'date >"$f"' '386/init is no program'
wrong 386/init 'head -c 100 "$f" >"$f.cut"; cat "$f.cut" >"$f"' 'init, the first process, has ended: i/o error'
wrong 386/init 'printf "#!/386/bin/rc\nexit gone\n" >"$f"' 'init, the first process, has ended: gone'
mv "$strange/lib/namespace" "$work/kept"
run $N9 -r "$strange" -c 'echo on' </dev/null
tap_match 'boot: the root has no lib/namespace' "$work/err"
ok $? "without lib/namespace there is a warning"
mkdir -p "$work/empty"
run $N9 -r "$work/empty" -c date </dev/null;	expect "an empty directory is no root" 1 '' '^9guest: the root has no shell: .*is it the tree of a Plan 9'
run $N9 -r "$work/absent" -c date </dev/null;	expect "a directory that is not there" 1 '' '^9guest: .*absent: No such file'
run $N9 -r "$work/other/f" -c date </dev/null;	expect "a file is no root" 1 '' '^9guest: .*not a directory'
finish
