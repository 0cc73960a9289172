#!/usr/bin/env bash
# A stranger's program: built by Debian's Go for Linux and for plan9/386, it must print the same on both.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
command -v go >/dev/null || { echo "1..0 # skip: no go"; exit 0; }
out=build/tests/go
mkdir -p $out
export GO111MODULE=off GOFLAGS=-trimpath HOME=${HOME:-/tmp}
go build -o $out/linux tests/go/stranger.go &&
GOOS=plan9 GOARCH=386 go build -o $out/stranger tests/go/stranger.go || { echo "1..1"; echo "not ok 1 - go build"; exit 1; }
echo 1..3
n=0
same() {	# NAME COMMAND-LINE-ARGUMENTS
	local name=$1
	shift
	n=$((n + 1))
	$out/linux "$@" >$out/expect 2>&1
	timeout 300 build/9guest -x $out/stranger "$@" </dev/null >$out/got 2>$out/err
	local status=$?
	if [ $status = 0 ] && cmp -s $out/expect $out/got; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name (status $status)"
		diff $out/expect $out/got | head -40 | sed 's/^/# /'
		head -20 $out/err | sed 's/^/# stderr: /'
	fi
}
same "everything, sha256 of 100 MB" a b c
same "another hash and no arguments" -mb 3
n=$((n + 1))
timeout 300 build/9guest -s $out:go,ro -c "/n/go/stranger -nosuchflag" </dev/null >/dev/null 2>$out/err
status=$?
if [ $status = 1 ] && grep -q 'flag provided but not defined' $out/err; then
	echo "ok $n - a failing program's message and status reach the host"
else
	echo "not ok $n - a failing program's message and status reach the host (status $status)"
	sed 's/^/# /' $out/err
fi
