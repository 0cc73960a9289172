#!/usr/bin/env bash
# The console at a terminal: line editing, interrupt, the escapes, and the terminal as it was on every way out.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"
cp $N9 "$work/9guest"		# a name of its own, to be looked for at the end
N9=$work/9guest

terminal "a prompt, a command, exit" '
expect %\x20
raw
send echo hel^lo\r
expect hello\r\n
expect %\x20
send exit\r
status 0
cooked' $N9
terminal "^A x leaves" '
expect %\x20
send \x01x
status 0
cooked' $N9
terminal "^A h helps" '
expect %\x20
send \x01h
expect leave
send \x01x
status 0' $N9
terminal "^A ^A sends ^A" '
expect %\x20
send xd -c\r\x01\x01\r\x04
expect 01
send \x01x
status 0' $N9
terminal "erase, kill and ^D" '
expect %\x20
send echo axx\x08\x08bc\r
expect abc\r\n
expect %\x20
send junk\x15echo fine\r
expect fine\r\n
expect %\x20
send cat\rline\r
expect line\r\nline\r\n
send \x04
expect %\x20
send \x01x
status 0' $N9
terminal "DEL interrupts" '
expect %\x20
send echo be^gun; sleep 1000\r
expect begun\r\n
send \x7f
expect %\x20
send echo back\r
expect back\r\n
send \x01x
status 0' $N9
terminal "^T^T and a letter shows processes and memory, and nothing of it reaches the shell" '
expect %\x20
send \x14\x14p
expect init
expect rc
send \x14\x14x
expect pages free
send \x14\x14?
expect T^Tr leave
send echo al^ive\r
expect alive\r\n
send xd -c\r\x14\x14z\r\x04
expect 14 14  z
send \x01x
status 0' $N9
terminal "what the kernel says is in kprint and kmesg" '
expect %\x20
send cat /dev/kprint >/tmp/k &\r
expect %\x20
send while(! grep -s kprint /proc/$apid/fd) sleep 0; echo rea^dy\r
expect ready\r\n
send \x14\x14x
expect pages free
send while(! grep -s pages /tmp/k) sleep 0; grep -c pages /dev/kmesg; echo bo^th\r
expect 1\r\nboth\r\n
send \x01x
status 0' $N9
terminal "what was typed before there was a prompt can rely on /n and on the connection server" '
send bind /tmp /n/x && echo bo^und; ls /net/cs && exit ready\r
expect %\x20
expect bound\r\n
status 1' $N9
terminal "consctl holds input back until it is let go, and ^C goes through" '
expect %\x20
send {echo holdon >[1=3]; {sleep 1; echo a^fter; echo holdoff >[1=3]} &} >[3]/dev/consctl\r
expect %\x20
send echo held\r
expect after\r\n
expect held\r\n
send {echo holdon; sleep 1000} >/dev/consctl & while(! ps | grep -s sleep) sleep 0; echo wa^it; cat\r
expect wait\r\n
send text\r\x03
expect %\x20
send \x01x
status 0
cooked' $N9
terminal "^T^T works where a program has made the console raw, too" '
expect %\x20
send {echo rawon; sleep 1000} >/dev/consctl & while(! ps | grep -s sleep) sleep 0; echo ra^w\r
expect raw\r\n
send \x14\x14x
expect pages free
send \x14\x14q
expect ready, load
send \x01x
status 0
cooked' $N9
terminal "^T^Tr leaves" '
expect %\x20
send \x14\x14r
status 0
cooked' $N9
terminal "^P is a character, and halts a CPU server unless consctl says ctlpoff" '
expect %\x20
send xd -c\r\x10\r\x04
expect 10 \x5cn
expect %\x20
send bind -c \x27#ec\x27 /mnt; echo -n cpu >/mnt/service; echo ctlpoff >/dev/consctl; xd -c\r\x10.\r\x04
expect 10  .
expect %\x20
send echo ctlpon >/dev/consctl; echo b^ack\r
expect back\r\n
send \x10
status 0
cooked' $N9
terminal "ten busy loops leave an interactive rc alive" '
expect %\x20
send for(i in 1 2 3 4 5 6 7 8 9 10) while() ~ a b &\r
expect %\x20
send echo sti^ll\r
expect still\r\n
send \x01x
status 0
cooked' $N9
for sig in TERM HUP INT QUIT ABRT; do
	terminal "SIG$sig restores the terminal" "
expect %\x20
raw
signal $sig
status s$sig
cooked" $N9
done
terminal "SIGTSTP stops and restores; SIGCONT goes on" '
expect %\x20
raw
signal TSTP
stopped
cooked
signal CONT
raw
send echo aga^in\r
expect again\r\n
send \x01x
status 0
cooked' $N9
terminal "a guest's crash restores the terminal" '
expect %\x20
send echo panic >/dev/reboot\r
expect panic
status 3
cooked' $N9
terminal "the terminal goes away" '
expect %\x20
hangup
status sHUP' $N9
terminal "-c at a terminal" '
expect one\r\n
status 0
cooked' $N9 -c 'echo one'
nobody() { ! pgrep -f "$N9" >/dev/null; }
eventually nobody; ok $? "no process is left behind"
finish
