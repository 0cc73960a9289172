/*
 * The kernel's error strings, one variable for each sentence so that code can
 * compare addresses and a misspelling does not compile.  error.c holds the
 * texts: programs compare them, letter for letter, so none may change.
 * up->errstr receives one of them by error().
 */

extern char	Enoerror[];
extern char	Emount[];
extern char	Eunmount[];
extern char	Eunion[];
extern char	Eismtpt[];
extern char	Emountrpc[];
extern char	Eshutdown[];
extern char	Enocreate[];
extern char	Enonexist[];
extern char	Eexist[];
extern char	Ebadsharp[];
extern char	Enotdir[];
extern char	Eisdir[];
extern char	Ebadchar[];
extern char	Efilename[];
extern char	Eperm[];
extern char	Ebadusefd[];
extern char	Ebadarg[];
extern char	Einuse[];
extern char	Eio[];
extern char	Etoobig[];
extern char	Etoosmall[];
extern char	Eshort[];
extern char	Enoport[];
extern char	Ehungup[];
extern char	Ebadctl[];
extern char	Enodev[];
extern char	Eprocdied[];
extern char	Enochild[];
extern char	Eioload[];
extern char	Enovmem[];
extern char	Ebadfd[];
extern char	Enofd[];
extern char	Enoproc[];
extern char	Eisstream[];
extern char	Edirseek[];
extern char	Enegoff[];
extern char	Ebadexec[];
extern char	Etimedout[];
extern char	Econrefused[];
extern char	Econinuse[];
extern char	Eintr[];
extern char	Enomem[];
extern char	Enoswap[];
extern char	Esoverlap[];
extern char	Emouseset[];
extern char	Egreg[];
extern char	Ebadspec[];
extern char	Enoreg[];
extern char	Enoattach[];
extern char	Eshortstat[];
extern char	Ebadstat[];
extern char	Ecmdargs[];
extern char	Ebadip[];
extern char	Emediachange[];
extern char	Etoolong[];
extern char	Eemptyname[];
extern char	Enomount[];
extern char	Enotexist[];
extern char	Ecreatedir[];
extern char	Eexecdir[];
extern char	Esrvexist[];
extern char	Eceflag[];
