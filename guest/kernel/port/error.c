/*
 * The texts behind error.h.  Everything that fails in the kernel fails with
 * one of these or with a text made where it failed.  Before changing a letter:
 * rc, Go's syscall package and many scripts compare some of them as a whole
 * and look for parts of others (`exist', `hungup', ` full', `allocat').
 */
#include "u.h"
#include "error.h"

/* names and name spaces */
char	Enonexist[] = "file does not exist";
char	Enotexist[] = "does not exist";
char	Eexist[] = "file already exists";
char	Enotdir[] = "not a directory";
char	Eisdir[] = "file is a directory";
char	Eexecdir[] = "cannot exec directory";
char	Ebadchar[] = "bad character in file name";
char	Efilename[] = "file name syntax";
char	Eemptyname[] = "empty file name";
char	Etoolong[] = "name too long";
char	Ebadsharp[] = "unknown device in # filename";
char	Ebadspec[] = "bad attach specifier";
char	Enoattach[] = "mount/attach disallowed";
char	Emount[] = "inconsistent mount";
char	Eunmount[] = "not mounted";
char	Eunion[] = "not in union";
char	Eismtpt[] = "is a mount point";
char	Enomount[] = "too many mounts in name space";
char	Enocreate[] = "mounted directory forbids creation";
char	Ecreatedir[] = "create without DMDIR";

/* access and descriptors */
char	Eperm[] = "permission denied";
char	Ebadusefd[] = "inappropriate use of fd";
char	Ebadfd[] = "fd out of range or not open";
char	Enofd[] = "no free file descriptors";
char	Enoproc[] = "no free processes";
char	Einuse[] = "device or object already in use";
char	Ebadarg[] = "bad arg in system call";
char	Ebadctl[] = "bad process or channel control request";
char	Ecmdargs[] = "wrong #args in control message";
char	Esrvexist[] = "srv file already exists";
char	Eceflag[] = "posted fd has remove-on-close or close-on-exec";

/* input and output */
char	Eio[] = "i/o error";
char	Etoobig[] = "read or write too large";
char	Etoosmall[] = "read or write too small";
char	Eshort[] = "i/o count too small";
char	Eisstream[] = "seek on a stream";
char	Edirseek[] = "seek in directory";
char	Enegoff[] = "negative i/o offset";
char	Eshortstat[] = "stat buffer too small";
char	Ebadstat[] = "malformed stat buffer";
char	Emediachange[] = "media or partition has changed";
char	Eintr[] = "interrupted";

/* connections */
char	Ehungup[] = "i/o on hungup channel";
char	Emountrpc[] = "mount rpc error";
char	Eshutdown[] = "device shut down";
char	Enodev[] = "no free devices";
char	Enoport[] = "network port not available";
char	Etimedout[] = "connection timed out";
char	Econrefused[] = "connection refused";
char	Econinuse[] = "connection in use";
char	Ebadip[] = "bad ip address syntax";

/* processes and memory */
char	Eprocdied[] = "process exited";
char	Enochild[] = "no living children";
char	Enoreg[] = "process has no saved registers";
char	Ebadexec[] = "exec header invalid";
char	Eioload[] = "i/o error in demand load";
char	Enovmem[] = "virtual memory allocation failed";
char	Enomem[] = "kernel allocate failed";
char	Enoswap[] = "swap space full";
char	Esoverlap[] = "segments overlap";

char	Enoerror[] = "no error";
char	Emouseset[] = "mouse type already set";
char	Egreg[] = "jmk added reentrancy for threads";
