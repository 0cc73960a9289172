/*
 * For servers of calls, such as aux/listen and aux/listen1; in libip.  A process
 * serves each call, which is its standard input, output and error.
 */

/* takes the least privileged user's name: who serves strangers should not be anybody; -1 and the error string */
int	becomenone(void);
/*
 * Has each call served that comes to what was announced at dir with the descriptor
 * actl: in a process of its own serve accepts it, or not; it must not return.
 * Returns, with the error string, when no more calls can come.
 */
void	servecalls(int actl, char *dir, void (*serve)(int ctl, char *dir, void *aux), void *aux);
/* descriptors 0, 1 and 2 become the call fd, which is closed */
void	standardio(int fd);
