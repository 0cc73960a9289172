#!/bin/sh
# Compiled programs give the same result in the translator as on the CPU; under interrupts at random moments as well.
bad=0
build/tests/host/diff/programs build/tests/host/programs/*.bin || bad=1
build/tests/host/diff/programs --kicks build/tests/host/programs/*.i686.bin build/tests/host/programs/*.sse42.bin || bad=1
exit $bad
