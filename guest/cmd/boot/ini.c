/*
 * plan9.ini: what a distribution that was installed on a disk is told at boot, in its partition 9fat.  Its
 * variables become ours, but for those about the hardware there, and those that the host has said.
 */
#include <u.h>
#include <libc.h>
#include "boot.h"

enum
{
	Maxini	= 16*1024,
};

/* What is on a screen, who boots from where: not here. */
static char *others[] = {
	"bootargs", "bootfile", "console", "cputype", "monitor", "mouseport", "nobootprompt", "terminal", "tiltscreen", "vgasize",
};

static int
wanted(char *line)
{
	int i, n;

	for(i = 0; i < nelem(others); i++){
		n = strlen(others[i]);
		if(strncmp(line, others[i], n) == 0 && line[n] == '=')
			return 0;
	}
	return strchr(line, '=') != nil;
}

/* Its lines, as config takes them; of a menu's sections only the one that all choices share. */
static char*
lines(char *ini)
{
	char *text, *p, *l, *e;
	int in;

	text = malloc(strlen(ini)+2);
	if(text == nil)
		fail("boot: no memory for plan9.ini");
	p = text;
	in = 1;
	for(l = ini; *l != 0; l = e){
		e = l+strcspn(l, "\r\n");
		if(*e != 0)
			*e++ = 0;
		if(*l == '[')
			in = strcmp(l, "[common]") == 0;
		else if(in && wanted(l)){
			p += strlen(strcpy(p, l));
			*p++ = '\n';
		}
	}
	*p = 0;
	return text;
}

static int
mountfat(char *fat, char *old)
{
	Server *s;
	int fd;

	s = findserver(fat);
	fd = s != nil && isours(s) ? serve(fat, s) : -1;
	if(fd < 0 || mount(fd, -1, old, MREPL, "") >= 0)
		return fd >= 0;
	close(fd);
	return 0;
}

/* Mount the FAT from which the system on the disk of part is booted elsewhere: 9fat, or what UEFI has. */
int
mount9fat(char *part, char *old)
{
	static char *names[] = {"9fat", "esp", "dos"};
	char *fat;
	int i, found;

	found = 0;
	for(i = 0; i < nelem(names) && !found; i++){
		fat = smprint("%.*s/%s", (int)(strrchr(part, '/')-part), part, names[i]);
		found = mountfat(fat, old);
		free(fat);
	}
	return found;
}

/* The file is on the disk of that partition: does it say who the user is? */
int
readini(char *part)
{
	static char ini[Maxini+1];
	char *text;
	int user;

	if(!mount9fat(part, "/mnt"))
		return 0;
	user = 0;
	if(readtext("/mnt/plan9.ini", ini, Maxini) != nil){
		text = lines(ini);
		user = strncmp(text, "user=", 5) == 0 || strstr(text, "\nuser=") != nil;
		config(text);
		free(text);
	}
	unmount(nil, "/mnt");
	return user;
}
