/* What a NO means that a worker hears below its own directory (daemon/durable/ask.c): is the file gone, or is the directory
 * another's, or is the server behind? Others rename the directory away at any time; a failover may give it back.
 *
 * Guarded: the path is touched; not there: its folder is listed, which nobody can have but the owner. No folder: the directory
 * is touched, and gone means fenced.
 *   -DONE_LOOK   the NO is believed
 *   -DTWO_LOOKS  path and directory are touched one after the other: a directory that comes back between the two has no files
 *   -DNO_TOUCH   the path is not touched: what we put there ourselves, a server that is behind does not show
 * With a rival, a failover and a server that is behind, all at once, the last one may still deny what we put there: a snapshot that
 * is read back counts as damaged then, and the job goes on from the one before. So the two do not meet here. */
#ifndef FAILOVERS
#define FAILOVERS 2
#endif
#define MINE 1
byte cur = MINE, dur = MINE;    /* whose the directory is; as a failover leaves it */
bool lost;                      /* the file is gone for good: damage, which must be told */
bool own;                       /* we have put it there ourselves: a server may know the directory and not yet the file */
byte failovers;

#define HERE (cur == MINE)
#define THERE (HERE && !lost)

proctype Rival()
{
    do
    :: atomic { cur = 2; if :: dur = cur :: skip fi }           /* answered, or not yet in the edit log */
    :: atomic { dur = cur }                                     /* something else was answered */
    :: break
    od
}
proctype Failover()
{
    do :: atomic { failovers < FAILOVERS -> failovers++; cur = dur } :: break od
}
proctype Worker()
{
    bool there, listed, behind;
again:
    atomic { there = THERE; if :: there = false :: skip fi };   /* a read, perhaps of a server that is behind */
    if :: there -> goto end :: else -> skip fi;
#ifdef ONE_LOOK
    goto no;
#endif
#ifndef NO_TOUCH
    atomic { there = THERE; if :: there -> dur = cur :: else -> skip fi };
    if :: there -> goto again :: else -> skip fi;
#endif
#ifdef TWO_LOOKS
    atomic { there = HERE; if :: there -> dur = cur :: else -> skip fi };
    if :: there -> goto no :: else -> goto end fi;
#endif
    atomic { there = HERE; listed = THERE;
             if
             :: there = false                                   /* a server that does not know our directory */
             :: own && there -> listed = false                  /* … that knows it, and not what we did in it since */
             :: skip
             fi };
    if
    :: there && listed -> goto again
    :: there && !listed -> goto no
    :: else -> skip
    fi;
    atomic { there = HERE; if :: there -> dur = cur :: else -> skip fi };
    if :: there -> goto again :: else -> goto end fi;           /* fenced */
no:
    assert(lost);
end:
    skip
}
init
{
    if :: lost = true :: skip fi;
    if :: own = true :: skip fi;
    atomic { if :: own -> skip :: else -> run Rival(); run Failover() fi; run Worker() }
}
