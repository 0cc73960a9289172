/*
 * Control messages: text that programs write to ctl files, cut into words as
 * rc does and looked up in a driver's table.
 */
#include "u.h"
#include "lib.h"
#include "dat.h"

enum
{
	MAXCMD	= 16*1024,	/* longer than any control message */
};

/*
 * Copy n bytes of a message and cut them into words; a newline at the end is no
 * part of it.  One piece of memory: free(cb) ends it.
 */
Cmdbuf*
parsecmd(char *p, int n)
{
	Cmdbuf *cb;
	char *s;
	int words, i;

	if(n < 0 || n > MAXCMD)
		error(Etoobig);
	s = malloc(n+1);
	if(s == nil)
		error(Enomem);
	if(waserror()){
		free(s);
		nexterror();
	}
	memmove(s, p, n);		/* the user's memory may fail us, and may change later */
	if(n > 0 && s[n-1] == '\n')
		n--;
	s[n] = '\0';
	words = 1;
	for(i = 0; i < n; i++)
		if(s[i] == ' ' || s[i] == '\t' || s[i] == '\n' || s[i] == '\r')
			words++;
	cb = malloc(sizeof(Cmdbuf) + words*sizeof(char*) + n+1);
	if(cb == nil)
		error(Enomem);
	cb->f = (char**)&cb[1];
	cb->buf = (char*)&cb->f[words];
	memmove(cb->buf, s, n+1);
	poperror();
	free(s);
	cb->nf = tokenize(cb->buf, cb->f, words);
	return cb;
}

/* Raise the error: reason and, in quotes, the request. */
void
cmderror(Cmdbuf *cb, char *why)
{
	char *s, *e;
	int i;

	s = up->genbuf;
	e = s + sizeof up->genbuf - 2;
	s = seprint(s, e, "%s \"", why);
	for(i = 0; i < cb->nf; i++)
		s = seprint(s, e, i == 0? "%q": " %q", cb->f[i]);
	strcpy(s, "\"");
	error(up->genbuf);
}

/* The table's entry for the message, or an error. */
Cmdtab*
lookupcmd(Cmdbuf *cb, Cmdtab *tab, int ntab)
{
	Cmdtab *t;

	if(cb->nf == 0)
		error("empty control message");
	for(t = tab; t < tab+ntab; t++){
		if(strcmp(t->cmd, "*") != 0 && strcmp(t->cmd, cb->f[0]) != 0)
			continue;
		if(t->narg != 0 && t->narg != cb->nf)
			cmderror(cb, Ecmdargs);
		return t;
	}
	cmderror(cb, "unknown control message");
	return nil;
}
