/*
 * For guest tests that are a 9P server to the kernel, one request after the other.
 * The test has respond: it fills in the reply, whose data and strings stay where
 * they are until the next request, or returns an error string.  Tversion, and
 * fids that are too large, are dealt with here.  After fcall.h, tap.h.
 */
enum
{
	Msize	= 8192+IOHDRSZ,
	Nfid	= 65536,
};

static char	*respond(Fcall *t, Fcall *r);

helper char*
version(Fcall *t, Fcall *r)
{
	r->version = "9P2000";
	r->msize = t->msize < Msize? t->msize: Msize;
	return nil;
}

helper void
serve(int fd)
{
	static uchar in[Msize], out[Msize];
	Fcall t, r;
	char *err;
	int n;

	while((n = read(fd, in, sizeof in)) > 0){
		if(convM2S(in, n, &t) != n)
			_exits("message");
		memset(&r, 0, sizeof r);
		if(t.type == Tversion)
			err = version(&t, &r);
		else if(t.fid >= Nfid || t.type == Twalk && t.newfid >= Nfid)
			err = "too large a fid";
		else
			err = respond(&t, &r);
		r.type = t.type+1;
		if(err != nil){
			r.type = Rerror;
			r.ename = err;
		}
		r.tag = t.tag;
		n = convS2M(&r, out, sizeof out);
		write(fd, out, n);
	}
	_exits(nil);
}

/* Starts the server, as a process of its own; the end of the pipe that is to be mounted. */
helper int
startserver(void)
{
	int p[2];

	pipe(p);
	switch(rfork(RFPROC|RFFDG)){
	case -1:
		sysfatal("fork: %r");
	case 0:
		close(p[1]);
		serve(p[0]);
	}
	close(p[0]);
	return p[1];
}
