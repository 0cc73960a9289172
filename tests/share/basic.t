#!/usr/bin/env bash
# A host directory in the guest: what the guest's commands do to it, the host's commands see, and the other way round.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"

d=$work/dir
mkdir -p "$d/sub/deep"
echo hello >"$d/f"
seq 1 100000 >"$d/big"
shared()		# command...: run it with the share /n/dir
{
	run timeout 60 $N9 $options -s "$d" -c "$1" </dev/null
}

for options in '' --defer-shares; do
	how=${options:-at once}
	shared 'cat /n/dir/f; sum /n/dir/big; echo written >/n/dir/new; mkdir /n/dir/made; mv /n/dir/new /n/dir/moved
		chmod 640 /n/dir/moved; cp /n/dir/big /n/dir/copy; rm /n/dir/made; cat /n/dir/sub/deep/../../f'
	expect "$how: files are read, written, made, renamed and removed" 0 '^hello$' ''
	[ "$(cat "$d/moved")" = written ] && [ "$(stat -c %a "$d/moved")" = 640 ] && [ ! -e "$d/made" ] && [ ! -e "$d/new" ]
	ok $? "$how: the host sees a file written, renamed and its mode changed, and a directory removed"
	cmp -s "$d/big" "$d/copy"
	ok $? "$how: a copy made by the guest is the same"
	rm -f "$d/moved" "$d/copy"
done
finish
