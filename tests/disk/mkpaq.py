#!/usr/bin/env python3
"""A paq of a directory, written from the format's description alone (guest/cmd/paqfs/paq.h).
usage: mkpaq.py [--block N] [--plain] [--seed 0|1] DIR FILE"""
import argparse, hashlib, os, struct, zlib

ap = argparse.ArgumentParser()
ap.add_argument('--block', type=int, default=4096)
ap.add_argument('--plain', action='store_true')         # nothing is compressed
ap.add_argument('--seed', type=int, default=0)          # where Adler's sum begins
ap.add_argument('dir')
ap.add_argument('file')
arg = ap.parse_args()
size = arg.block
big = size > 0xFFFF
DIR, DATA, POINTER = 0, 1, 2
DMDIR = 0x80000000

out = bytearray()
label = b'made by a test'.ljust(32, b'\0')
out += struct.pack('>HHII32s', 0x25A9, 1, size, 1000000000, label) if big else \
	struct.pack('>IHHI32s', 0x529AB12B, 1, size, 1000000000, label)

def block(data, kind):
	place = len(out)
	data = data.ljust(size, b'\0')
	z = zlib.compressobj(9, zlib.DEFLATED, -15)
	packed = z.compress(data) + z.flush()
	code = 1
	if arg.plain or len(packed) >= size:
		packed, code = data, 0
	out.extend(struct.pack('>HIBBI', 0x91A8, len(packed), kind, code, zlib.adler32(data, arg.seed)) if big else
		struct.pack('>IHBBI', 0x198A1CBF, len(packed), kind, code, zlib.adler32(data, arg.seed)))
	out.extend(packed)
	return place

def string(s):
	s = s.encode()
	return struct.pack('>H', len(s) + 2) + s

qid = 0
def entry(path, name, mode, length, place):
	global qid
	qid += 1
	e = struct.pack('>IIIII', qid, mode, int(os.stat(path).st_mtime), length, place) + string(name) + string('sys') + string('adm')
	return struct.pack('>H', len(e) + 2) + e

def pointers(blocks, kind):
	return block(b''.join(struct.pack('>I', block(b, kind)) for b in blocks), POINTER)

def add(path, name):
	mode = os.stat(path).st_mode & 0o777
	if not os.path.isdir(path):
		data = open(path, 'rb').read()
		assert len(data) <= size * (size // 4)
		return entry(path, name, mode, len(data), pointers([data[i:i+size] for i in range(0, len(data), size)], DATA))
	blocks = [b'']
	for kid in sorted(os.listdir(path)):
		e = add(os.path.join(path, kid), kid)
		if len(blocks[-1]) + len(e) > size:
			blocks.append(b'')
		blocks[-1] += e
	return entry(path, name, DMDIR | mode, 0, pointers(blocks if blocks != [b''] else [], DIR))

root = block(add(arg.dir, '/'), DIR)
out += struct.pack('>II', 0x6B46E688, root)
out += hashlib.sha1(out).digest()
open(arg.file, 'wb').write(out)
