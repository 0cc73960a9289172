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
 * Puts another entry, whose strings are freed, behind those that the answer to a read
 * of a directory has; 0 if there is no room for it.
 */
int
putdir9p(Req *r, Dir *d)
{
	uint n;

	n = convD2M(d, (uchar*)r->ofcall.data+r->ofcall.count, r->ifcall.count-r->ofcall.count);
	free(d->name);
	free(d->uid);
	free(d->gid);
	free(d->muid);
	if(n <= BIT16SZ)
		return 0;
	r->ofcall.count += n;
	return 1;
}

/*
 * gen(i, d, aux) fills d, with malloc'd strings, for the directory's file
 * number i, or returns -1 when there are no more.
 */
void
dirread9p(Req *r, int (*gen)(int, Dir*, void*), void *aux)
{
	Dir d;
	int i;

	r->ofcall.count = 0;
	for(i = r->fid->dirindex;; i++){
		memset(&d, 0, sizeof d);
		if(gen(i, &d, aux) < 0 || !putdir9p(r, &d))
			break;
	}
	r->fid->dirindex = i;
}
