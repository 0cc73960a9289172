/*
 * What the files of fdisk share.  The table on the disk is an MBR: sector 0, and
 * a chain of tables in the extended partition.  Another kind, GPT, is read.
 */
typedef struct Type Type;

struct Type
{
	int	code;
	char	*desc;			/* what people call it */
	char	*name;			/* of the partition in #S; nil: p1, s1 ... */
};

enum
{
	Tempty	= 0x00,
	Text	= 0x05,
	Textlba	= 0x0F,
	Textlx	= 0x85,
	Tplan9	= 0x39,
	Tgpt	= 0xEE,

	Tabfirst	= 446,		/* offset in a table's sector */
	Tabentry	= 16,
	Nprimary	= 4,
	Maxlogical	= 128,		/* a chain that is longer is a loop, or might as well be */

	Align	= 2048,			/* sectors of 512 bytes: a MiB */
};

/* mbr.c */
int	readtable(Edit*);
char*	writetable(Edit*);
int	isextended(int);
Part*	extended(Edit*);
char*	placetable(Edit*, Part*);

/* gpt.c */
void	readgpt(Edit*);
void	describegpt(Part*, char*, int);
char*	refusegpt(Edit*, Part*);
char*	keepgpt(Edit*);

/* types.c */
Type*	findtype(int);
int	typecode(char*);
void	printtypes(void);
