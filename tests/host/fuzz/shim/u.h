/*
 * The guest's types for kernel sources that are compiled on the host to be
 * fuzzed there.  ulong has the host's width; nothing in those sources depends
 * on it.
 */
#ifndef SHIM_U_H
#define SHIM_U_H
#include <stddef.h>
#include <stdint.h>
#include <stdarg.h>
#include <sys/types.h>

#define nil NULL
typedef unsigned char uchar;
typedef unsigned int u32int;
typedef unsigned int Rune;
typedef long long vlong;
typedef unsigned long long uvlong;
#define USED(...) ((void)0)
#endif
