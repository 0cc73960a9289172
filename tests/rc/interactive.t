#!/usr/bin/env bash
# rc at a terminal: prompts, errors that return to the prompt, interrupts, the end.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"

if [ ! -x build/tests/pty ]; then
	echo "1..0 # skip build/tests/pty is not built"
	exit 0
fi

at() {	# NAME SCRIPT: a conversation, which ends in ^D
	timeout -k 2 300 build/tests/pty "$2
send \\x04
status ${3:-0}" $N9 >"$work/out" 2>&1
	status=$?
	ok $status "$1"
	[ $status = 0 ] || show "$work/out" pty
}

at "^D at the prompt ends the session" 'expect 9guest%\x20'
at "a command that is not complete gets the second prompt" 'expect 9guest%\x20
send for(i in a b){\r
expect {\r\n\t
send echo -$i-\r
expect \t
send }\r
expect -a-\r\n-b-\r\n9guest%\x20'
at "\$prompt is what is shown" 'expect 9guest%\x20
send prompt=(what^?" " more^?" ")\r
expect what
send {\r
expect more
send echo h^i}\r
expect hi\r\nwhat'
at "a syntax error is one line and a new prompt" 'expect 9guest%\x20
send echo )\r
expect syntax error\r\n
expect 9guest%\x20
send echo st^ill\r
expect still\r\n9guest%\x20'
at "an error in a function returns to the prompt" 'expect 9guest%\x20
send fn f {echo in^to; cat </nosuch/file; echo not}\r
expect 9guest%\x20
send x=1 f >/dev/null; echo no^t\r
expect open
expect 9guest%\x20
send echo st^ill $#x\r
expect still 0\r\n9guest%\x20'
at "a null list in a concatenation does as well" 'expect 9guest%\x20
send echo a^$nosuch\r
expect null list in concatenation\r\n9guest%\x20' 1
at "an interrupt ends a loop of the shell itself" 'expect 9guest%\x20
send echo fi^rst\r
expect first\r\n9guest%\x20
send while() ~ a a\r
expect a a\r\n
send \x7f
expect 9guest%\x20
send echo st^ill\r
expect still\r\n9guest%\x20'
at "an interrupt at the prompt gives a new one" 'expect 9guest%\x20
send echo fi^rst\r
expect first\r\n9guest%\x20
send junk\x03
expect 9guest%\x20
send echo st^ill\r
expect still\r\n9guest%\x20'
at "an interrupt ends a pipeline and a script" 'expect 9guest%\x20
send echo fi^rst\r
expect first\r\n9guest%\x20
send rc -c "" ; sleep 1000 | cat | cat\r
expect cat\r\n
send \x7f
expect 9guest%\x20
send @{sleep 1000; echo not^reached}\r
expect reached
send \x7f
expect 9guest%\x20
send echo st^ill\r
expect still\r\n9guest%\x20'
at "fn sigint is called" 'expect 9guest%\x20
send fn sigint {echo cau^ght}\r
expect 9guest%\x20
send {while(! ps | grep -s sleep >/dev/null) sleep 0; echo ru^ns} & sleep 1000\r
expect runs\r\n
send \x7f
expect caught\r\n'
at "what runs in the background is not interrupted" 'expect 9guest%\x20
send {while(! test -e /tmp/go) sleep 0; echo fin^ished} &\r
expect 9guest%\x20
send \x7f
expect 9guest%\x20
send >/tmp/go\r
expect finished\r\n
send \r
expect 9guest%\x20'
at "exec of what does not exist keeps the shell" 'expect 9guest%\x20
send exec nosuch\r
expect nosuch
expect 9guest%\x20' 1
at "the status of the last command is the session's" 'expect 9guest%\x20
send ~ a b\r
expect 9guest%\x20' 1
finish
