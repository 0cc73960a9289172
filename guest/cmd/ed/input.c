/* Where ed's commands come from: the standard input, or the list of a g command. */
#include <u.h>
#include <libc.h>
#include <bio.h>
#include <regexp.h>
#include "ed.h"

Biobuf	bin, bout;
int	inglobal;

static char	*global;	/* what is left of the list */
static int	back = -2;

void
pushglobal(char *s)
{
	global = s;
	inglobal = 1;
	back = -2;
}

void
popglobal(void)
{
	global = nil;
	inglobal = 0;
	back = -2;
}

int
get(void)
{
	int c;

	if(back != -2){
		c = back;
		back = -2;
		return c;
	}
	if(inglobal)
		return *global != 0 ? *global++ & 0xFF : -1;
	return Bgetc(&bin);
}

void
unget(int c)
{
	back = c;
}

int
skipblanks(void)
{
	int c;

	while((c = get()) == ' ' || c == '\t')
		;
	return c;
}

char*
textline(void)
{
	static char *buf;
	static int size;
	int c, n;

	for(n = 0; (c = get()) != '\n' && c != -1; n++){
		if(n+1 >= size){
			size = size*2 + 256;
			buf = realloc(buf, size);
			if(buf == nil)
				sysfatal("out of memory: %r");
		}
		buf[n] = c;
	}
	if(n == 0)
		return c == -1 ? nil : "";
	buf[n] = 0;
	return n == 1 && buf[0] == '.' ? nil : buf;
}
