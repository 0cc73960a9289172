#!/usr/bin/env bash
# -r: a directory of the host is the root.  One tree is our own root archive; the other is made as a distribution's, with an
# init that knows nothing of 9guest.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"

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
cp -a "$tree" "$strange"
chmod -R u+w "$strange"		# the archive's files are for reading
cp build/tests/share/strangeinit "$strange/386/init"
mkdir -p "$strange/usr/ann/lib" "$strange/usr/ann/tmp"
cat >"$strange/lib/namespace" <<'X'
mount -aC #s/boot /root $rootspec
bind -a $rootdir /
bind -c $rootdir/mnt /mnt
bind #c /dev
bind #d /fd
bind -c #e /env
bind #p /proc
bind -c #s /srv
bind /$cputype/bin /bin
bind -a /rc/bin /bin
bind -c /usr/$user/tmp /tmp
X
echo 'echo this is termrc, service $service of $user, root $rootdir' >"$strange/rc/bin/termrc"
echo 'pwd; echo in tmp >/tmp/t' >"$strange/usr/ann/lib/profile"
terminal "a stranger's init, termrc and profile run" 'expect strange init: argc 2 argv1 -t
expect starting /bin/rc
expect this is termrc, service terminal of ann, root /root
expect /usr/ann
expect starting /bin/rc
send mount -c /srv/o /n; cat /n/f\r
expect beside
send fshalt\r
status 0' $N9 -r "$strange" -s "$work/other:o"
[ "$(cat "$strange/usr/ann/tmp/t" 2>/dev/null)" = 'in tmp' ]; ok $? "in the name space that the tree asks for"
run $N9 -r "$strange" -c 'cat /tmp/t; pwd' </dev/null;	expect "a command in a stranger's tree" 0 '^in tmp$' ''

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
mv "$strange/lib/namespace" "$work/kept"
run $N9 -r "$strange" -c 'echo on' </dev/null
tap_match 'boot: the root has no lib/namespace' "$work/err"
ok $? "without lib/namespace there is a warning"
mkdir -p "$work/empty"
run $N9 -r "$work/empty" -c date </dev/null;	expect "an empty directory is no root" 1 '' '^9guest: the root has no shell: .*is it the tree of a Plan 9'
run $N9 -r "$work/absent" -c date </dev/null;	expect "a directory that is not there" 1 '' '^9guest: .*absent: No such file'
run $N9 -r "$work/other/f" -c date </dev/null;	expect "a file is no root" 1 '' '^9guest: .*not a directory'
finish
