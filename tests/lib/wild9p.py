"""A 9P2000 client that nobody wants, and one that is honest.

wild9p.py wild PORT SEED SECONDS   random messages, sound, damaged and without end, many at once, on many connections
wild9p.py honest PORT NAME TEXT    the file NAME of the root must hold TEXT
Prints what was sent; exits 1 with a message if an answer is no 9P message, or an honest question gets no true answer.
"""
import random
import socket
import struct
import sys
import time

TYPES = {'version': 100, 'auth': 102, 'attach': 104, 'flush': 108, 'walk': 110, 'open': 112, 'create': 114, 'read': 116,
         'write': 118, 'clunk': 120, 'remove': 122, 'stat': 124, 'wstat': 126}
NAMES = [b'', b'.', b'..', b'a', b'b', b'sub', b'file', b'a/b', b'/', b'../..', b'x' * 300, b'\xff\xfe', b'a\0b', b'new', b'\n']


def string(s):
    return struct.pack('<H', len(s)) + s


def message(kind, tag, body):
    return struct.pack('<IBH', 7 + len(body), TYPES[kind] if isinstance(kind, str) else kind, tag) + body


def stat(rng):
    body = struct.pack('<HIBIQIIIQ', rng.choice([0xffff, 0]), rng.choice([0xffffffff, 0]), rng.choice([255, 128]),
                       rng.getrandbits(32) | 0xffffffff * rng.getrandbits(1), 0xffffffffffffffff, rng.choice([0xffffffff, 0o777, 0x80000000]),
                       0xffffffff, rng.getrandbits(32), rng.choice([0xffffffffffffffff, 0, 5, 1 << 60]))
    body += string(rng.choice(NAMES)) + string(b'') + string(rng.choice([b'', b'glenda'])) + string(b'')
    inner = string(body)
    if rng.random() < 0.3:
        inner = bytearray(inner)
        inner[rng.randrange(len(inner))] = rng.getrandbits(8)
        inner = bytes(inner)
    return struct.pack('<H', len(inner) + rng.choice([0, 0, 0, 1, -1, 1000]) & 0xffff) + inner


def one(rng):
    fid = rng.choice([0, 1, 2, 3, 4, 0xffffffff])
    newfid = rng.choice([0, 1, 2, 3, 4, 0xffffffff])
    name = rng.choice(NAMES)
    kind = rng.choice(list(TYPES))
    count = rng.choice([0, 1, 100, 8192, 65536, 0xffffffff, 0x7fffffff])
    offset = rng.choice([0, 0, 1, 100, 1 << 40, (1 << 64) - 1, (1 << 63)])
    names = [rng.choice(NAMES) for _ in range(rng.choice([0, 0, 1, 1, 2, 5, 16] if rng.random() < 0.99 else [17, 40]))]
    body = {
        'version': lambda: struct.pack('<I', rng.choice([0, 10, 256, 8192, 0xffffffff])) + string(rng.choice([b'9P2000', b'9P2000.L', b'', b'9P'])),
        'auth': lambda: struct.pack('<I', fid) + string(b'glenda') + string(b''),
        'attach': lambda: struct.pack('<II', fid, rng.choice([0xffffffff, newfid])) + string(rng.choice([b'glenda', b'', b'x' * 500])) + string(b''),
        'flush': lambda: struct.pack('<H', rng.randrange(20)),
        'walk': lambda: struct.pack('<IIH', fid, newfid, len(names) + (rng.random() < 0.005)) + b''.join(map(string, names)),
        'open': lambda: struct.pack('<IB', fid, rng.choice([0, 1, 2, 3, 16, 64, 255])),
        'create': lambda: struct.pack('<I', fid) + string(name) + struct.pack('<IB', rng.choice([0o666, 0x800001ff, 0xffffffff]), rng.choice([0, 1, 2, 255])),
        'read': lambda: struct.pack('<IQI', fid, offset, count),
        'write': lambda: struct.pack('<IQI', fid, offset, 10 if rng.random() < 0.99 else count) + b'0123456789',
        'clunk': lambda: struct.pack('<I', fid),
        'remove': lambda: struct.pack('<I', fid),
        'stat': lambda: struct.pack('<I', fid),
        'wstat': lambda: struct.pack('<I', fid) + stat(rng),
    }[kind]()
    m = bytearray(message(kind, rng.randrange(20), body))
    luck = rng.random()
    if luck < 0.006:
        m[rng.randrange(len(m))] = rng.getrandbits(8)
    elif luck < 0.008:
        m[:4] = struct.pack('<I', rng.choice([0, 1, 6, 7, len(m) - 1, len(m) + 1, 0xffffffff, 1 << 20]))
    elif luck < 0.010:
        m[4] = rng.getrandbits(8)
    return bytes(m)


def answers(s, wait):
    """What comes within that time: bytes until there is a silence; None at the end of the connection."""
    s.settimeout(wait)
    got = b''
    try:
        while True:
            more = s.recv(1 << 16)
            if not more:
                return got, True
            got += more
    except socket.timeout:
        return got, False
    except OSError:
        return got, True


def wild(port, seed, seconds):
    rng = random.Random(seed)
    end = time.time() + seconds
    sent = calls = replies = 0
    while time.time() < end:
        try:
            s = socket.create_connection(('127.0.0.1', port), 100)
        except OSError as e:
            sys.exit('after %d connections nobody answers: %s' % (calls, e))
        calls += 1
        rest = b''
        s.sendall(message('version', 0xffff, struct.pack('<I', 8192) + string(b'9P2000')) + message('attach', 0, struct.pack('<II', 0, 0xffffffff) + string(b'glenda') + string(b'')))
        for _ in range(rng.choice([1, 5, 20])):
            batch = [one(rng) for _ in range(rng.choice([1, 10, 50]))]
            sent += len(batch)
            s.settimeout(100)
            try:
                s.sendall(b''.join(batch))
            except OSError:
                break
            got, over = answers(s, 0.02)
            rest += got
            while len(rest) >= 7:
                size, kind = struct.unpack('<IB', rest[:5])
                if size < 7 or size > 70000 or not (101 <= kind <= 127 and kind % 2):
                    sys.exit('seed %d: an answer of size %d, type %d' % (seed, size, kind))
                if len(rest) < size:
                    break
                replies += 1
                rest = rest[size:]
            if over:
                break
        s.close()
    print('%d messages on %d connections, %d answers (seed %d)' % (sent, calls, replies, seed))


def honest(port, name, text):
    s = socket.create_connection(('127.0.0.1', port), 100)
    s.settimeout(100)

    def ask(kind, tag, body):
        s.sendall(message(kind, tag, body))
        got = b''
        while len(got) < 4 or len(got) < struct.unpack('<I', got[:4])[0]:
            more = s.recv(1 << 16)
            if not more:
                sys.exit('%s: the connection ended' % kind)
            got += more
        if got[4] != TYPES[kind] + 1:
            sys.exit('%s: answered by %r' % (kind, got))
        return got[7:]

    ask('version', 0xffff, struct.pack('<I', 8192) + string(b'9P2000'))
    ask('attach', 1, struct.pack('<II', 0, 0xffffffff) + string(b'glenda') + string(b''))
    ask('walk', 1, struct.pack('<IIH', 0, 1, 1) + string(name.encode()))
    ask('open', 1, struct.pack('<IB', 1, 0))
    got = ask('read', 1, struct.pack('<IQI', 1, 0, 1000))[4:]
    if got.decode() != text:
        sys.exit('read %r' % got)


if sys.argv[1] == 'wild':
    wild(int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
else:
    honest(int(sys.argv[2]), sys.argv[3], sys.argv[4])
