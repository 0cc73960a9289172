#!/bin/sh
# Every encoding of the guest's instruction set does in the translator what it does on the CPU.
exec build/tests/host/diff/diff --table
