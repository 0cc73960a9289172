#!/usr/bin/env bash
# 9guest -c as a job of an interactive shell: in the background it leaves the terminal's input alone, in the foreground it reads.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"
export PS1='$ '
mkdir "$work/share"

terminal "a job in the background leaves the terminal alone, and reads it in the foreground" '
expect $\x20
send build/9guest -s '"$work/share"' -c '\''echo st^arted; while(! test -e /n/share/go) sleep 1; echo wo^ke'\'' &\r
expect started
send echo typ""ed\r
expect typed\r\n
send jobs\r
expect Running
send : >'"$work/share/go"'\r
expect woke
send build/9guest -c '\''cat'\'' &\r
send echo x\r
expect x\r\n
send fg\r
expect cat
send to the guest\r
expect to the guest\r\nto the guest\r\n
send \x04
expect $\x20
send exit\r
status 0' bash --norc -i
finish
