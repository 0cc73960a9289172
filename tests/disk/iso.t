#!/usr/bin/env bash
# 9660srv: images made by xorriso, with Rock Ridge, Joliet and neither, and one with Plan 9's fields; damaged ones harm nobody.
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

# Plan 9's own fields: no program of Debian's writes them, so a plain image gets them from plan9iso.pl.
cp "$work/plain.iso" "$work/nine.iso"
perl tests/disk/plan9iso.pl "$work/nine.iso" <<'X'
. - sys sys 020000000775
A.TXT Grüße_and_more.text glenda sys 0640
SUB SubDirectory sys adm 020000000750
SUB/NOEXT append bootes bootes 010000000600
SUB/DEEP - glenda glenda 020000000755
SUB/DEEP/LONGFILE.BIN README glenda glenda 04000000444
X
in9 "$work/nine.iso" 'for(d in /n/iso /n/iso/SubDirectory /n/iso/SubDirectory/deep){ cd $d; ls -l }'
cat >"$work/want" <<'X'
--rw-r----- glenda sys 18 Grüße_and_more.text
d-rwxr-x--- sys adm 0 SubDirectory
a-rw------- bootes bootes 0 append
d-rwxr-xr-x glenda glenda 0 deep
-lr--r--r-- glenda glenda 288 README
X
awk '{ print $1, $4, $5, $6, $NF }' "$work/out" | tr -d "'" >"$work/got"
same "Plan 9's own fields: names, owners, modes" "$work/want" "$work/got"
in9 "$work/nine.iso" /img/treesum
(cd "$work/plain" && for i in 'A.TXT Grüße_and_more.text' 'SUB/NOEXT SubDirectory/append' 'SUB/DEEP/LONGFILE.BIN SubDirectory/deep/README'; do
	printf '%s  ./%s\n' "$(sha1sum <"${i% *}" | cut -d' ' -f1)" "${i#* }"; done | sort) >"$work/want"
sort "$work/out" >"$work/got"; same "  and every byte" "$work/want" "$work/got"
in9 "$work/nine.iso" 'ls; ls -ld sub' -9; expect "  -9 passes over them" 0 '^a.txt$' -
cp "$work/nine.iso" "$work/long.iso"
perl -e 'open my $f, "+<", $ARGV[0]; local $/; $_ = <$f>; my $o = index $_, "\x0CSubDirectory"; substr $_, $o, 1, "\xF0"; seek $f, 0, 0; print $f $_' "$work/long.iso"
in9 "$work/long.iso" 'ls sub'; expect "  a field longer than its record is none" 0 '^sub/append$' ''

# Damaged images.
rm -rf "$t/Sub/random.bin" "$t/Numbers.txt"
xorriso -as mkisofs -quiet -R -J -joliet-long -o "$work/good" "$t" 2>/dev/null
cat >"$work/fuzz.rc" <<'X'
n=()
for(i in `{seq 300}){
	img=good size=GOOD
	if(~ $i *[05]){ img=nine.iso; size=NINE }
	cp /img/$img /tmp/f$i
	/img/scribble /tmp/f$i $size $i
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
sed -i "s/GOOD/$(stat -c %s "$work/good")/; s/NINE/$(stat -c %s "$work/nine.iso")/" "$work/fuzz.rc"
with "$work/good" "$work/nine.iso" build/tests/disk/scribble
run "$N9" -m 512M --initrd "$work/root.cpio" -c "$(cat "$work/fuzz.rc")" </dev/null
printf '0\ndone\n' >"$work/want"
same "300 damaged images: no server dies" "$work/want" "$work/out"
finish
