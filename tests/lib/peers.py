"""Peers that a network program would rather not have, for tests/machine/peers.t.

peers.py flood ADDR PORT N       N calls (SYN) from N addresses of 10.128.0.0/9, none of them finished
peers.py deaf ADDR PORT N        N connections that read nothing; prints "deaf", then stays until its input ends
peers.py idle ADDR PORT SECONDS  a connection on which nothing is said for so long; then echo must still work
peers.py echo ADDR PORT          an honest one: a line and back, within a minute; prints how many ms it took
"""
import random
import socket
import struct
import sys
import time


def checksum(data):
    if len(data) % 2:
        data += b'\0'
    total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def flood(addr, port, n):
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    dst = socket.inet_aton(addr)
    for i in range(n):
        src = struct.pack('!I', 0x0a800000 + i)
        tcp = struct.pack('!HHIIBBHHH', 1024 + i % 60000, port, random.getrandbits(32), 0, 0x60, 2, 65535, 0, 0) + b'\2\4\5\xb4'
        tcp = tcp[:16] + struct.pack('!H', checksum(src + dst + struct.pack('!HH', 6, len(tcp)) + tcp)) + tcp[18:]
        head = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(tcp), i & 0xffff, 0, 64, 6, 0, src, dst)
        while True:
            try:
                s.sendto(head + tcp, (addr, 0))
                break
            except OSError:     # the wire is full
                time.sleep(0.001)
    print('sent', n)


def deaf(addr, port, n):
    held = []
    for _ in range(n):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.settimeout(100)
        s.connect((addr, port))
        held.append(s)
    print('deaf', flush=True)
    sys.stdin.read()


def line(s, text):
    s.sendall(text)
    got = b''
    while len(got) < len(text):
        more = s.recv(1000)
        if not more:
            break
        got += more
    if got != text:
        sys.exit('wanted %r, got %r' % (text, got))


def echo(addr, port):
    start = time.time()
    s = socket.create_connection((addr, port), 60)
    s.settimeout(60)
    line(s, b'hello\n')
    print('%d ms' % ((time.time() - start) * 1000))


def idle(addr, port, seconds):
    s = socket.create_connection((addr, port), 100)
    s.settimeout(100)
    line(s, b'before\n')
    time.sleep(seconds)
    line(s, b'after\n')
    print('still there after %d s' % seconds)


what, addr, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
{'flood': flood, 'deaf': deaf, 'idle': idle, 'echo': echo}[what](addr, port, *map(int, sys.argv[4:]))
