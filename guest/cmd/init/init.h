/*
 * init: what its files share.
 */

/* ns.c */
void	newns(char *file);
