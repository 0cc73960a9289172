/*
 * The raw file: a command, its data, its status.  The disk's sectors hold their numbers in 511
 * digits and a newline.  usage: sdraw file
 */
#include <u.h>
#include <libc.h>
#include "../guest/tap.h"

static int	fd;
static uchar	data[8192];
static long	moved;

/* a command with its data; the status, or -1 */
static int
scsi(uchar *cdb, int n, int out, long len)
{
	char buf[16];

	moved = -1;
	if(write(fd, cdb, n) != n)
		return -1;
	moved = out ? write(fd, data, len) : read(fd, data, len);
	if(read(fd, buf, 12) != 12)
		return -1;
	buf[12] = 0;
	return atoi(buf);
}

static int
key(void)
{
	static uchar sense[6] = {3, 0, 0, 0, 18, 0};

	if(scsi(sense, sizeof sense, 0, 18) != 0 || moved != 18)
		return -1;
	return data[2];
}

static ulong
be4(uchar *p)
{
	return p[0]<<24 | p[1]<<16 | p[2]<<8 | p[3];
}

void
main(int argc, char **argv)
{
	static uchar ready[6], inquiry[6] = {0x12, 0, 0, 0, 36, 0}, capacity[10] = {0x25}, read10[10] = {0x28, 0, 0, 0, 0, 5, 0, 0, 2, 0},
		write10[10] = {0x2A, 0, 0, 0, 0, 9, 0, 0, 1, 0}, beyond[10] = {0x28, 0, 0, 0, 0x3F, 0xFF, 0, 0, 2, 0},
		read6[6] = {0x08, 0, 0, 9, 1, 0}, sync[10] = {0x35}, capacity16[16] = {0x9E, 0x10}, strange[6] = {0xFF},
		read16[16] = {0x88, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0};
	int other;

	if(argc != 2 || (fd = open(argv[1], ORDWR)) < 0)
		sysfatal("usage: sdraw file: %r");
	other = open(argv[1], ORDWR);
	fails(other, "in use", "one process at a time");
	same(scsi(ready, 6, 0, 0), 0, "TEST UNIT READY");
	ok(scsi(inquiry, 6, 0, 255) == 0 && moved == 36 && memcmp(data+8, "9guest", 6) == 0, "INQUIRY");
	ok(scsi(capacity, 10, 0, 8) == 0 && be4(data) == 16383 && be4(data+4) == 512, "READ CAPACITY");
	ok(scsi(capacity16, 16, 0, 32) == 0 && be4(data+4) == 16383 && be4(data+8) == 512, "READ CAPACITY (16)");
	ok(scsi(read10, 10, 0, 1024) == 0 && moved == 1024 && data[510] == '5' && data[1022] == '6', "READ (10)");
	ok(scsi(read16, 16, 0, 512) == 0 && moved == 512 && data[510] == '5', "READ (16)");
	memset(data, 'w', 512);
	ok(scsi(write10, 10, 1, 512) == 0 && moved == 512, "WRITE (10)");
	memset(data, 0, 512);
	ok(scsi(read6, 6, 0, 512) == 0 && data[0] == 'w' && data[511] == 'w', "READ (6) of what was written");
	same(scsi(sync, 10, 0, 0), 0, "SYNCHRONIZE CACHE");
	ok(scsi(beyond, 10, 0, 1024) == 2 && moved == 0, "beyond the end: CHECK CONDITION");
	same(key(), 5, "and the sense key says why");
	ok(scsi(strange, 6, 0, 0) == 2 && key() == 5, "an unknown command: CHECK CONDITION");
	ok(scsi(read10, 10, 0, 512) == 2, "more data than the caller takes");
	ok(scsi(read10, 10, 1, 1024) == 2, "data the other way");
	fails(write(fd, data, 3), "bad arg", "a command of 3 bytes");
	ok(scsi(read10, 10, 0, 1024) == 0 && data[510] == '5', "and all is well again");
	done();
}
