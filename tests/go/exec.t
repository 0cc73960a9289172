#!/usr/bin/env bash
# 9guest -x, alone and as the one that runs the tests of a Go module: what a program gets of the host (arguments, variables,
# directory, streams, signals) and what the host gets of it (output, exit status).
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"
command -v go >/dev/null || { echo "1..0 # skip: no go"; exit 0; }
export GO111MODULE=on GOFLAGS=-trimpath HOME=${HOME:-/tmp}
top=$PWD
N9=$top/$N9
cp -r tests/go/module "$work/module"
work=$(realpath "$work")
cd "$work/module" || exit 1
go build -o "$work/native" ./cmd/show && GOOS=plan9 GOARCH=386 go build -o "$work/show" ./cmd/show ||
	{ echo "1..1"; echo "not ok 1 - go build"; exit 1; }
plan9() { GOOS=plan9 GOARCH=386 run "$@"; }

# arguments and variables: the same as natively, byte for byte
words=('' ' ' 'a  b' "it's" '"' $'two\nlines' $'\377\001' '*' '$x `{ls}' '-x' '--' ';' '日本語' "$(printf 'x%.0s' {1..5000})")
"$work/native" -- "${words[@]}" </dev/null >"$work/want"
run "$N9" -x "$work/show" -- "${words[@]}" </dev/null
[ "$status" = 0 ] && cmp "$work/want" "$work/out" && [ ! -s "$work/err" ]; ok $? "arguments arrive byte for byte"
many=($(seq 1500))
"$work/native" "${many[@]}" </dev/null >"$work/want"
run "$N9" -x "$work/show" "${many[@]}" </dev/null
[ "$status" = 0 ] && cmp "$work/want" "$work/out"; ok $? "1500 arguments arrive"
export SOME_VARIABLE=$'  quo\'ted "$x"\n\377 end '
"$work/native" -env SOME_VARIABLE </dev/null >"$work/want"
run "$N9" -x "$work/show" -env SOME_VARIABLE </dev/null
[ "$status" = 0 ] && cmp "$work/want" "$work/out"; ok $? "a variable arrives byte for byte"
run "$N9" -x "$work/show" -env PATH </dev/null;	expect "variables about the host's files stay here" 0 '^""$' ''

# status
for n in 0 1 2 77 255; do
	run "$N9" -x "$work/show" -status $n </dev/null; expect "exit status $n" $n '' ''
done
run "$N9" -x "$work/show" -nosuchflag </dev/null; expect "what the program complains of, and nothing else" 2 '' '^flag provided but not defined'

# streams
head -c 3000000 /dev/urandom >"$work/in"
run "$N9" -x "$work/show" <"$work/in";		cmp "$work/in" "$work/out"; ok $? "input and output pass whole"
cat "$work/in" | run "$N9" -x "$work/show";	cmp "$work/in" "$work/out"; ok $? "through pipes as well"

# the working directory: as on the host, wherever that is possible
printf '#!/bin/rc\npwd; cat here && echo from the guest >there' >"$work/script"
odd=$work/"an odd' name:x,ro"
mkdir -p "$odd/below" && echo from the host >"$odd/here"
in_dir() { (cd "$1" && shift && run "$@"; echo $status >"$work/status"); status=$(cat "$work/status"); }
in_dir "$odd" "$N9" -x "$work/script" </dev/null;	expect "the working directory is there by its name" 0 "^$odd\$" ''
[ "$(cat "$odd/there")" = 'from the guest' ]; ok $? "and what the program writes in it is on the host"
in_dir "$odd" "$N9" -s "$work":w,ro -x "$work/script" </dev/null; expect "a share that holds it is used as it is: read only" 1 'from the host' 'read-only'
in_dir "$odd/below" "$N9" -s "$odd/:odd" -x "$work/show" -dir .. </dev/null; expect "a share of another name is there by the host's name" 0 '^"here"$' ''
in_dir / "$N9" -x "$work/show" -dir . </dev/null;	expect "the root is not hidden by the host's" 0 '^"usr"$' ''
in_dir testdata "$N9" -x "$work/show" -dir .. </dev/null; expect "a module is there whole" 0 '^"go.mod"$' ''

# what cannot be run
run "$N9" -x "$work/native" </dev/null;		expect "a Linux program" 1 '' 'native: an ELF program.*GOOS=plan9'
run "$N9" -x "$work/in" </dev/null;		expect "no program" 1 '' 'in: not a Plan 9 program'
printf '\0\0\212\227' >"$work/amd64"
run "$N9" -x "$work/amd64" </dev/null;		expect "a program for another CPU" 1 '' 'for amd64.*GOARCH=386'
run "$N9" -x "$work/nosuch" </dev/null;		expect "no file" 1 '' 'nosuch: No such file'
run "$N9" -x "$work" </dev/null;		expect "a directory" 1 '' 'is a directory'
run "$N9" -x </dev/null;			expect "nothing to run" 2 '' 'needs a program'
run "$N9" -c date -x "$work/show" </dev/null;	expect "-c and -x" 2 '' 'not both'
head -c 100 "$work/show" >"$work/short"
run "$N9" -x "$work/short" </dev/null;		expect "a program that is cut short" 1 '' 'short: i/o error'
printf '\0\0\1\353' >"$work/huge" && truncate -s 300M "$work/huge"
run "$N9" -m 1G -x "$work/huge" </dev/null;	expect "a program that is too large" 3 '' 'larger than 256 MiB'
printf '#!/bin/rc\necho $#* $2; exit 9' >"$work/script"
run "$N9" -x "$work/script" 1 'a  b' </dev/null; expect "a script" 9 '^2 a  b$' ''

# signals: bash starts background jobs with SIGINT and SIGQUIT ignored, perl undoes that
background() {	# ARGUMENTS: show with these, until it says ready
	: >"$work/out"		# no word of an earlier one
	perl -e '$SIG{$_} = "DEFAULT" for qw(INT QUIT); exec @ARGV' "$N9" -x "$work/show" "$@" </dev/null >"$work/out" 2>"$work/err" &
	pid=$!
	eventually has "$work/out" ready
}
ended() {	# after a signal: $status, or 999 if it is still there
	eventually gone $pid
	kill -9 $pid 2>/dev/null && { status=999; return; }
	wait $pid 2>/dev/null
	status=$?
}
background -wait; kill -INT $pid; ended;		expect "SIGINT ends the program, and 9guest by the same signal" 130 ready ''
background -wait; kill -TERM $pid; ended;		expect "SIGTERM" 143 ready ''
background -wait; kill -HUP $pid; ended;		expect "SIGHUP" 129 ready ''
background -wait; kill -QUIT $pid; ended;		expect "SIGQUIT: a Go program says where its goroutines are" 131 ready 'goroutine 1.*sleep'
# A program that was asked to end has five seconds, which a busy host can use up: then once more.
for try in 1 2 3; do
	background -catch -status 5; kill -INT $pid; ended
	[ $status = 5 ] && break
done
expect "an interrupt is the program's to catch" 5 '^interrupt$' ''
for try in 1 2 3; do
	background -catch -wait; kill -INT $pid; eventually has "$work/out" '^interrupt$'; kill -TERM $pid; ended
	[ $status = 143 ] && break
done
expect "the second signal ends it whatever it does" 143 '^interrupt$' ''

# go test
MODULE_OUTPUT=written plan9 go test -exec "$N9 -x" . ;	expect "go test: tests that pass, with their testdata" 0 '^ok' ''
grep -q 'BLUE FISH' written; ok $? "go test: what a test writes in its directory is on the host"
plan9 go test -count 1 -coverprofile cover.out -exec "$N9 -x" . ; expect "go test: coverage" 0 '^ok.*coverage: 100' ''
grep -q 'module.go:' cover.out; ok $? "go test: the coverage profile"
GOMAXPROCS=4 plan9 go test -count 1 -exec "$N9 -x" ./... ./cmd/... . ;	expect "go test: several packages" 0 '^ok' ''
for i in 1 2 3 4; do
	timeout 300 "$N9" -x "$work/show" -status $i $i </dev/null >"$work/out.$i" 2>&1 &
	pids[i]=$!
done
bad=0
for i in 1 2 3 4; do wait "${pids[i]}"; [ $? = $i ] && grep -q "^\"$i\"\$" "$work/out.$i" || bad=1; done
ok $bad "four at the same time"
plan9 go test -exec "$N9 -x" -run How . -how fail ;	expect "go test: a test that fails" 1 '^--- FAIL: TestHow' ''
plan9 go test -exec "$N9 -x" -run How . -how panic ;	expect "go test: a test that panics" 1 '^panic: as it was told' ''
plan9 go test -exec "$N9 -x" -run How . -how exit ;	expect "go test: a test that exits" 1 '^exit status 77' ''
LIMIT=100 plan9 go test -timeout 1s -exec "$N9 -x" -run How . -how sleep; expect "go test: a test that takes too long" 1 '^panic: test timed out after 1s' ''
mkdir "$work/bin"
printf '#!/bin/sh\nexec "%s" -x "$@"\n' "$N9" >"$work/bin/go_plan9_386_exec"
chmod +x "$work/bin/go_plan9_386_exec"
PATH=$work/bin:$PATH plan9 go run ./cmd/show -status 0 word </dev/null; expect "go run finds go_plan9_386_exec" 0 '^"word"$' ''
finish
