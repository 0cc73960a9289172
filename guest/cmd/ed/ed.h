/*
 * ed: the line editor.  buf.c has the lines and their marks, input.c where
 * commands come from, addr.c addresses and patterns, subst.c the s command,
 * main.c the commands and their table.
 *
 * Lines are numbered from 1; an error unwinds to the command loop by error(),
 * which prints ? and what is to be said.
 */

enum
{
	Maxline	= 8192,		/* bytes of a command line or a pattern */
};

/* buf.c */
typedef struct Line Line;
struct Line
{
	char	*s;		/* without its newline */
	uchar	mark;		/* letter of k, or 0 */
	uchar	global;		/* g has chosen it and not yet been there */
};
extern Line	**lines;	/* lines[1] to lines[dol] */
extern int	dol, dot;
extern int	changed;
void	insert(int, Line**, int);	/* takes over the lines */
void	cut(int, int);			/* and frees them */
void	move(int, int, int);
Line*	newline(char*, int);		/* copies that many bytes */
void	setline(int, char*, int);

/* input.c */
extern Biobuf	bin, bout;
extern int	peekc;
int	get(void);			/* the next character of the commands; -1 at the end */
void	unget(int);
int	skipblanks(void);		/* the first one that is not blank */
char*	textline(void);			/* a line of what a, i or c adds; nil at "." or the end */
void	pushglobal(char*);		/* commands come from this text until it ends */
void	popglobal(void);
extern int	inglobal;

/* addr.c */
int	address(int*);			/* 1: there was one */
Reprog*	pattern(int);			/* up to the delimiter; empty: the last one */
int	match(int, Resub*, int);	/* does this line match the last pattern? */
extern Reprog	*lastpat;

/* subst.c */
void	substitute(int, int);
void	undo(int);

/* main.c */
void	error(char*, ...);
void	endcommand(void);		/* wants the end of the line; notes p, l, n */
#pragma varargck argpos error 1
