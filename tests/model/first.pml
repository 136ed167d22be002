/* A first start on an empty store by several workers at once (daemon/durable/claim_first.c and claim.c), with requests that go
 * unanswered, wander and come twice, and with a failover, which knows only what an answered change has synced.
 *
 * Guarded: the folders are made below tmp/ of their maker, renamed to init.<lineage>, where they are called `new`, and the file
 * `job` is put in place by a rename that replaces nothing: whose comes first wins, and names his lineage. `job` is touched before
 * it is read, so that what it says stays. Take-overs begin from init.<the lineage in job>/new, which is taken once: the second
 * time it would be an empty directory beside the one that holds the job.
 *   -DNO_MARKER     there is no file `job`: who sees an empty store takes what he has made himself
 *   -DFIXED_NAME    there is no file `job`: all make init.0
 *   -DIN_PLACE      the folders are made where they stay, not below tmp/
 *   -DJOB_UNTOUCHED `job` is read without being touched: a failover makes it another's */
#ifndef NW
#define NW 2            /* workers at once; one more behind them, alone and without faults */
#endif
#ifndef F
#define F 1             /* requests that go wrong */
#endif
#ifndef FAILOVERS
#define FAILOVERS 1
#endif
#ifndef TRIES
#define TRIES 1         /* lineages of one worker: after the last one he gives up */
#endif
#define LAST (NW + 1)
#define LINEAGES (LAST * TRIES + 1)

#define NONE 0
#define FULL 1          /* init.<lineage> holds `new` */
#define EMPTY 2         /* it was taken out, or something else lies there */

#define MAKE 1          /* MKDIRS of the folders */
#define PUT 2           /* RENAME tmp/…/init → init.<lineage>; into it, when it is there */
#define NAME 3          /* RENAME tmp/…/job → job */
#define TAKE 4          /* RENAME init.<lineage>/new, or e<n>.<x>, → e<n+1>.<own> */
#define SIGN 5          /* RENAME tmp/…/owner → e<n>.<own>/owner */
#define TOUCH 6         /* SETTIMES of `job` */

#define NO 0
#define YES 1
#define UNKNOWN 2

typedef Store {
    byte job;                   /* whose lineage the file names; 0 = there is none */
    bool made[LINEAGES];        /* what lies below tmp/ */
    byte place[LINEAGES];       /* init.<lineage> */
    byte dir[LINEAGES];         /* the directory that was made of this lineage is called: e<n>.<worker> as 8 n + worker; 0 = none */
};
Store vis, dur;                 /* what a reader sees; what a failover leaves */

byte g_kind, g_lineage, g_from, g_to;   /* a request that wanders */
byte wrong, failovers, ended;
byte owned;                     /* the lineage that somebody has owned; 0 = nobody yet */
bool quiet;

inline copy(ca, cb)
{
    ca.job = cb.job; i = 0;
    do :: i < LINEAGES -> ca.made[i] = cb.made[i]; ca.place[i] = cb.place[i]; ca.dir[i] = cb.dir[i]; i++ :: else -> break od;
    i = 0
}

/* One change, in one step; res is what the NameNode answers. */
inline act(kd, li, fr, to)
{
    res = NO;
    if
#if defined(IN_PLACE) || defined(FIXED_NAME) || defined(NO_MARKER)
    :: kd == MAKE -> res = YES; if :: vis.place[li] == NONE || vis.place[li] == EMPTY -> vis.place[li] = FULL :: else -> skip fi
#else
    :: kd == MAKE -> res = YES; vis.made[li] = true
#endif
    :: kd == PUT && vis.made[li] -> res = YES; vis.made[li] = false; if :: vis.place[li] == NONE -> vis.place[li] = FULL :: else -> skip fi
    :: kd == NAME && vis.job == 0 -> res = YES; vis.job = li
    :: kd == TAKE && fr == 0 && vis.place[li] == FULL -> assert(vis.dir[li] == 0); res = YES; vis.place[li] = EMPTY; vis.dir[li] = to
    :: kd == TAKE && fr != 0 && vis.dir[li] == fr -> res = YES; vis.dir[li] = to
    :: kd == SIGN && vis.dir[li] == to -> res = YES
    :: kd == TOUCH && vis.job != 0 -> res = YES
    :: else -> skip
    fi
}

inline wander(kd, li, fr, to)
{
    if :: g_kind == 0 -> g_kind = kd; g_lineage = li; g_from = fr; g_to = to :: else -> skip fi     /* or it is lost */
}
inline request(kd, li, fr, to)
{
    if
    :: atomic { act(kd, li, fr, to); if :: res == YES -> copy(dur, vis) :: else -> skip fi; rep = res; res = 0;
                printf("W%d op %d lineage %d: answered %d\n", me, kd, li, rep) }
    :: atomic { !quiet && wrong < F -> wrong++; act(kd, li, fr, to); rep = UNKNOWN;
                printf("W%d op %d lineage %d: result %d, not synced, answer lost\n", me, kd, li, res); res = 0 }
    :: atomic { !quiet && wrong < F -> wrong++; wander(kd, li, fr, to); rep = UNKNOWN; printf("W%d op %d lineage %d: wanders\n", me, kd, li) }
    :: atomic { !quiet && wrong < F -> wrong++; act(kd, li, fr, to); if :: res == YES -> copy(dur, vis) :: else -> skip fi; rep = res; res = 0;
                wander(kd, li, fr, to); printf("W%d op %d lineage %d: answered %d, comes again\n", me, kd, li, rep) }
    fi
}

/* What the directory is called now, as a listing says it: seen, and in which lineage. */
inline look()
{
    atomic {
        seen = 0; i = 0;
        do :: i < LINEAGES -> if :: vis.dir[i] != 0 -> assert(seen == 0); seen = vis.dir[i]; whose = i :: else -> skip fi; i++ :: else -> break od;
        i = 0
    }
}

proctype Worker(byte me)
{
    byte lineage, tries, seen, whose, name, rep, res, i;
find:
#if defined(NO_MARKER) || defined(FIXED_NAME)
    look();
    if :: seen != 0 -> lineage = whose; goto claim :: else -> skip fi;
#elif defined(JOB_UNTOUCHED)
    atomic { lineage = vis.job };
    if :: lineage != 0 -> goto claim :: else -> skip fi;
#else
    request(TOUCH, 0, 0, 0);
    if
    :: rep == UNKNOWN -> goto find
    :: rep == YES -> atomic { if :: vis.job == 0 -> goto find :: else -> lineage = vis.job; goto claim fi }
    :: rep == NO -> atomic { if :: vis.job != 0 -> goto find :: else -> skip fi }
    fi;
#endif
make:
    if
    :: tries == TRIES -> goto end
    :: else -> lineage = (me - 1) * TRIES + tries + 1; tries++
    fi;
#ifdef FIXED_NAME
    lineage = 1;
#endif
    request(MAKE, lineage, 0, 0);
    if :: rep != YES -> goto make :: else -> skip fi;
#if !defined(IN_PLACE) && !defined(FIXED_NAME) && !defined(NO_MARKER)
    request(PUT, lineage, 0, 0);
    if :: rep != YES -> goto make :: else -> skip fi;
#endif
#if !defined(FIXED_NAME) && !defined(NO_MARKER)
    do :: request(NAME, lineage, 0, 0); if :: rep != UNKNOWN -> break :: else -> skip fi od;
    goto find;
#endif
claim:
    do
    :: look();
       if
       :: seen != 0 && seen == name -> break                       /* it is ours */
       :: seen != 0 && seen != name && name != 0 && (seen >> 3) >= (name >> 3) -> goto end       /* another was faster */
       :: else -> atomic { if :: name == 0 || ((name >> 3) != (seen >> 3) + 1) -> name = (((seen >> 3) + 1) << 3) | me :: else -> skip fi }
       fi;
       request(TAKE, lineage, seen, name)
    :: !quiet -> goto end                                           /* a crash */
    od;
    do
    :: request(SIGN, lineage, 0, name);
       if
       :: rep == YES -> break
       :: rep == NO -> atomic { if :: vis.dir[lineage] != name -> goto end :: else -> skip fi }
       :: else -> skip
       fi
    od;
    atomic { printf("W%d owns lineage %d\n", me, lineage); assert(owned == 0 || owned == lineage); owned = lineage;
#if !defined(NO_MARKER) && !defined(FIXED_NAME)
             assert(dur.job == lineage)
#endif
           };
end:
    atomic { ended++; lineage = 0; seen = 0; whose = 0; name = 0; rep = 0; tries = 0 }
}

proctype Network()
{
    byte res, i;
end:
    do
    :: atomic { !quiet && g_kind != 0 -> act(g_kind, g_lineage, g_from, g_to); printf("late op %d lineage %d: %d\n", g_kind, g_lineage, res);
                g_kind = 0; g_lineage = 0; g_from = 0; g_to = 0; res = 0 }
    :: atomic { !quiet && failovers < FAILOVERS -> failovers++; copy(vis, dur); printf("failover: job %d\n", vis.job) }
    od
}

init
{
    byte i = 1;
    atomic { do :: i <= NW -> run Worker(i); i++ :: else -> break od; run Network(); i = 0 };
    atomic { ended == NW -> quiet = true; run Worker(LAST) };
    ended == LAST -> assert(owned != 0)                              /* he did it */
}
