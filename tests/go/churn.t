#!/usr/bin/env bash
# Go's runtime under stress (tests/go/churn): threads, collector, channels, pipes, timers and processes at once, with little memory.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"
command -v go >/dev/null || { echo "1..0 # skip: no go"; exit 0; }
export GO111MODULE=off GOFLAGS=-trimpath HOME=${HOME:-/tmp}
GOOS=plan9 GOARCH=386 go build -o "$work/churn" tests/go/churn/churn.go || { echo "1..1"; echo "not ok 1 - go build"; exit 1; }
LIMIT=200
# A fork has pages copied while it waits for its exec, at worst all of them: that is twice the heap, and as much again for all else.
for how in "64M 4" "64M 1" "48M 8"; do
	set -- $how
	run "$N9" -m "$1" -x "$work/churn" -procs "$2" -seconds "${SECONDS_EACH:-4}" -heap $((${1%M} / 6)) </dev/null
	expect "in $1, with $2 threads that run" 0 '^all right$' '^rounds:'
done
run "$N9" -m 24M -x "$work/churn" -heap 100 </dev/null
expect "too little memory: the program is killed with words, the guest is not" 1 - 'Insufficient physical memory|out of memory'
finish
