#!/usr/bin/env bash
# elf2aout: the executables that it makes, and each kind of input that it must refuse.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"

elf=build/guest/cmd/echo.elf
tool=build/elf2aout

# patch FILE OFFSET HEXBYTES: overwrites bytes
patch() { printf "$(sed 's/../\\x&/g' <<<"$3")" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }
# be32 FILE OFFSET: a word, most significant byte first
be32() { echo $((16#$(od -An -tx1 -j "$2" -N 4 "$1" | tr -d ' '))); }
refused() { run $tool "$work/bad" "$work/bad.out"; expect "$1" 1 '' "$2"; [ ! -e "$work/bad.out" ]; ok $? "$1: nothing is written"; }

run $tool $elf "$work/good"
expect "an executable is made" 0 '' ''
[ "$(be32 "$work/good" 0)" = $((0x1EB)) ]
ok $? "its magic is that of the 386"
text=$(be32 "$work/good" 4) data=$(be32 "$work/good" 8) syms=$(be32 "$work/good" 16) entry=$(be32 "$work/good" 20)
[ "$(stat -c %s "$work/good")" = $((32 + text + data + syms)) ]
ok $? "its parts add up"
[ "$entry" -ge $((0x1020)) ] && [ "$entry" -lt $((0x1020 + text)) ]
ok $? "its entry is in the text"
[ -x "$work/good" ]
ok $? "it is executable"
run $tool -s $elf "$work/stripped"
[ "$(be32 "$work/stripped" 16)" = 0 ] && [ "$(stat -c %s "$work/stripped")" = $((32 + text + data)) ]
ok $? "-s leaves the symbols away"

echo hello >"$work/bad"
refused "text" 'goes beyond the end of the file'
printf 'x%.0s' {1..100} >"$work/bad"
refused "not ELF" 'not an ELF file'
for size in 40 60 200 5000; do
	head -c $size $elf >"$work/bad"
	refused "cut at $size" 'beyond the end of the file'
done
cp /bin/true "$work/bad"
refused "a program of this machine" 'not for the 386'
cp $elf "$work/bad"; patch "$work/bad" 16 0300
refused "a shared object" 'not an executable'
cp $elf "$work/bad"; patch "$work/bad" 24 00000080
refused "an entry outside" 'entry 0x80000000 is outside of the text'
cp $elf "$work/bad"; patch "$work/bad" 42 2800
refused "odd program headers" 'program headers of 40 bytes'
cp $elf "$work/bad"; patch "$work/bad" 60 00500000
refused "text elsewhere" 'text begins at 0x5000'
run $tool /nonexistent "$work/x"
expect "no such file" 1 '' 'cannot read: No such file'
run $tool $elf /nonexistent/x
expect "no such directory" 1 '' 'cannot create: No such file'
run $tool
expect "no arguments" 2 '' 'usage: elf2aout'
finish
