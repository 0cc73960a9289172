/*
 * cleanname(2): the shortest name that means the same by the letters alone.
 * Works in place; the result is never longer, but for "" which becomes ".".
 */
#include <u.h>
#include <libc.h>

char*
cleanname(char *name)
{
	char *from, *to, *floor;
	int rooted, len;

	rooted = name[0] == '/';
	from = to = floor = name + rooted;
	if(name[0] == '#'){	/* a device and its spec are one element that .. leaves alone */
		while(*from && *from != '/')
			from++;
		to = floor = from;
		if(*from == '/')
			to = floor = ++from;
	}
	for(;;){
		while(*from == '/')
			from++;
		if(*from == 0)
			break;
		for(len = 0; from[len] && from[len] != '/'; len++)
			;
		if(len == 1 && from[0] == '.'){
			from += len;
			continue;
		}
		if(len == 2 && from[0] == '.' && from[1] == '.'){
			from += len;
			if(to > floor){
				while(--to > floor && to[-1] != '/')
					;
				continue;
			}
			if(rooted || name[0] == '#')
				continue;
			to[0] = '.';	/* climbs: no later .. can take it back */
			to[1] = '.';
			to += 2;
			floor = to+1;
		}else{
			memmove(to, from, len);
			from += len;
			to += len;
		}
		if(*from == 0)
			break;
		*to++ = '/';
		from++;
		if(floor > to)
			floor = to;
	}
	while(to > name+1 && to[-1] == '/')
		to--;
	if(to == name)
		*to++ = '.';
	*to = 0;
	return name;
}
