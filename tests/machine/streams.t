#!/usr/bin/env bash
# Standard input, output and error are byte streams; the exit status is the command's; signals end it cleanly.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"

guest "a command's output" 'echo hello' 'hello'
guest "a pipeline of commands" 'ls -l / | wc -l >/tmp/n; test -s /tmp/n && echo some' 'some'
run $N9 -c 'exit sad' </dev/null;		expect "a failing command: status 1, its words on standard error" 1 '' 'sad'
run $N9 -c 'echo out; echo err >[1=2]' </dev/null; expect "standard error is apart" 0 '^out$' '^err$'
run $N9 -c 'nosuchcommand' </dev/null;		expect "a command that is not there" 1 '' 'nosuchcommand'
run $N9 -c 'if(' </dev/null;			expect "a syntax error" 1 '' 'syntax error'
run $N9 -c '' </dev/null;			expect "an empty command" 0 '' ''

# a program of one instruction, int3
printf '\0\0\001\353\0\0\0\001\0\0\0\0\0\0\0\0\0\0\0\0\0\0\020\040\0\0\0\0\0\0\0\0\314' >"$work/in"
run $N9 -c 'cat >/tmp/x; chmod 777 /tmp/x; /tmp/x; ps | grep Broken; broken; broken | rc; while(! ~ `{broken | wc -l} 0) sleep 0; echo gone' <"$work/in"
expect "a program that dies of a trap is broken until it is let go" 0 '^echo kill >/proc/[0-9]*/ctl # x$' '^x [0-9]*: suicide: sys: breakpoint pc=0x00001020$'
run $N9 -c 'dd -if /dev/random -bs 32 -count 1 -quiet 1 | xd' </dev/null; cp "$work/out" "$work/first"
run $N9 -c 'dd -if /dev/random -bs 32 -count 1 -quiet 1 | xd' </dev/null
[ -s "$work/out" ] && ! cmp -s "$work/first" "$work/out"; ok $? "two machines draw different random bytes"
printf 'no newline at the end' >"$work/in"
run $N9 -c cat <"$work/in";			cmp -s "$work/in" "$work/out"; ok $? "input without a newline passes whole"
head -c 300000 /dev/urandom >"$work/in"
run $N9 -c cat <"$work/in";			cmp -s "$work/in" "$work/out"; ok $? "every byte value passes, from a file"
cat "$work/in" | run $N9 -c cat;		cmp -s "$work/in" "$work/out"; ok $? "every byte value passes, from a pipe"
head -c 104857600 /dev/urandom >"$work/in"
run $N9 -c cat <"$work/in";			cmp -s "$work/in" "$work/out"; ok $? "100 MB pass whole"
sum=$(sha1sum <"$work/in")
got=$(timeout 300 $N9 -c cat <"$work/in" | (sleep 1; sha1sum))
[ "$sum" = "$got" ]; ok $? "100 MB pass whole to a reader that starts late"
run $N9 -c 'sha1sum' <"$work/in";		expect "the guest's sha1sum of 100 MB" 0 "^${sum%% *}" ''
rm "$work/in"
timeout 300 $N9 -c 'while(){echo y}' </dev/null 2>"$work/err" | head -n 1000 >"$work/out"
st=("${PIPESTATUS[@]}"); [ "$(wc -l <"$work/out")" = 1000 ] && [ "${st[0]}" != 124 ]; ok $? "a reader that goes away ends it (status ${st[0]})"
timeout 300 $N9 -c 'echo hi' </dev/null >&- 2>"$work/err"; st=$?; [ $st = 1 ] && grep -q '^9guest: ' "$work/err"; ok $? "standard output closed (status $st)"
timeout 300 $N9 -c 'echo hi' <&- >"$work/out" 2>"$work/err"; st=$?; [ $st = 0 ] && grep -q '^hi$' "$work/out"; ok $? "standard input closed (status $st)"
timeout 300 $N9 -c 'echo hi' </dev/null >/dev/full 2>"$work/err"; st=$?; [ $st = 1 ] && grep -q 'No space left' "$work/err"; ok $? "standard output full (status $st)"

# A reader that stalls must not stall the guest's other processes: the clock in the background goes on.
mkfifo "$work/fifo"
timeout 300 $N9 -c '{sleep 1; echo alive >[1=2]} & cat /dev/zero' </dev/null >"$work/fifo" 2>"$work/err" &
pid=$!
exec 7<"$work/fifo"
eventually has "$work/err" alive; ok $? "a stalled reader does not stall the guest"
exec 7<&-
wait $pid

for sig in TERM INT HUP; do
	$N9 -c 'echo up; sleep 100' </dev/null >"$work/out" 2>"$work/err" &
	pid=$!
	eventually has "$work/out" up
	kill -$sig $pid
	# a background job of a script ignores SIGINT from birth: 9guest must respect that or end, not hang
	if [ $sig = INT ]; then sleep 1; kill -TERM $pid 2>/dev/null; fi
	eventually gone $pid || kill -KILL $pid
	wait $pid; st=$?
	[ $st -gt 128 ] && [ $st != 137 ]; ok $? "SIG$sig ends it (status $st)"
done

start=$(date +%s%N)
timeout 300 $N9 -c 'date -n; sleep 5; date -n' </dev/null >"$work/out"
end=$(date +%s%N)
first=$(head -1 "$work/out"); second=$(tail -1 "$work/out")
[ $((start / 1000000000)) -le "$first" ] && [ $((first + 5)) -le "$second" ] && [ "$second" -le $((end / 1000000000)) ]
ok $? "date and sleep agree with the host's clock (host $start to $end ns, guest $first to $second s)"
guest "sysname, user, and the objtype" 'cat /dev/sysname; echo; echo $objtype $cputype' '9guest
386 386'
guest "streams have not a terminal's name" "sed -n 's/.* //p' /proc/\$pid/fd" '#c/cons
#c/cons
#c/conserr'
finish
