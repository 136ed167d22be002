/* An owner and a spare (daemon/durable/claim_watch.c and claim_keep.c): patience. That a take-over harms no data whenever it comes is
 * protocol.pml's matter; here it is that nobody takes a job from an owner who is well, that two who live do not take it from each
 * other for ever, and that a job whose owner is dead or stopped has a new one in time. A tick is three seconds.
 *
 * Guarded: the spare counts the silence of the owner between two looks, no more than two looks' worth of it, and begins anew when
 * the store was away; who lost the job is a spare. Not here: a store that goes away while a process is stopped. Of two faults at
 * once the second may cost a restart.
 *   -DNO_PATIENCE  who starts, or starts again, takes the job at once
 *   -DALL_TIME     the time in which the store was away counts as the owner's silence
 *   -DSOME_TIME    … two looks' worth of it
 *   -DNEVER_FENCED an owner who was only stopped goes on
 *   -DNO_TOUCH     an owner without batches does not touch his owner file */
#define TOUCH 3         /* ticks between two signs of the owner's */
#define PATIENCE 10
#define BACKOFF 5       /* longest wait for a store that is away */
#ifndef PAUSES
#define PAUSES 2        /* stops, and deaths */
#endif
#ifndef OUTAGES
#define OUTAGES 2
#endif
#define NOBODY 2
#define WAITED 30       /* ticks in which a job without an owner must have one again: twice the patience and more */

typedef Process {
    bool owns, stopped;
    byte wait;                  /* ticks until it does something */
    byte silent, since;         /* of the owner; ticks since the last look */
    bool news;                  /* there is a sign of the owner that it has not seen */
    bool excuse;                /* it was stopped since its last touch: who takes the job from it is right */
};
Process p[2];
byte name;                      /* whose the directory is */
bool up = true;
byte pauses, outages, orphan;

inline away(w)
{
    if :: p[w].wait = 1 :: p[w].wait = BACKOFF fi;              /* what lies between the two is tried as well in less time */
#if !defined(ALL_TIME) && !defined(SOME_TIME)
    p[w].silent = 0
#endif
}
inline own(w)
{
    assert(name == NOBODY || p[name].excuse);                   /* an owner who is well keeps the job */
    name = w; p[1 - w].news = true; p[w].owns = true; p[w].wait = TOUCH; p[w].silent = 0; p[w].since = 0; p[w].news = true; p[w].excuse = false
}
inline lose(w)                  /* fenced: 75, and started again as a spare */
{
    p[w].owns = false; p[w].wait = 1; p[w].silent = 0; p[w].since = 0; p[w].news = true; p[w].excuse = false
}
inline keep(w)
{
    if
    :: name == w -> p[w].wait = TOUCH; p[w].excuse = false;
#ifndef NO_TOUCH
        p[1 - w].news = true
#endif
#ifdef NEVER_FENCED
    :: else -> assert(false)                                    /* two who own the job */
#else
    :: else -> lose(w)
#endif
    fi
}
inline watch(w)
{
    p[w].wait = 1;
    if
    :: p[w].news -> p[w].silent = 0; p[w].news = false
    :: else ->
        if
        :: p[w].since <= 2 -> p[w].silent = p[w].silent + p[w].since
#ifdef ALL_TIME
        :: else -> p[w].silent = p[w].silent + p[w].since
#else
        :: else -> p[w].silent = p[w].silent + 2                /* it was stopped itself, or the store is slow */
#endif
        fi
    fi;
    p[w].since = 0;
#ifdef NO_PATIENCE
    own(w)
#else
    if :: name == NOBODY || p[w].silent >= PATIENCE -> own(w) :: else -> skip fi
#endif
}
inline live(w)                  /* one tick of a process */
{
    if :: p[w].since < PATIENCE -> p[w].since++ :: else -> skip fi;
    if
    :: p[w].stopped -> skip
    :: else ->
        if :: p[w].wait > 0 -> p[w].wait-- :: else -> skip fi;
        if
        :: p[w].wait > 0 -> skip
        :: else ->
            if :: !up -> away(w) :: up && p[w].owns -> keep(w) :: up && !p[w].owns -> watch(w) fi
        fi
    fi
}
inline look()                   /* how long has there been no owner, though there could be one? */
{
    if
    :: name != NOBODY && p[name].owns && !p[name].stopped -> orphan = 0
    :: !up || (p[0].stopped && p[1].stopped) -> orphan = 0
    :: else -> orphan++; assert(orphan < WAITED)
    fi
}
#define PICK(w) w = 0 :: w = 1

init
{
    byte w;
    name = NOBODY; p[0].news = true; p[1].news = true;
    do
    :: atomic { if :: skip; live(0); live(1) :: skip; live(1); live(0) fi; look() }
    :: atomic { up && pauses < PAUSES -> if :: PICK(w) fi; if :: !p[w].stopped -> pauses++; p[w].stopped = true; p[w].excuse = true :: else -> skip fi; w = 0 }   /* SIGSTOP */
    :: atomic { up && pauses < PAUSES -> if :: PICK(w) fi; if :: !p[w].stopped -> pauses++; if :: name == w -> p[w].excuse = true; :: else -> skip fi;
                p[w].owns = false; p[w].wait = 1; p[w].silent = 0; p[w].since = 0; p[w].news = true :: else -> skip fi; w = 0 } /* kill -9, started again */
    :: atomic { if :: PICK(w) fi; if :: p[w].stopped -> p[w].stopped = false :: else -> skip fi; w = 0 }
    :: atomic { up && !p[0].stopped && !p[1].stopped && outages < OUTAGES -> outages++; up = false }
    :: atomic { !up -> up = true }
    od
}
