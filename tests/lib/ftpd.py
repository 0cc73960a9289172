"""FTP servers for tests/machine/ftpfs.t.  usage: ftpd.py honest DIR | hostile: prints the port, then serves until it is killed.

honest: python3-pyftpdlib, for alice with the password secret.  hostile: the user's name says what is wrong with it.
"""
import socket
import sys
import threading


def honest(root):
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import FTPHandler
    from pyftpdlib.servers import FTPServer
    import logging
    logging.basicConfig(level=logging.ERROR)
    who = DummyAuthorizer()
    who.add_user('alice', 'secret', root, perm='elradfmwMT')
    FTPHandler.authorizer = who
    FTPHandler.use_sendfile = False
    server = FTPServer(('127.0.0.1', 0), FTPHandler)
    print(server.socket.getsockname()[1], flush=True)
    server.serve_forever()


LISTING = (
    b'total 12\r\n\r\nnonsense\r\n'
    b'-rw-r--r--   1 bob users 4 Nov 30  2020 good\r\n'
    b'-rw-r--r--   1 bob users 4 Nov 30  2020 good\r\n'           # twice
    b'-rw-r--r--   1 bob users 4 Nov 30  2020  two  blanks\r\n'
    b'-rw-r--r--   1 bob users 4 Nov 30  2020 ../../etc/passwd\r\n'
    b'drwxr-xr-x   1 bob users 4 Nov 30  2020 ..\r\n'
    b'-rw-r--r--   1 bob users 4 Nov 30  2020 \r\n'
    b'-rw-r--r--   1 bob users -4 Nov 30  2020 negative\r\n'
    b'-rw-r--r--   1 bob users 99999999999999999999999 Nov 30  2020 enormous\r\n'
    b'-rw-r--r--   1 bob users 4 Nov 99  2020 baddate\r\n'
    b'-rw-r--r--   1 bob users 4 Foo 30  2020 badmonth\r\n'
    b'-rw-r--r--   1 bob 4 Nov 30  2020 nogroup\r\n'
    b'11-30-20  09:05PM       <DIR>          dosdir\r\n'
    b'11-30-2020  09:05AM               4 dos file\r\n'
    b'-rw-r--r--   1 bob users 4 Nov 30  2020 ' + b'n' * 3000 + b'\r\n'
    + b'x' * 1000000 + b'\r\n'
    b'-rw-r--r--   1 bob users 4 Nov 30  2020 last\r\n'
    b'-rw-r--r--   1 bob users 4 Nov 30  2020 no end')


def serve(c):
    def say(text):
        c.sendall(text.encode() + b'\r\n')

    f = c.makefile('rb')
    user = ''
    listener = None

    def passive():
        nonlocal listener
        listener = socket.socket()
        listener.bind(('127.0.0.1', 0))
        listener.listen()
        return listener.getsockname()[1]

    def send(data, end='226 done'):
        say('150 here it comes')
        d = listener.accept()[0]
        try:
            d.sendall(data)
        except OSError:
            pass
        d.close()
        if end:
            say(end)

    say('220 hello')
    for line in f:
        command, _, arg = line.decode(errors='replace').strip().partition(' ')
        if command == 'USER':
            user = arg
            if user == 'garbage':
                c.sendall(bytes(range(256)) * 100 + b'\n')
                continue
            if user == 'endless':
                try:
                    while True:
                        c.sendall(b'331-and so on\r\n' * 100)
                except OSError:
                    return
            if user == 'longline':
                c.sendall(b'331 ' + b'y' * 5000000 + b'\r\n')
                continue
            say('331 password')
        elif command == 'PASS':
            say('530 no' if user == 'nobody' else '230 in')
        elif command == 'PWD':
            say('257 "/"')
        elif command == 'CWD':
            say('250 there' if arg.split('/')[-1] in ('', 'dosdir') else '550 no such file')
        elif command == 'EPSV' and user != 'pasv':
            say('229 (|||%s|)' % ('none' if user == 'noport' else passive()))
        elif command == 'PASV':
            port = passive()
            say('227 Entering (192,0,2,1,%d,%d)' % (port >> 8, port & 255))
        elif command == 'LIST':
            if user == 'flood':
                say('150 many')
                d = listener.accept()[0]
                try:
                    for i in range(3000000):
                        d.sendall(b'-rw-r--r--   1 bob users 4 Nov 30  2020 file%d\r\n' % i)
                except OSError:
                    pass
                d.close()
                say('426 cut')
            elif user == 'cutlist':
                send(LISTING, '426 cut')
            else:
                send(LISTING)
        elif command == 'RETR':
            if user == 'cut':
                send(b'x' * 2, '426 cut')
            elif user == 'gone':
                send(b'xy', None)
                c.close()
                return
            elif user == 'hang' and arg.endswith('last'):
                say('150 wait')
            else:
                send(b'abc\n')
        elif command == 'STOR':
            say('150 give')
            d = listener.accept()[0]
            if user == 'full':
                d.recv(10)
                d.close()
                say('552 no room')
            else:
                while d.recv(65536):
                    pass
                d.close()
                say('226 done')
        elif command == 'TYPE':
            say('200 yes')
        else:
            say('502 what?')


def hostile():
    server = socket.socket()
    server.bind(('127.0.0.1', 0))
    server.listen()
    print(server.getsockname()[1], flush=True)

    def one(c):
        try:
            serve(c)
        except OSError:
            pass
        c.close()

    while True:
        threading.Thread(target=one, args=(server.accept()[0],), daemon=True).start()


if sys.argv[1] == 'honest':
    honest(sys.argv[2])
else:
    hostile()
