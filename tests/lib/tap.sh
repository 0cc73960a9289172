# Sourced by whole-machine tests: TAP for shell scripts.  Call finish last.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
N9=build/9guest
work=$(mktemp -d)
# Not in a background job that is killed before its exec: there the trap runs, too, and any command of it may fail.
trap '[ "$BASHPID" = $$ ] && rm -rf "$work"' EXIT
tap_n=0 tap_bad=0		# how many there were, and how many of them failed

# ok STATUS NAME: passed when STATUS is 0.
ok() {
	tap_n=$((tap_n + 1))
	if [ "$1" = 0 ]; then echo "ok $tap_n - $2"; else tap_bad=$((tap_bad + 1)); echo "not ok $tap_n - $2"; fi
}

skip() {
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1 # skip $2"
}

# eventually COMMAND ...: tries it until it succeeds, for as long as a machine that has other work may need.
eventually() {
	local end=$((SECONDS + 100))
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.02
	done
}

# has FILE PATTERN: quietly, also if the file is not there yet
has() { grep -q -e "$2" "$1" 2>/dev/null; }

gone() { ! kill -0 "$1" 2>/dev/null; }	# PID

# run COMMAND ...: with a time limit; leaves $status, $work/out, $work/err.  Standard input is the caller's.
run() {
	timeout -k 2 "${LIMIT:-300}" "$@" >"$work/out" 2>"$work/err"
	status=$?
}

show() {	# FILE LABEL: as a TAP comment
	head -c 2000 "$1" | tr -d '\000\033' | sed "s/^/# $2: /"
	echo
}

# expect NAME STATUS OUTPUT-REGEX ERROR-REGEX: what run left; an empty regex wants emptiness, "-" anything.
expect() {
	local bad=0
	[ "$status" = "$2" ] || bad=1
	tap_match "$3" "$work/out" || bad=1
	tap_match "$4" "$work/err" || bad=1
	ok $bad "$1"
	if [ $bad != 0 ]; then
		echo "# status $status, wanted $2; output wanted /$3/, errors /$4/"
		show "$work/out" out
		show "$work/err" err
	fi
}

tap_match() {
	case $1 in
	-) return 0 ;;
	'') [ ! -s "$2" ] ;;
	*) grep -qE -e "$1" "$2" ;;
	esac
}

# guest NAME RC-COMMAND EXPECTED-OUTPUT: by 9guest -c, status 0, no errors, exactly this output.
guest() {
	run "$N9" -c "$2" </dev/null
	printf '%s' "$3" >"$work/want"
	[ -z "$3" ] || echo >>"$work/want"
	if [ "$status" = 0 ] && cmp -s "$work/want" "$work/out" && [ ! -s "$work/err" ]; then
		ok 0 "$1"
	else
		ok 1 "$1"
		echo "# status $status"
		show "$work/want" want
		show "$work/out" got
		show "$work/err" err
	fi
}

# terminal NAME SCRIPT COMMAND ...: through tests/lib/pty.c, whose comment explains the script.
terminal() {
	local name=$1
	shift
	if timeout -k 2 300 build/tests/pty "$@" >"$work/pty" 2>&1; then ok 0 "$name"; else ok 1 "$name"; show "$work/pty" pty; fi
}

# web DIR ADDR: python3's web server; its port, which nobody else can have taken, is in $port, its process in $server
web() {
	: >"$work/web"
	python3 -u -m http.server -b "$2" -d "$1" 0 >"$work/web" 2>&1 &
	server=$!
	eventually has "$work/web" ' port [0-9]'
	port=$(sed -n 's/.* port \([0-9]*\) .*/\1/p' "$work/web")
}

finish() { echo "1..$tap_n"; }

children() { grep -ls "^PPid:[[:space:]]*$1\$" /proc/[0-9]*/status | cut -d/ -f3; }	# of a process, by number
