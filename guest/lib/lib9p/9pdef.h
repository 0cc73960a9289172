/* What the files of lib9p share. */

/* pool.c */
Fid*	_newfid(Srv*, ulong);
Fid*	_allocfid(Srv*, ulong);
Fid*	_lookupfid(Srv*, ulong);
void	_forgetfid(Srv*, Fid*);
void	_releasefid(Fid*);
void	_dropfids(Srv*);
Req*	_allocreq(Srv*, ulong);
Req*	_lookupreq(Srv*, ulong);
void	_forgetreq(Srv*, Req*);
void	_freereq(Req*);

/* walk.c */
void	_walk(Req*);

extern char	_ebadfid[], _eperm[], _ebotch[];
