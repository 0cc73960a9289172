/* tee [-ai] file ...: copies its input to its output and to files; -a appends, -i ignores interrupts. */
#include <u.h>
#include <libc.h>

static char buf[64*1024];

static int
ignore(void*, char *note)
{
	return strcmp(note, "interrupt") == 0;
}

void
main(int argc, char **argv)
{
	int *fd, i, n, aflag;
	long m;
	char *status;

	aflag = 0;
	ARGBEGIN{
	case 'a':
		aflag = 1;
		break;
	case 'i':
		atnotify(ignore, 1);
		break;
	default:
		fprint(2, "usage: tee [-ai] [file ...]\n");
		exits("usage");
	}ARGEND
	status = nil;
	fd = malloc((argc+1)*sizeof fd[0]);
	if(fd == nil)
		sysfatal("out of memory");
	n = 0;
	for(i = 0; i < argc; i++){
		fd[n] = -1;
		if(aflag){
			fd[n] = open(argv[i], OWRITE);
			if(fd[n] >= 0)
				seek(fd[n], 0, 2);
		}
		if(fd[n] < 0)
			fd[n] = create(argv[i], OWRITE, 0666);
		if(fd[n] < 0){
			fprint(2, "tee: can't create %s: %r\n", argv[i]);
			status = "create";
		}else
			n++;
	}
	fd[n++] = 1;
	while((m = read(0, buf, sizeof buf)) > 0)
		for(i = 0; i < n; i++)
			if(write(fd[i], buf, m) != m){
				fprint(2, "tee: write error: %r\n");
				status = "write error";
			}
	if(m < 0)
		sysfatal("read error: %r");
	exits(status);
}
