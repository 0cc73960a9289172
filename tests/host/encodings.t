#!/bin/sh
# Every encoding of the guest's instruction set does in the translator what it does on the CPU.  usage: encodings.t [SEED
# [VALUES]]: VALUES sets of operands for each encoding.
exec build/tests/host/diff/diff --table --seed="${1:-1}" --values="${2:-1}"
