/* What man's two files share: format.c sets a page, main.c finds it. */

extern char	*root;			/* where the sections are */
extern Biobuf	*out;

int	page(char *sec, char *name);	/* print it; 0: there is none */
char*	plain(char *s);			/* a line without its font changes; the caller frees it */
