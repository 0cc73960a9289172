/* For guest tests that look at directories.  After tap.h. */

/* how often a name stands in a directory */
helper int
listed(char *dir, char *name)
{
	Dir *d;
	int fd, i, n, found;

	found = 0;
	fd = open(dir, OREAD);
	while((n = dirread(fd, &d)) > 0){
		for(i = 0; i < n; i++)
			if(strcmp(d[i].name, name) == 0)
				found++;
		free(d);
	}
	close(fd);
	return found;
}
