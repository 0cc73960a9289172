#include <u.h>
#include <libc.h>
void
main(int argc, char **argv)
{
	vlong t; int i, n, p[2], q[2]; char b[1]; static char big[65536];
	switch(argv[1][0]){
	case 's': n = 1000000; t = nsec(); for(i = 0; i < n; i++) seek(0, 0, 0); print("seek %lld ns\n", (nsec()-t)/n); break;
	case 'p': pipe(p); n=200000;
	t = nsec(); for(i = 0; i < n; i++){ write(p[0], b, 1); read(p[1], b, 1); } print("pipe write+read same proc %lld ns\n", (nsec()-t)/n); break;
	case 'r': pipe(p); pipe(q); n = 100000;
	if(fork() == 0){ close(p[0]); while(read(p[1], b, 1) == 1) write(q[1], b, 1); _exits(0); }
	t = nsec(); for(i = 0; i < n; i++){ write(p[0], b, 1); read(q[0], b, 1); } print("pipe round trip %lld ns\n", (nsec()-t)/n); break;
	case 'f': n = 1000;
	t = nsec(); for(i = 0; i < n; i++){ if(fork() == 0) _exits(0); waitpid(); } print("fork+wait %lld us\n", (nsec()-t)/1000/n); break;
	case 'n': n = open("#c/random", OREAD); t = nsec(); for(i = 0; i < 5000; i++) read(n, big, sizeof big); t = nsec()-t; print("random %lld MB/s\n", 5000LL*65536*1000/t); break;
	}
	exits(nil);
}
