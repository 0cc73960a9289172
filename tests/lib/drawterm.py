"""A 9P2000 server that others wrote: drawterm's, which gives a CPU server its own name space, this machine's files among it.

drawterm.py ADDR PORT    at ADDR!PORT; each caller has a drawterm of his own, whose name space he can mount at once

For drawterm, this is the CPU server.  It calls, chooses p9sk1 without encryption, and makes its own tickets, as there is no
authentication server; when we have shown that we know the password too, it says where it is, waits for "FS" and a name
("/"), answers OK, and serves 9P on the connection.  (authsrv(6) of Plan 9 has the formats.)
"""
import ctypes
import ctypes.util
import os
import shutil
import socket
import subprocess
import sys
import threading

USER, PASSWORD, DOMAIN = b'glenda', b'password', b'test'    # eight letters: key() makes no key of more
AUTH_TS, AUTH_TC, AUTH_AS, AUTH_AC = 64, 65, 66, 67
libcrypto = ctypes.CDLL(ctypes.util.find_library('crypto'))


def key(password):
    """The 56 bits of a password: seven of each letter."""
    return sum((c & 0x7f) << 7 * i for i, c in enumerate(password)).to_bytes(7, 'little')


def decrypt(key56, data):
    """Undo DES over blocks of 8 bytes that begin 7 bytes apart, the last of them at the end."""
    return chain(key56, data, 0, reverse=True)


def encrypt(key56, data):
    return chain(key56, data, 1)


def chain(key56, data, enc, reverse=False):
    bits = int.from_bytes(key56, 'big')
    des_key = bytes((bits >> 49 - 7 * i & 0x7f) << 1 for i in range(8))
    schedule, block = ctypes.create_string_buffer(128), ctypes.create_string_buffer(8)
    libcrypto.DES_set_key_unchecked(des_key, schedule)
    data = bytearray(data)
    at = list(range(0, len(data) - 7, 7))
    if (len(data) - 1) % 7:
        at.append(len(data) - 8)
    for i in reversed(at) if reverse else at:
        libcrypto.DES_ecb_encrypt(bytes(data[i:i + 8]), block, schedule, enc)
        data[i:i + 8] = block.raw
    return bytes(data)


def string(call):
    """A string, as it comes: NUL ends it."""
    s = b''
    while (c := call.recv(1)) != b'\0':
        if not c:
            sys.exit('drawterm.py: drawterm hung up after %r' % s)
        s += c
    return s


def exactly(call, n):
    s = b''
    while len(s) < n:
        more = call.recv(n - len(s))
        if not more:
            sys.exit('drawterm.py: drawterm hung up')
        s += more
    return s


def expect(what, want, got):
    if got != want:
        sys.exit('drawterm.py: %s: wanted %r, got %r' % (what, want, got))


def authenticate(call):
    call.sendall(b'p9sk1@' + DOMAIN + b'\0')
    expect('protocol', b'p9sk1 ' + DOMAIN, string(call))
    theirs, ours = exactly(call, 8), os.urandom(8)
    call.sendall(b'\1' + USER.ljust(28, b'\0') + DOMAIN.ljust(48, b'\0') + ours + bytes(28 + 28))
    ticket = decrypt(key(PASSWORD), exactly(call, 72))
    expect('ticket', bytes([AUTH_TS]) + ours, ticket[:9])
    expect('authenticator', bytes([AUTH_AC]) + ours, decrypt(ticket[65:], exactly(call, 13))[:9])
    call.sendall(encrypt(ticket[65:], bytes([AUTH_AS]) + theirs + bytes(4)))


def serve(caller, listener):
    """Starts a drawterm, and connects it with the caller."""
    port = listener.getsockname()[1]
    drawterm = subprocess.Popen(
        ['drawterm', '-G', '-O', '-e', 'clear', '-u', USER, '-h', 'tcp!127.0.0.1!%d' % port, '-a', 'tcp!127.0.0.1!1'],
        stdin=subprocess.DEVNULL, env=dict(os.environ, PASS=PASSWORD.decode()))
    call = listener.accept()[0]
    expect('method', b'p9', string(call))
    call.sendall(b'\0')
    authenticate(call)
    string(call)    # its directory
    call.sendall(b'FS\0/\0')
    expect('answer', b'OK', exactly(call, 2))
    threading.Thread(target=copy, args=(caller, call)).start()
    copy(call, caller)
    drawterm.kill()
    drawterm.wait()


def copy(a, b):
    try:
        while data := a.recv(65536):
            b.sendall(data)
    except OSError:
        pass
    for s in a, b:
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


callers = socket.create_server((sys.argv[1], int(sys.argv[2])))
while True:
    c = callers.accept()[0]
    threading.Thread(target=serve, args=(c, socket.create_server(('127.0.0.1', 0)))).start()
