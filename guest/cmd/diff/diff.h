/*
 * diff's parts: lines.c reads files and numbers their lines, equal lines
 * alike; compare.c marks what changed; output.c shows it; main.c has the
 * options and directories.
 */
typedef struct File File;
typedef struct Change Change;

struct File
{
	char	*name;		/* as shown */
	char	*text;
	long	len;		/* bytes */
	int	nline;
	char	**line;		/* nline+1 of them: a line ends where the next begins */
	int	*class;		/* equal for equal lines of both files */
	char	*changed;	/* by line; one more than lines, always 0 */
	int	binary;
};

/* lines a0 up to a1 of the first file became b0 up to b1 of the second */
struct Change
{
	int	a0, a1;
	int	b0, b1;
};

extern int bflag, wflag, mode;		/* mode: e f n c a, or 0 for the usual form */
extern Biobuf out;

/* lines.c */
int	readfile(File*, int, char*);
void	classify(File*, File*);
void	freefile(File*);

/* compare.c */
void	compare(File*, File*);

/* output.c */
void	output(File*, File*);
