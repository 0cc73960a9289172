#!/bin/sh
# All tiny guests: the steps of doc/porting.md, lguest's machine, hostile ones.
exec "$(dirname "$0")/run"
