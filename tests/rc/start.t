#!/usr/bin/env bash
# What boot and init leave for the first shell: environment, name space, home; and what becomes of its end.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"

rc() {	# SCRIPT: run by -c
	run $N9 -c "$1" </dev/null
}

guest "the environment of a session" 'echo $cputype $objtype $service $sysname $#user; ~ $home /usr/$user && ~ `{pwd} $home && echo home' \
	'386 386 terminal 9guest 1
home'
guest "rc's own variables" 'whatis path prompt; echo $#ifs $#* $#timezone' "path=(. /bin)
prompt=('9guest% ' '	')
1 0 1"
guest "the time zone is known" 'date | grep -c GMT' 1
guest "the name space" 'ls -d /dev/cons /fd/0 /env/user /proc/1 /srv /bin/rc /tmp /usr/$user/lib /usr/$user/bin/rc | wc -l | x=`{cat}; echo $x' 9
guest "home is writable, and /tmp in it" 'echo a >/tmp/x; cat $home/tmp/x; mkdir $home/d; >$home/d/f; cd; ls d; rm /tmp/x; ls /tmp' 'a
d/f'
guest "/n has what is asked for" 'bind $home /n/some && ls -d /n/some' /n/some
rc 'echo a >/386/bin/x; echo not reached'
expect "the root is read-only" 1 '' "can't create"
guest "process 1 is init" 'echo `{cat /proc/1/args}' 'init -t'
guest "an end without status" 'exit' ''
rc 'exit some words'
expect "exit takes one word" 1 '' '^9guest: some$'
rc "exit 'some words'"
expect "the status is the host's message" 1 '' '^9guest: some words$'
rc "rc -c 'exit q'; exit \$status"
expect "the status of a program names it" 1 '' '^9guest: rc [0-9]+: q$'
rc 'x=`{seq 300000}; echo $#x; test -e /env/x || echo not there'
expect "a variable that is too large for the environment is complained about" 0 '^300000$' "^rc: can't export x, 1988895 bytes: "
rc 'ls /nosuch'
expect "a command's own words" 1 '' '^9guest: ls [0-9]+: '
rc 'echo out; echo err >[1=2]'
expect "standard error apart from output" 0 '^out$' '^err$'
guest "fshalt ends it" 'fshalt; sleep 100' ''
guest "reboot too" 'reboot; sleep 100' ''

printf 'echo one\nx=(a b)\necho $#x\ncat <<E\n$x\nE\n' >"$work/script"
run $N9 <"$work/script"
expect "commands from a pipe, without prompts" 0 '^a b$' ''
printf 'echo one\n)\necho two\n' >"$work/script"
run $N9 <"$work/script"
expect "a syntax error ends them, with its line" 1 '^one$' "^rc: <stdin>:2: token '\)': syntax error$"
printf 'exit done\n' >"$work/script"
run $N9 <"$work/script"
expect "exit there" 1 '' '^9guest: done$'
printf 'echo no newline' >"$work/script"
run $N9 <"$work/script"
expect "a last line without newline" 0 '^no newline$' ''

rc 'man cat | sed 1q; man nosuch'
expect "a page of the manual" 1 '^CAT\(1\) .*CAT\(1\)$' 'no page for nosuch'
rc "man -k 'in memory'"
expect "man -k" 0 '^ramfs\(4\): ' ''

# an archive of the user's, behind the root
mkdir -p "$work/more/usr/glenda/lib" "$work/more/usr/other/d"
echo 'mine=profile' >"$work/more/usr/glenda/lib/mine"
echo there >"$work/more/usr/other/d/file"
{ cat build/root.cpio; (cd "$work/more" && find usr | sort | cpio -o -H newc -R 0:0 --quiet); } >"$work/root.cpio"
run $N9 --initrd "$work/root.cpio" -c 'cat lib/mine /usr/other/d/file; echo new >lib/new; mv lib/new lib/old; cat $home/lib/old
echo tmp >/tmp/x; cat tmp/x; ls -d bin/rc' </dev/null
printf '%s\n' 'mine=profile' there new tmp bin/rc >"$work/want"
cmp -s "$work/want" "$work/out" && [ "$status" = 0 ]
ok $? "what an archive holds in /usr can be seen there, and the home can be written"
cmp -s "$work/want" "$work/out" || { show "$work/out" out; show "$work/err" err; }
finish
