/*
 * System calls on the name space: bind, mount, unmount; and on connections
 * that carry 9P: fversion, fauth.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"

static void
checkflag(ulong flag)
{
	if((flag & ~(ulong)MMASK) || (flag & MORDER) == (MBEFORE|MAFTER))
		error(Ebadarg);
}

/* Make c, whose reference is ours, appear at the user's name old. */
static long
putat(Chan *c, char *old, ulong flag, char *spec)
{
	Chan *c1;
	long id;

	c1 = nil;
	if(waserror()){
		cclose(c1);
		cclose(c);
		nexterror();
	}
	c1 = namec(old, Amount, 0, 0);
	id = cmount(&c, c1, flag, spec);
	poperror();
	cclose(c1);
	cclose(c);
	return id;
}

/* name, old, flag */
long
sysbind(ulong *arg)
{
	char *old;

	checkflag(arg[2]);
	old = userstr(arg[1]);
	return putat(namec(userstr(arg[0]), Abind, 0, 0), old, arg[2], nil);
}

static long
mountfd(int fd, int afd, char *old, ulong flag, char *spec)
{
	Chan *bc, *ac, *c;
	long id;

	checkflag(flag);
	if(up->pgrp->noattach)
		error(Enoattach);
	ac = nil;
	spec = validnamedup(spec, 1);
	if(waserror()){
		free(spec);
		nexterror();
	}
	bc = fdtochan(fd, ORDWR, 0, 1);
	if(waserror()){
		cclose(ac);
		cclose(bc);
		nexterror();
	}
	if(afd >= 0)
		ac = fdtochan(afd, ORDWR, 0, 1);
	c = mntattach(bc, ac, spec, flag & MCACHE);
	poperror();
	cclose(ac);
	cclose(bc);
	id = putat(c, old, flag, spec);
	poperror();
	free(spec);
	fdclose(fd, 0);
	return id;
}

/* fd, authentication fd or -1, old, flag, spec */
long
sysmount(ulong *arg)
{
	return mountfd(arg[0], arg[1], userstr(arg[2]), arg[3], userstr(arg[4]));
}

/* fd, old, flag, spec */
long
sys_mount(ulong *arg)
{
	return mountfd(arg[0], -1, userstr(arg[1]), arg[2], userstr(arg[3]));
}

/* what or nil, old */
long
sysunmount(ulong *arg)
{
	Chan *old, *what;

	what = nil;
	old = namec(userstr(arg[1]), Amount, 0, 0);
	if(waserror()){
		cclose(what);
		cclose(old);
		nexterror();
	}
	/* opened, because a name in /srv or /fd means the channel behind it */
	if(arg[0] != 0)
		what = namec(userstr(arg[0]), Aopen, OREAD, 0);
	cunmount(old, what);
	poperror();
	cclose(what);
	cclose(old);
	return 0;
}

/* fd, msize or 0, version, its room: the version agreed upon replaces it */
long
sysfversion(ulong *arg)
{
	char vers[64], *s;
	long n, room;
	Chan *c;

	room = arg[3];
	if(room <= 0)
		error(Ebadarg);
	validaddr(arg[2], room, 1);
	s = memchr((char*)arg[2], '\0', room);
	if(s == nil)
		error(Ebadarg);
	n = s - (char*)arg[2];
	if(n >= sizeof vers)
		error("bad 9P version specification");
	memmove(vers, (char*)arg[2], n);
	vers[n] = '\0';
	if((long)arg[1] < 0)
		error(Ebadarg);
	c = fdtochan(arg[0], ORDWR, 0, 1);
	if(waserror()){
		cclose(c);
		nexterror();
	}
	n = mntversion(c, vers, arg[1], sizeof vers);
	if(n >= room)
		error(Eshort);
	poperror();
	cclose(c);
	memmove((char*)arg[2], vers, n+1);
	return n;
}

/* fd, aname */
long
sysfauth(ulong *arg)
{
	char *aname;
	Chan *c, *ac;
	int fd;

	aname = validnamedup(userstr(arg[1]), 1);
	if(waserror()){
		free(aname);
		nexterror();
	}
	c = fdtochan(arg[0], ORDWR, 0, 1);
	if(waserror()){
		cclose(c);
		nexterror();
	}
	ac = mntauth(c, aname);
	poperror();
	cclose(c);
	poperror();
	free(aname);
	fd = newfd(ac);
	if(fd < 0){
		cclose(ac);
		error(Enofd);
	}
	ac->flag |= CCEXEC;
	return fd;
}

/* fd, buffer, bytes: what preceded fauth; there is nothing to say any more */
long
sys_fsession(ulong *arg)
{
	if((long)arg[2] <= 0)
		error(Ebadarg);
	validaddr(arg[1], 1, 1);
	*(char*)arg[1] = '\0';
	return 0;
}
