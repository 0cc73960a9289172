/*
 * snoopy: what its files share.
 */
char*	etherline(char *p, char *e, uchar *frame, int n);	/* a frame in words */
