/*
 * What the numbers in a partition table mean.
 */
#include <u.h>
#include <libc.h>
#include <disk.h>
#include "fdisk.h"

static Type types[] = {
	{Tempty,	"EMPTY"},
	{0x01,	"FAT12",	"dos"},
	{0x04,	"FAT16",	"dos"},
	{Text,	"EXTENDED"},
	{0x06,	"FATHUGE",	"dos"},
	{0x07,	"NTFS",		"ntfs"},
	{0x0B,	"FAT32",	"dos"},
	{0x0C,	"FAT32LBA",	"dos"},
	{0x0E,	"FAT16LBA",	"dos"},
	{Textlba,	"EXTLBA"},
	{0x11,	"HIDDENFAT12"},
	{0x12,	"DIAGNOSTIC"},
	{0x14,	"HIDDENFAT16"},
	{0x1B,	"HIDDENFAT32"},
	{Tplan9,	"PLAN9",	"plan9"},
	{0x54,	"DISKMANAGER"},
	{0x63,	"UNIX"},
	{0x80,	"MINIX"},
	{0x82,	"LINUXSWAP",	"linuxswap"},
	{0x83,	"LINUX",	"linux"},
	{Textlx,	"LINUXEXT"},
	{0x8E,	"LINUXLVM"},
	{0xA5,	"FREEBSD",	"freebsd"},
	{0xA6,	"OPENBSD",	"openbsd"},
	{0xA8,	"DARWIN"},
	{0xA9,	"NETBSD",	"netbsd"},
	{0xBE,	"SOLARISBOOT"},
	{0xBF,	"SOLARIS"},
	{Tgpt,	"GPT"},
	{0xEF,	"EFI",		"esp"},
	{0xFD,	"LINUXRAID"},
};

/* nil if the number has no name here */
Type*
findtype(int code)
{
	int i;

	for(i = 0; i < nelem(types); i++)
		if(types[i].code == code)
			return &types[i];
	return nil;
}

/* by name or number, 0x39 or 57; -1 if it is neither */
int
typecode(char *s)
{
	char *e;
	long n;
	int i;

	for(i = 0; i < nelem(types); i++)
		if(cistrcmp(types[i].desc, s) == 0)
			return types[i].code;
	n = strtol(s, &e, 0);
	if(*s == 0 || *e != 0 || n < 0 || n > 255)
		return -1;
	return n;
}

void
printtypes(void)
{
	int i;

	for(i = 0; i < nelem(types); i++)
		print("0x%2.2x %-12s%s", types[i].code, types[i].desc, i%4 == 3 ? "\n" : " ");
	print("\n");
}
