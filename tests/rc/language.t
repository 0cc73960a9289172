#!/bin/sh
# The language of rc: the recorded cases in 9guest, one boot each.
exec tests/rc/run -t /tmp build/9guest -c
