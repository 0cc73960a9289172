/* Numbers as PCs keep them on disks: the lowest byte first, at any address. */
#include <u.h>
#include <libc.h>
#include <disk.h>

uint
get2(uchar *p)
{
	return p[0] | p[1]<<8;
}

ulong
get4(uchar *p)
{
	return get2(p) | (ulong)get2(p+2)<<16;
}

void
put2(uchar *p, uint v)
{
	p[0] = v;
	p[1] = v>>8;
}

void
put4(uchar *p, ulong v)
{
	put2(p, v);
	put2(p+2, v>>16);
}
