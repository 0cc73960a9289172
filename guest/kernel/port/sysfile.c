/*
 * System calls that open, close and describe descriptors.  Arguments are the
 * user's words; whatever is a pointer is checked here or by what it is handed
 * to.  Results are returned, errors raised.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"

/* Give c, whose reference is ours, a descriptor or fail. */
static long
descriptor(Chan *c)
{
	int fd;

	fd = newfd(c);
	if(fd < 0){
		cclose(c);
		error(Enofd);
	}
	return fd;
}

/* name, mode */
long
sysopen(ulong *arg)
{
	openmode(arg[1]);
	if(arg[1] & OEXCL)
		error(Ebadarg);
	return descriptor(namec(userstr(arg[0]), Aopen, arg[1], 0));
}

/* name, mode, permissions */
long
syscreate(ulong *arg)
{
	openmode(arg[1]);
	return descriptor(namec(userstr(arg[0]), Acreate, arg[1], arg[2]));
}

/* fd */
long
sysclose(ulong *arg)
{
	fdtochan(arg[0], -1, 0, 0);
	fdclose(arg[0], 0);
	return 0;
}

/* fd, new fd or -1 */
long
sysdup(ulong *arg)
{
	Chan *c;
	int fd;

	c = fdtochan(arg[0], -1, 0, 1);
	fd = arg[1];
	if(fd == -1)
		return descriptor(c);
	if(setfdto(fd, c) < 0){
		cclose(c);
		error(Ebadfd);
	}
	return fd;
}

/* The file of that name on the pipe device's root, open for both. */
static Chan*
openpipe(Chan *root, char *name)
{
	Walkqid *wq;
	Chan *c;

	wq = devtab[root->type]->walk(root, nil, &name, 1);
	if(wq == nil)
		error(up->errstr);
	c = wq->clone;
	wqfree(wq);
	if(c == nil)
		error(Egreg);
	if(waserror()){
		cclose(c);
		nexterror();
	}
	c->path = pathadd(root->path, name, nil);
	c = devtab[c->type]->open(c, ORDWR);
	poperror();
	return c;
}

/* where two fds go */
long
syspipe(ulong *arg)
{
	static int type;
	Chan *root, *c[2];
	int fd[2];

	validaddr(arg[0], sizeof fd, 1);
	validalign(arg[0], sizeof(int));
	if(type == 0)
		type = devno('|', 0);
	c[0] = c[1] = nil;
	root = devtab[type]->attach("");
	if(waserror()){
		cclose(c[0]);
		cclose(c[1]);
		cclose(root);
		nexterror();
	}
	c[0] = openpipe(root, "data");
	c[1] = openpipe(root, "data1");
	if(newfd2(fd, c) < 0)
		error(Enofd);
	poperror();
	cclose(root);
	((int*)arg[0])[0] = fd[0];
	((int*)arg[0])[1] = fd[1];
	return 0;
}

/* fd, buffer, bytes */
long
sysfd2path(ulong *arg)
{
	char *s;
	Chan *c;
	long n;

	n = arg[2];
	if(n <= 0)
		error(Ebadarg);
	validaddr(arg[1], n, 1);
	c = fdtochan(arg[0], -1, 0, 1);
	if(waserror()){
		cclose(c);
		nexterror();
	}
	s = chanpath(c);
	kstrcpy((char*)arg[1], s, n);
	poperror();
	cclose(c);
	return 0;
}

/* name */
long
syschdir(ulong *arg)
{
	Chan *c, *old;

	c = namec(userstr(arg[0]), Atodir, 0, 0);
	old = up->dot;
	up->dot = c;
	cclose(old);
	return 0;
}
