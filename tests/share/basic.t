#!/usr/bin/env bash
# A host directory in the guest: what the guest's commands do to it, the host's commands see, and the other way round.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"

d=$work/dir
mkdir -p "$d/sub/deep"
echo hello >"$d/f"
seq 1 100000 >"$d/big"
shared()		# command...: run it with the share /n/dir
{
	run $N9 $options -s "$d" -c "$1" </dev/null
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
options=
# Names.
mkdir "$work/My files"
echo blank >"$work/My files/f"
run $N9 -s "$work/My files" -s "$d:other" -s /usr/include,ro -c "cat '/n/My files/f'; ls -d /n/other/f /n/include/stdio.h" </dev/null
expect "names: the last element, another, blanks" 0 '^blank$' ''
[ "$(sed -n 2,3p "$work/out" | tr '\n' ' ')" = '/n/include/stdio.h /n/other/f ' ]; ok $? "several shares at once"
nine=$PWD/$N9
(cd "$d" && run "$nine" -s . -c 'cat /n/dir/f' </dev/null; [ "$status" = 0 ] && grep -q hello "$work/out"); ok $? "-s . has the directory's name"
mkdir "$work/with:colon" "$work/x,ro"
run $N9 -s "$work/with:colon/" -c "ls -d /n/with:colon" </dev/null;	expect "a colon in a directory's name, which ends in a slash" 0 'with:colon' ''
run $N9 -s "$work/x,ro/" -c 'echo >/n/x,ro/f' </dev/null;	expect "a directory whose name ends as an option does" 0 '' ''
for bad in "$d:" "$d:." "$d:.." "$d:.hidden" "$work/absent" "$d/f" / "$d:a b'c" "$d:$(printf 'a\nb')" "$d:$(printf '%070d' 1)"; do
	run $N9 -s "$bad" -c 'echo no' </dev/null
	{ [ "$status" = 1 ] || [ "$status" = 2 ]; } && grep -q '^9guest: ' "$work/err" && [ ! -s "$work/out" ]
	ok $? "-s $(printf %q "${bad#"$work/"}" | head -c 40) is refused"
done
run $N9 -s "$d" -s "$d" -c 'echo no' </dev/null;		expect "two shares of one name" 1 '' "name 'dir' already"
run $N9 $(printf -- '-s /:d%d ' {1..15}) -c 'ls /n|wc -l' </dev/null;	expect "15 shares" 0 '15' ''
run $N9 $(printf -- '-s /:d%d ' {1..16}) -c 'echo no' </dev/null;	expect "and no more" 2 '' 'more than 15'

mkdir "$work/odd"
printf 'one\n' >"$work/odd/$(printf 'caf\351')"
printf 'two\n' >"$work/odd/$(printf '\377\376')"
mkdir "$work/odd2"
run $N9 -s "$work/odd" -s "$work/odd2" -c 'cd /n/odd; cat *; for(f in *) cp $f /n/odd2; rm *; ls | wc -l' </dev/null
expect "names that are not UTF-8" 0 '^one$' ''
[ "$(cat "$work/odd2/$(printf '\377\376')")" = two ] && [ -z "$(ls "$work/odd")" ]; ok $? "are copied and removed as others are"

# A program of the guest that speaks 9P itself.
echo secret >"$work/secret"
ln -s ../secret "$d/out"
timeout 300 $N9 -s "$d" -s build/tests/share:prog,ro -c "/n/prog/raw '#h/dir'" </dev/null >"$work/out" 2>"$work/err"
grep -E '^(ok|not ok|#)' "$work/out" | sed 's/^\(not ok\|ok\) [0-9]* - /\1 - raw 9P: /'
tap_n=$((tap_n + $(grep -cE '^(ok|not ok)' "$work/out")))
grep -q '^1\.\.' "$work/out"; ok $? "raw 9P: to its end"

# Large things.
mkdir "$d/many"
(cd "$d/many" && touch $(seq -f 'entry%.0f' 10000))
shared "cd /n/dir; ls many | wc -l; du -s many >/dev/null; echo tail | dd -of sparse -bs 4096 -oseek 1310720 >[2]/dev/null; ls -l sparse"
expect "10,000 entries, and a file of more than 4 GiB" 0 '10000' ''
grep -q ' 5368709125 ' "$work/out" && [ "$(stat -c %s "$d/sparse")" = 5368709125 ]; ok $? "whose length both sides agree upon"
[ "$(tail -c 5 "$d/sparse")" = tail ]; ok $? "and its end"

# The same tree, by the guest's eyes and the host's.
src=/usr/include/linux
run $N9 -s "$src:i,ro" -c 'cd /n/i; du -a . | wc -l; cat *.h | md5sum' </dev/null
[ "$(head -1 "$work/out" | tr -d ' ')" = "$(find -L "$src" | wc -l)" ]; ok $? "all files below $src are found"
[ "$(sed -n 2p "$work/out" | cut -c1-32)" = "$(cd "$src" && LC_ALL=C && cat *.h | md5sum | cut -c1-32)" ]; ok $? "and have the same bytes"
finish
