/* crc16: the CCITT polynomial x^16+x^12+x^5+1, high bit first. */
#include <u.h>
#include <libc.h>

ushort
crc16(ushort crc, void *buf, ulong n)
{
	uchar *p;
	int i;

	for(p = buf; n > 0; n--){
		crc ^= *p++ << 8;
		for(i = 0; i < 8; i++)
			crc = crc & 0x8000 ? crc<<1 ^ 0x1021 : crc<<1;
	}
	return crc;
}
