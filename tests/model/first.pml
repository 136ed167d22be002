/* A first start on an empty store by several workers at once. Any request may be done once more, at any later time.
 *
 * Guarded: the folders are made below tmp/ of their maker, renamed to init.<lineage>, where they are called `new`, and the
 * file `job` is put in place by a rename that replaces nothing: whose comes first, wins, and names his lineage. Take-overs
 * begin from init.<the lineage in job>/new. init.<lineage> stays for ever.
 * It must be taken once: the second time it would be an empty directory beside the one that holds the job.
 *   -DNO_MARKER   there is no file `job`: who sees an empty store takes what he has made himself
 *   -DFIXED_NAME  there is no file `job`: all make init.0
 *   -DIN_PLACE    the folders are made where they stay, not below tmp/ */
#define W 2
#define NONE 0
#define FULL 1          /* init.<lineage> holds `new` */
#define EMPTY 2         /* it was taken out, or something else lies there */
byte job;               /* whose lineage the file names; 0 = there is none */
byte place[W + 1];      /* init.<lineage> of each maker; 0: of everybody */
bool tmp_[W + 1];       /* what he made below tmp/ */
byte taken;             /* how often a directory was taken out of an init.<lineage>/new */
bool again_make[W + 1], again_place[W + 1], again_name[W + 1], again_take[W + 1];       /* copies in the network */
byte take_from[W + 1];

inline make(m)          /* MKDIRS: makes what is not there */
{
#if defined(IN_PLACE) || defined(FIXED_NAME) || defined(NO_MARKER)
    place[m] = FULL
#else
    tmp_[m] = true
#endif
}
inline put(m)           /* RENAME tmp/…/init → init.<lineage>; into it, when it is there */
{
    if
    :: tmp_[m] && place[m] == NONE -> place[m] = FULL; tmp_[m] = false
    :: tmp_[m] && place[m] != NONE -> tmp_[m] = false
    :: else -> skip
    fi
}
inline name(m)          /* RENAME tmp/…/job → job */
{
    if :: job == 0 -> job = m :: else -> skip fi
}
inline take(m)          /* RENAME init.<lineage>/new → e1.<nonce> */
{
    if :: place[m] == FULL -> place[m] = EMPTY; taken++; assert(taken <= 1) :: else -> skip fi
}
#define MAYBE_AGAIN(copy) if :: copy = true :: skip fi

proctype Worker(byte me)
{
    byte lineage = me;
#if defined(FIXED_NAME)
    lineage = 0;
#endif
    if :: job != 0 || taken > 0 -> goto claim :: else -> skip fi;    /* he sees an empty store, or not */
    atomic { make(lineage); MAYBE_AGAIN(again_make[lineage]) };
#if !defined(IN_PLACE) && !defined(FIXED_NAME) && !defined(NO_MARKER)
    atomic { put(me); MAYBE_AGAIN(again_place[me]) };
#endif
#if !defined(FIXED_NAME) && !defined(NO_MARKER)
    atomic { name(me); MAYBE_AGAIN(again_name[me]) };
claim:
    if :: atomic { job != 0 -> lineage = job } :: job == 0 -> goto end fi;
#else
claim:
#endif
    atomic { take(lineage); take_from[me] = lineage; MAYBE_AGAIN(again_take[me]) };
end:
    skip
}
proctype Network()
{
    byte m;
end:
    do
    :: atomic { m = 0; do :: m < W -> m++ :: break od };
        if
        :: atomic { again_make[m] -> again_make[m] = false; make(m) }
        :: atomic { again_place[m] -> again_place[m] = false; put(m) }
        :: atomic { again_name[m] -> again_name[m] = false; name(m) }
        :: atomic { again_take[m] -> again_take[m] = false; take(take_from[m]) }
        :: else -> skip
        fi
    od
}
init { atomic { run Worker(1); run Worker(2); run Network() } }
