#!/bin/sh
# What the translator is compared with is right: the reference CPU against the CPU in 32-bit mode (where the host has it).
exec build/tests/host/diff/diff --oracle
