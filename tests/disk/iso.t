#!/usr/bin/env bash
# 9660srv: images made by xorriso, with Rock Ridge, Joliet and neither; damaged ones harm nobody.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"
. tests/disk/lib.sh

t=$work/tree
mkdir -p "$t/Sub/a/b/c/d/e/f/g/h/i" "$t/empty"
seq 20000 >"$t/Numbers.txt"; head -c 3000000 /dev/urandom >"$t/Sub/random.bin"; : >"$t/Sub/none"
echo deep >"$t/Sub/a/b/c/d/e/f/g/h/i/deep.txt"
echo long >"$t/Sub/a name that is rather long, has blanks and Capitals, and needs more than one field of Rock Ridge to be told, since it has more than two hundred and some bytes of text in its name, which is long.text"
echo z >"$t/Grüße 日本.txt"
for i in $(seq 300); do echo $i >"$t/Sub/a/file$i"; done
chmod 640 "$t/Numbers.txt"; ln -s ../Numbers.txt "$t/Sub/link"
touch -d '2001-02-03 04:05:06 UTC' "$t/Numbers.txt"
xorriso -as mkisofs -quiet -R -J -joliet-long -o "$work/both.iso" "$t" 2>/dev/null
xorriso -as mkisofs -quiet -J -joliet-long -o "$work/joliet.iso" "$t" 2>/dev/null
rm "$t/Sub/link"
sums() { (cd "$t" && find . -type f -exec sha1sum {} + | sort); }
with build/tests/disk/treesum
in9() { run "$N9" -m 256M -d "$1" --initrd "$work/root.cpio" -c "9660srv $3; mount /srv/9660 /n/iso /dev/sd00/data; cd /n/iso; $2" </dev/null; }

in9 "$work/both.iso" 'rm -f /tmp/x; /img/treesum -t >/tmp/x; sed "s/ [0-9]*  /  /" /tmp/x >/dev/null; /img/treesum'
{ sums; printf '%s  ./Sub/link\n' "$(printf ../Numbers.txt | sha1sum | cut -d' ' -f1)"; } | sort >"$work/want"
sort "$work/out" >"$work/got"; same "Rock Ridge: every name and byte" "$work/want" "$work/got"
in9 "$work/both.iso" 'ls -l Numbers.txt; /img/treesum -t | sed -n /Numbers/p; cat Sub/link; echo; cd Sub/a/b; pwd; ls ..|wc -l; cd ../../..; ls -d empty'
expect "modes, times, links" 0 '^--rw-r----- M .* 108894 Feb  *3 .*2001 Numbers.txt' ''
for e in '981173106' '^../Numbers.txt$' '^/n/iso/Sub/a/b$' '^ *301$' '^empty$'; do grep -q -e "$e" "$work/out" || { echo "# missing: $e"; show "$work/out" out; break; }; done
ok $? "  and the way up"
in9 "$work/both.iso" '{ echo x >>Numbers.txt; rm Numbers.txt; mkdir x; touch new } >[2=1]'
grep -q 'read-only' "$work/out"; ok $? "it cannot be written"
in9 "$work/both.iso" /img/treesum -r
sums >"$work/want"; sed '/Sub\/link$/d' "$work/out" | sort >"$work/got"
grep -av "a name that" "$work/want" >"$work/w"; grep -av "a name that" "$work/got" >"$work/g"; same "Joliet of the same image (-r)" "$work/w" "$work/g"
in9 "$work/joliet.iso" /img/treesum
sed '/Sub\/link$/d' "$work/out" | sort >"$work/got"
same "an image with Joliet alone" <(grep -av 'a name that' "$work/want") <(grep -av 'a name that' "$work/got")
mkdir -p "$work/plain/SUB/DEEP"; seq 9 >"$work/plain/A.TXT"; seq 99 >"$work/plain/SUB/DEEP/LONGFILE.BIN"; : >"$work/plain/SUB/NOEXT"
xorriso -as mkisofs -quiet -iso-level 1 --norock -o "$work/plain.iso" "$work/plain" 2>/dev/null
in9 "$work/plain.iso" /img/treesum -rJ
(cd "$work/plain" && find . -type f -exec sha1sum {} + | sed 's/  .*/\L&/' | sort) >"$work/want"
sort "$work/out" >"$work/got"; same "an image without extensions: small letters, no versions" "$work/want" "$work/got"
in9 "$work/plain.iso" 'cat A.TXT a.txt | wc -l' -r; expect "  where capitals do not matter" 0 '^ *18$' ''
truncate -s 4M "$work/no.iso"
in9 "$work/no.iso" true; expect "what is no image" 1 '' 'no ISO 9660 file system'
cp "$work/both.iso" "$work/cut.iso"; truncate -s 400K "$work/cut.iso"
in9 "$work/cut.iso" 'cat Sub/random.bin | wc -c; ls -d Sub'; expect "an image that was cut: what is missing is said" 0 '^Sub$' 'i/o error'

# Damaged images.
rm -rf "$t/Sub/random.bin" "$t/Numbers.txt"
xorriso -as mkisofs -quiet -R -J -joliet-long -o "$work/good" "$t" 2>/dev/null
cat >"$work/fuzz.rc" <<'X'
n=()
for(i in `{seq 300}){
	cp /img/good /tmp/f$i
	/img/scribble /tmp/f$i `{ls -l /img/good | awk1} $i
	9660srv -f /tmp/f$i f$i >[2]/dev/null
	if(mount /srv/f$i /n/x >[2]/dev/null){
		n=($n x)
		@{ du -a /n/x; cat /n/x/*; cat /n/x/Sub/*; ls -l /n/x/Sub/a/b/c } >/dev/null >[2]/dev/null
		unmount /n/x
	}
	if(! test -e /srv/f$i) echo gone $i
	rm /srv/f$i /tmp/f$i
}
ps | grep -c Broken
if(test $#n -gt 100) echo done
X
sed -i "s/\`{ls -l .img.good | awk1}/$(stat -c %s "$work/good")/" "$work/fuzz.rc"
with "$work/good" build/tests/disk/scribble
run "$N9" -m 512M --initrd "$work/root.cpio" -c "$(cat "$work/fuzz.rc")" </dev/null
printf '0\ndone\n' >"$work/want"
same "300 damaged images: no server dies" "$work/want" "$work/out"
finish
