/*
 * ndb/dnsquery: asks the name server for its arguments, name and type, or for each
 * line of its input.
 */
#include <u.h>
#include <libc.h>
#include <ndb.h>

void
main(int argc, char **argv)
{
	char *question;

	ARGBEGIN{
	default:
	Usage:
		fprint(2, "usage: ndb/dnsquery [name [type]]\n");
		exits("usage");
	}ARGEND
	if(argc > 2)
		goto Usage;
	question = argc == 2 ? smprint("%s %s", argv[0], argv[1]) : argv[0];
	ndbask("/net/dns", &question, argc > 0);
}
