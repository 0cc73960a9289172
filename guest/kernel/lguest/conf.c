/*
 * What this kernel is made of: its devices, in the order in which they are
 * initialised.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"

extern Dev archdevtab, rtcdevtab;
extern Dev rootdevtab, consdevtab, envdevtab, dupdevtab, procdevtab, pipedevtab, srvdevtab, mntdevtab, capdevtab, sddevtab, sharedevtab, etherdevtab, ipdevtab, tlsdevtab, ssldevtab;

Dev *devtab[] = {
	&rootdevtab,
	&consdevtab,
	&envdevtab,
	&dupdevtab,
	&procdevtab,
	&pipedevtab,
	&srvdevtab,
	&mntdevtab,
	&capdevtab,
	&archdevtab,
	&rtcdevtab,
	&sddevtab,
	&sharedevtab,
	&etherdevtab,
	&ipdevtab,
	&tlsdevtab,
	&ssldevtab,
	nil,
};

/* What #c/config shows. */
char configfile[] =
	"dev\n"
	"	root\n"
	"	cons\n"
	"	env\n"
	"	dup\n"
	"	proc\n"
	"	pipe\n"
	"	srv\n"
	"	mnt\n"
	"	cap\n"
	"	arch\n"
	"	rtc\n"
	"	sd\n"
	"	share\n"
	"	ether\n"
	"	ip\n"
	"	tls\n"
	"	ssl\n"
	"port\n"
	"	lguest\n";
