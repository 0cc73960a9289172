/* echo [-n] [arg ...]: writes its arguments with one write(2), as the manual promises. */
#include <u.h>
#include <libc.h>

void
main(int argc, char **argv)
{
	char *buf, *p;
	int i, nflag;
	ulong n;

	nflag = argc > 1 && strcmp(argv[1], "-n") == 0;
	argc -= 1+nflag;
	argv += 1+nflag;
	n = 1;
	for(i = 0; i < argc; i++)
		n += strlen(argv[i])+1;
	buf = malloc(n);
	if(buf == nil)
		exits("no memory");
	p = buf;
	for(i = 0; i < argc; i++){
		if(i > 0)
			*p++ = ' ';
		n = strlen(argv[i]);
		memmove(p, argv[i], n);
		p += n;
	}
	if(!nflag)
		*p++ = '\n';
	if(p > buf && write(1, buf, p-buf) != p-buf){
		fprint(2, "echo: write error: %r\n");
		exits("write error");
	}
	exits(nil);
}
