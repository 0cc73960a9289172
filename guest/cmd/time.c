/* time command [arg ...]: runs it, then tells user, system and real time on the standard error. */
#include <u.h>
#include <libc.h>

static int
ignore(void*, char *note)
{
	return strcmp(note, "interrupt") == 0 || strcmp(note, "hangup") == 0;
}

static void
run(char **argv)
{
	char err[ERRMAX], *path;

	exec(argv[0], argv);
	rerrstr(err, sizeof err);
	if(argv[0][0] != '/' && strncmp(argv[0], "./", 2) != 0 && strncmp(argv[0], "../", 3) != 0){
		path = smprint("/bin/%s", argv[0]);
		exec(path, argv);
		rerrstr(err, sizeof err);
	}
	fprint(2, "time: %s: %s\n", argv[0], err);
	_exits(err);
}

void
main(int argc, char **argv)
{
	Waitmsg *w;
	int pid, i;

	argv0 = "time";
	if(argc < 2){
		fprint(2, "usage: time command [arg ...]\n");
		exits("usage");
	}
	pid = fork();
	if(pid < 0)
		sysfatal("can't fork: %r");
	if(pid == 0)
		run(argv+1);
	atnotify(ignore, 1);
	while((w = wait()) == nil || w->pid != pid)
		if(w == nil){
			char err[ERRMAX];

			rerrstr(err, sizeof err);
			if(strcmp(err, "interrupted") != 0)
				sysfatal("can't wait: %s", err);
		}
	fprint(2, "%lud.%.2ludu %lud.%.2luds %lud.%.2ludr \t",
		w->time[0]/1000, w->time[0]%1000/10, w->time[1]/1000, w->time[1]%1000/10,
		w->time[2]/1000, w->time[2]%1000/10);
	for(i = 1; i < argc; i++){
		fprint(2, " %s", argv[i]);
		if(i > 10){
			fprint(2, " ...");
			break;
		}
	}
	if(w->msg[0] != 0)
		fprint(2, " # status=%s", w->msg);
	fprint(2, "\n");
	exits(w->msg);
}
