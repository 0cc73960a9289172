#!/bin/sh
# The same cases in the rc of Debian's 9base, so that what is recorded stays what another rc does.
rc=/usr/lib/plan9/bin/rc
if [ ! -x "$rc" ]; then
	echo "1..0 # skip 9base is not installed"
	exit 0
fi
exec tests/rc/run -d "$rc" -c
