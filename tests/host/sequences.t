#!/bin/sh
# A million random instruction sequences do in the translator what they do on the CPU, and some more while another
# thread interrupts at random moments.  usage: sequences.t [SEED [COUNT]]; the default is always the same.
bad=0
build/tests/host/diff/diff --random --seed="${1:-1}" --count="${2:-1000000}" || bad=1
build/tests/host/diff/diff --random --seed="${1:-1}" --count=150000 --kicks || bad=1
exit $bad
