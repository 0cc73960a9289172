/* chmod mode file ...: mode is octal, or [ugoa]{+-=}[rwxalt]. */
#include <u.h>
#include <libc.h>

enum
{
	Settable	= 0777|DMAPPEND|DMEXCL|DMTMP,
};

/* parses a mode; bits to keep go in *mask, bits to set in *mode */
static int
parse(char *s, ulong *mode, ulong *mask)
{
	ulong who, what, special;
	char *end;
	int op;

	*mode = strtoul(s, &end, 8);
	*mask = 0777;
	if(*end == 0 && end != s)
		return *mode <= 0777;
	who = 0;
	for(;; s++){
		if(*s == 'u')
			who |= 0700;
		else if(*s == 'g')
			who |= 0070;
		else if(*s == 'o')
			who |= 0007;
		else if(*s == 'a')
			who |= 0777;
		else
			break;
	}
	if(who == 0)
		who = 0777;
	op = *s++;
	if(op != '+' && op != '-' && op != '=')
		return 0;
	what = special = 0;
	for(; *s; s++)
		switch(*s){
		case 'r':	what |= 0444; break;
		case 'w':	what |= 0222; break;
		case 'x':	what |= 0111; break;
		case 'a':	special |= DMAPPEND; break;
		case 'l':	special |= DMEXCL; break;
		case 't':	special |= DMTMP; break;
		default:	return 0;
		}
	what &= who;
	*mode = op == '-' ? 0 : what|special;
	*mask = op == '=' ? who|(DMAPPEND|DMEXCL|DMTMP) : what|special;
	return 1;
}

void
main(int argc, char **argv)
{
	Dir *d, nd;
	ulong mode, mask;
	char *status;
	int i;

	if(argc < 3){
		fprint(2, "usage: chmod 0777 file ... or chmod [who]op[rwxalt] file ...\n");
		exits("usage");
	}
	if(!parse(argv[1], &mode, &mask)){
		fprint(2, "chmod: bad mode: %s\n", argv[1]);
		exits("bad mode");
	}
	status = nil;
	for(i = 2; i < argc; i++){
		d = dirstat(argv[i]);
		if(d == nil){
			fprint(2, "chmod: can't stat %s: %r\n", argv[i]);
			status = "can't stat";
			continue;
		}
		nulldir(&nd);
		nd.mode = (d->mode & ~mask) | (mode & mask & Settable);
		if(dirwstat(argv[i], &nd) < 0){
			fprint(2, "chmod: can't wstat %s: %r\n", argv[i]);
			status = "can't wstat";
		}
		free(d);
	}
	exits(status);
}
