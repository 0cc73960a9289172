#!/usr/bin/env bash
# The manual: what can be run has a page, and pages can be shown.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"

# /bin/service holds what listen runs, and no commands
guest "every command has a page of the manual" "$(cat <<'RC'
cd /bin
for(i in * */*) if(test -f $i && ! ~ $i service/* && ! man `{basename $i} >/dev/null >[2=1])
	echo no page: $i
status=()
RC
)" ''
guest "every page is shown, and begins with its name" "$(cat <<'RC'
cd /sys/man
for(i in */*){
	s=`{basename -d $i}; n=`{basename $i}
	l=`{man $s $n | sed 1q | tr A-Z a-z}
	if(! ~ $l(1) $n^'('^$s^')') echo $i begins with $l
}
status=()
RC
)" ''
# of section 2 the names stand for what every Plan 9 has
guest "pages that a page names are there" "$(cat <<'RC'
cd /sys/man
for(i in `{sed -n 's/^\.IR (.*[^A-Za-z0-9])?([A-Za-z0-9]+) \(([13-8])\).*/\3\/\2/p' */* | sort -u}){
	s=`{basename -d $i}; n=`{basename $i | tr A-Z a-z}
	man $s $n >/dev/null >[2]/dev/null || echo no page: $n^'('^$s^')'
}
status=()
RC
)" ''
finish
