#!/bin/sh
# Address spaces that change under running code show what the page tables say.  usage: spaces.t [SEED [COUNT]]
exec build/tests/host/diff/spaces --seed="${1:-1}" --count="${2:-150000}"
