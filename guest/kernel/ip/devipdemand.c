/*
 * Networks that are configured when somebody wants them.  The first stack has a file, ondemand,
 * by which one process, the configurator, says which services of /net it can supply (cs,
 * dns) and then waits.  Whoever opens a file of the stack, or a service by its name here,
 * wakes it up and waits until it has done its work; after that an open of the service's
 * file is an open of the file that it named.  The configurator and what it starts are known
 * by their name space, which is their own: they do not wait, and do not see these names.
 *
 * Called by devip.c, outside of the core: all of this may sleep.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"
#include "qio.h"
#include "ip.h"
#include "devip.h"

enum {
	Off,			/* nobody configures anything, or all is done */
	Armed,			/* until the first who wants it */
	Wanted,

	Nservice = 4,
};

static char Eservices[] = "too many services";

static struct {
	int	state;
	int	opens;
	Pgrp	*pgrp;		/* the configurator's, counted; nil: it has yet to wait */
	void	*wanters;	/* those who wait for the end */
	void	*reader;	/* the configurator */
	int	nservice;
	struct {
		char	name[16];
		Chan	*c;	/* what opens it, not open itself; nil: not known yet, or it has failed */
	} service[Nservice];
} demand;

static int
configures(void)
{
	return demand.pgrp != nil && up->pgrp == demand.pgrp;
}

/* The name of service i, as the process may see it; nil if there are no more. */
char*
demandname(int i)
{
	int k;

	if(configures())
		return nil;
	for(k = 0; k < demand.nservice; k++)
		if((demand.state != Off || demand.service[k].c != nil) && i-- == 0)
			return demand.service[k].name;
	return nil;
}

int
demandnumber(char *name)
{
	int k;

	for(k = 0; k < demand.nservice; k++)
		if(strcmp(demand.service[k].name, name) == 0)
			return k;
	return -1;
}

/* Somebody opens a file of the stack: return when it is configured. */
void
demandwait(void)
{
	if(demand.state == Off || configures())
		return;
	if(demand.state == Armed){
		demand.state = Wanted;
		ipwake(demand.reader, ~0);
	}
	while(demand.state != Off)
		ipsleep(&demand.wanters, ~0);
}

/* An open of service k: the Chan that it becomes. */
Chan*
demandopen(int k, int omode)
{
	Chan *c;

	demandwait();
	if(demand.service[k].c == nil)
		error(Enonexist);
	c = cclone(demand.service[k].c);
	if(waserror()){
		cclose(c);
		nexterror();
	}
	c = devtab[c->type]->open(c, omode);
	poperror();
	return c;
}

static void
done(void)
{
	demand.state = Off;
	ipwake(demand.wanters, ~0);
}

void
demandhold(void)
{
	if(demand.opens > 0)
		error(Einuse);
	demand.opens++;
}

/* A configurator that is gone keeps nobody waiting. */
void
demandrelease(void)
{
	if(--demand.opens == 0 && demand.state != Off)
		done();
}

/* The configurator waits for somebody who wants the network. */
long
demandread(char *va, long n)
{
	if(demand.state == Off)
		return 0;
	if(demand.pgrp == nil){
		demand.pgrp = up->pgrp;
		incref(demand.pgrp);
	}
	while(demand.state == Armed)
		ipsleep(&demand.reader, ~0);
	return readstr(0, va, n, "wanted\n");
}

static void
offer(char **w, int n)
{
	int i;

	if(demand.state != Off || demand.pgrp != nil)
		error("a network is configured once");
	if(n > Nservice)
		error(Eservices);
	for(i = 0; i < n; i++)
		if(strlen(w[i]) >= sizeof demand.service[i].name)
			error(Etoolong);
	for(i = 0; i < n; i++)
		strcpy(demand.service[i].name, w[i]);
	demand.nservice = n;
	demand.state = Armed;
}

static void
serve(char *name, char *file)
{
	Chan *c;
	int k;

	k = demandnumber(name);
	if(k < 0 || demand.service[k].c != nil)
		error(Enonexist);
	if(!configures())
		error(Eperm);
	c = namec(file, Aaccess, 0, 0);
	demand.service[k].c = c;
}

/* offer NAME ...; now; serve NAME FILE; done */
void
demandctl(char **w, int n)
{
	if(strcmp(w[0], "offer") == 0)
		offer(w+1, n-1);
	else if(strcmp(w[0], "now") == 0 && n == 1){
		if(demand.state == Armed)
			demand.state = Wanted;
	}else if(strcmp(w[0], "serve") == 0 && n == 3)
		serve(w[1], w[2]);
	else if(strcmp(w[0], "done") == 0 && n == 1)
		done();
	else
		error(Ebadctl);
}
