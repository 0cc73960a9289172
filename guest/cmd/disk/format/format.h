/*
 * What the files of format share: the shape of the FAT file system that is
 * being made.
 */
typedef struct Fat Fat;

struct Fat
{
	Disk	*disk;
	int	bits;			/* 12, 16 or 32; 0: chosen by size */
	int	csecs;			/* sectors in a cluster; 0: chosen by size */
	int	nresrv;			/* sectors before the first FAT */
	int	keep;			/* of them, those that -r keeps for others */
	int	rootents;
	int	rootsecs;
	int	media;
	vlong	fatsecs;
	vlong	nclust;
	vlong	data;			/* sector of cluster 2 */
	ulong	serial;
	char	label[12];
	uchar	*table;			/* the FAT */
	uchar	*root;			/* of root: the fixed one, or cluster 2 of FAT32 */
	long	rootbytes;
	int	nroot;			/* entries in use */
	ulong	next;			/* free cluster; all are behind it */
};

/* fat.c */
char*	shape(Fat*);
char*	makefat(Fat*, uchar*, long);

/* file.c */
char*	addfile(Fat*, char*);
void	setlabel(Fat*);
void	setentry(Fat*, ulong, ulong);
