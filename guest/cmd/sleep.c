/* sleep seconds: with a fraction if need be. */
#include <u.h>
#include <libc.h>

void
main(int argc, char **argv)
{
	char *p;
	long secs, ms;
	int i;

	if(argc > 1){
		secs = strtol(argv[1], &p, 10);
		ms = 0;
		if(*p == '.'){
			p++;
			for(i = 100; *p >= '0' && *p <= '9'; p++){
				ms += (*p-'0')*i;
				i /= 10;
			}
		}
		if(*p != 0 || secs < 0){
			fprint(2, "sleep: bad number of seconds %s\n", argv[1]);
			exits("usage");
		}
		for(; secs > 0; secs--)
			sleep(1000);
		if(ms > 0)
			sleep(ms);
	}
	exits(nil);
}
