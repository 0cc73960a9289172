#!/bin/sh
# A million random instruction sequences do in the translator what they do on the CPU.
exec build/tests/host/diff/diff --random --count=1000000
