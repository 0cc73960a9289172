/*
 * ndb/csquery: asks the connection server what its arguments are, or each line of
 * its input.
 */
#include <u.h>
#include <libc.h>
#include <ndb.h>

void
main(int argc, char **argv)
{
	ARGBEGIN{
	default:
		fprint(2, "usage: ndb/csquery [/net/cs [address ...]]\n");
		exits("usage");
	}ARGEND
	if(argc == 0)
		ndbask("/net/cs", nil, 0);
	ndbask(argv[0], argv+1, argc-1);
}
