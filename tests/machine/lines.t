#!/usr/bin/env bash
# Line editing on the console in its corners: runes, words, the two erase keys, long lines, pasted input, raw input.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"

# What cat is given, seen as hexadecimal: echo shows what was typed, this what came of it.
line() {	# NAME TYPED HEX
	terminal "$1" "
expect %\\x20
send xd -1x\\r
expect \\n
send $2\\r\\x04
expect $3\r
send \\x01x
status 0" $N9
}
line "^H takes a whole rune" 'a\xc3\xa9\xe2\x82\xac\x08\x08b' '61 62 0a'
line "DEL in a line that was begun takes a rune too" 'xy\xe2\x82\xac\x7f\x7fz' '78 7a 0a'
line "^W takes a word and the blanks behind it" 'one two \x17s' '6f 6e 65 20 73 0a'
line "^U takes the line" 'one two\x15x' '78 0a'
line "erasing more than there is" 'a\x08\x08\x08b' '62 0a'
line "control characters are themselves" '\x02\x1b' '02 1b 0a'
terminal "the screen shows a rune erased once" '
expect %\x20
send cat\r
expect cat\r\n
send a\xe2\x82\xac\x08b\r
expect a\xe2\x82\xac\x08 \x08b\r\nab\r\n
send \x01x
status 0' $N9
terminal "^D after text delivers it without a newline" '
expect %\x20
send xd -1x\r
send ab\x04\x04
expect 61 62\r
send \x01x
status 0' $N9
terminal "^C interrupts, also within a line" '
expect %\x20
send cat\r
send runs\r
expect runs\r\nruns\r\n
send junk\x03
expect %\x20
send echo good | tr g f\r
expect food\r\n
send \x01x
status 0' $N9
terminal "typing ahead is kept for who reads next" '
expect %\x20
send sleep 1\recho fir''st\r
expect first\r\n
expect first\r\n
send \x01x
status 0' $N9
long=$(printf 'x%.0s' $(seq 3000))
terminal "a line of 3000 bytes arrives whole" "
expect %\\x20
send echo $long | wc -c\\r
expect 3001\\r\\n
send \\x01x
status 0" $N9
many=$(for i in $(seq 400); do printf 'line %d of some that were pasted\\r' "$i"; done)
terminal "400 lines pasted at once arrive" "
expect %\\x20
send cat >/dev/null; wc <<E''ND\\r
send $many
send END\\r\\x04
expect \\x20400\\x20
send \\x01x
status 0" $N9
terminal "raw input comes byte by byte, without echo; closing consctl ends it" '
expect %\x20
send {echo rawon >[1=3]; echo g''o; dd -bs 1 -count 3 -quiet 1 | xd -1x} >[3]/dev/consctl\r
expect go\r\n
send a\x08\x04
expect 61 08 04\r
expect %\x20
send echo ag''ain\r
expect echo ag''ain\r\nagain\r\n
send \x01x
status 0' $N9
finish
