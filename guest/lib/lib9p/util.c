/* Answers to reads: of a buffer, a string, a made-up directory. */
#include <u.h>
#include <libc.h>
#include <fcall.h>
#include <9p.h>

/* as if the file held the n bytes at p */
void
readbuf(Req *r, void *p, long n)
{
	if(r->ifcall.offset >= n){
		r->ofcall.count = 0;
		return;
	}
	r->ofcall.count = r->ifcall.count;
	if(r->ofcall.count > n - r->ifcall.offset)
		r->ofcall.count = n - r->ifcall.offset;
	memmove(r->ofcall.data, (char*)p + r->ifcall.offset, r->ofcall.count);
}

void
readstr(Req *r, char *s)
{
	if(s == nil)
		r->ofcall.count = 0;
	else
		readbuf(r, s, strlen(s));
}

/*
 * gen(i, d, aux) fills d, with malloc'd strings, for the directory's file
 * number i, or returns -1 when there are no more.
 */
void
dirread9p(Req *r, int (*gen)(int, Dir*, void*), void *aux)
{
	Dir d;
	uchar *p, *e;
	uint n;
	int i;

	i = r->fid->dirindex;
	p = (uchar*)r->ofcall.data;
	e = p + r->ifcall.count;
	for(;; i++){
		memset(&d, 0, sizeof d);
		if(gen(i, &d, aux) < 0)
			break;
		n = convD2M(&d, p, e-p);
		free(d.name);
		free(d.uid);
		free(d.gid);
		free(d.muid);
		if(n <= BIT16SZ)
			break;
		p += n;
	}
	r->fid->dirindex = i;
	r->ofcall.count = (char*)p - r->ofcall.data;
}
