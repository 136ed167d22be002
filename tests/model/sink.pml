/* Output behind the commit: a batch's record is published, its owner delivers, others take the job over and deliver again; whoever
 * reads the output takes finished files away at any time, and remembers what he took. Requests go wrong, and a failover knows only
 * what an answered change has synced.
 *
 * Guarded, files on the checkpoint's own store: they wait in out/ of the job's directory and leave it one by one, by RENAME, so that
 * the source dies with a take-over; _SUCCESS when the others are answered for. A NO is settled by touching the target, then the
 * directory, then by a look into out/; gone from there, by touching the directory, which makes that last, and a second look: then a
 * reader has it. When all is done it is noted, and what is noted goes from out/ at the next recovery.
 *   -DSTAGED_OUT    files wait beside the target, as on any other store: the source outlives the take-over
 *   -DDIRECTORY     one RENAME of a folder to its final name, which HDFS moves into a folder that is there
 *   -DEARLY_SUCCESS _SUCCESS is renamed while the others are not answered for
 *   -DLOOKED_ONCE   one look into out/ is believed, which an earlier send may just have emptied, and a failover fill again
 *   -DTARGET_GONE   a NO with nothing at the target is taken for one that a reader has
 *   -DMARK          a sink with transactions: the batch's number is stored in the same one, and the new owner fences the sink
 *                   BEFORE he reads the number. No guard is taken out
 *   -DMARK_LATE     as MARK, but the number is read before the fence */
#ifndef F
#define F 2             /* requests that go wrong */
#endif
#ifndef FAILOVERS
#define FAILOVERS 1
#endif
#define PART 0
#define SUCCESS 1
#define LAST 3          /* the owner at the end, without faults */

#define NO 0
#define YES 1
#define UNKNOWN 2

#if defined(MARK) || defined(MARK_LATE)

byte fence = 1, number, rows;   /* who may commit, the newest batch's number, how often the batch was written */
proctype Deliver(byte me)
{
    byte n;
# ifdef MARK_LATE
    n = number; fence = me;
# else
    if :: me > fence -> fence = me :: else -> skip fi; n = number;      /* init_transactions, then committed() */
# endif
    if :: n == 0 -> atomic { if :: fence == me -> rows++; number = 1 :: else -> skip fi } :: else -> skip fi
}
init { run Deliver(1); run Deliver(2); timeout -> assert(rows == 1) }

#else

typedef Store {
    byte cur;                   /* owner of the job's directory */
    bool staged[2], target[2];  /* in out/; at the final name */
    bool nested;                /* moved into what lies at the final name */
    bool noted;                 /* a record says that all is delivered */
};
Store vis, dur;
byte g_w = 0, g_file;           /* a rename that wanders */
byte wrong, failovers, taken[2], ended;
bool quiet;

inline copy(ca, cb)
{
    ca.cur = cb.cur; ca.staged[0] = cb.staged[0]; ca.staged[1] = cb.staged[1]; ca.target[0] = cb.target[0]; ca.target[1] = cb.target[1];
    ca.nested = cb.nested; ca.noted = cb.noted
}
#if defined(STAGED_OUT) || defined(DIRECTORY)
#define SOURCE(w, f) vis.staged[f]
#else
#define SOURCE(w, f) (vis.cur == (w) && vis.staged[f])
#endif
inline move(w, f)
{
    res = false;
    if
    :: SOURCE(w, f) && !vis.target[f] -> vis.staged[f] = false; vis.target[f] = true; res = true
#ifdef DIRECTORY
    :: SOURCE(w, f) && vis.target[f] -> vis.staged[f] = false; vis.nested = true; res = true
#endif
    :: else -> skip
    fi
}
inline request(f)
{
    atomic {
        if
        :: move(me, f); rep = (res -> YES : NO); if :: res -> copy(dur, vis) :: else -> skip fi
        :: !quiet && wrong < F -> wrong++; move(me, f); rep = UNKNOWN
        :: !quiet && wrong < F && g_w == 0 -> wrong++; g_w = me; g_file = f; rep = UNKNOWN
        :: !quiet && wrong < F && g_w == 0 -> wrong++; move(me, f); rep = (res -> YES : NO); if :: res -> copy(dur, vis) :: else -> skip fi; g_w = me; g_file = f
        fi;
        printf("owner %d file %d: %d, moved %d\n", me, f, rep, res); res = false
    }
}
inline deliver(f)
{
    do
    :: request(f);
        if
        :: rep == YES -> break
        :: rep == UNKNOWN -> skip
        :: rep == NO ->
            atomic { res = vis.target[f]; if :: res -> copy(dur, vis) :: else -> skip fi };
            if :: res -> res = false; break :: else -> skip fi;
#ifdef TARGET_GONE
            break;
#endif
            atomic { if :: vis.cur == me -> copy(dur, vis) :: else -> goto end fi };                 /* fenced */
            atomic { if :: vis.cur != me -> goto end :: else -> res = !vis.staged[f] fi };
#ifndef LOOKED_ONCE
            if
            :: res -> atomic { if :: vis.cur == me -> copy(dur, vis) :: else -> goto end fi };
                atomic { if :: vis.cur != me -> goto end :: else -> res = !vis.staged[f] fi }
            :: else -> skip
            fi;
#endif
            if :: res -> res = false; break :: else -> skip fi
        fi
    od
}

proctype Deliver(byte me)
{
    byte rep;
    bool res;
    atomic { vis.cur = me;                                              /* claimed and signed */
#if defined(STAGED_OUT) || defined(DIRECTORY)
             vis.staged[PART] = true; vis.staged[SUCCESS] = true;       /* rendered again from the record */
#endif
             if :: vis.noted -> vis.staged[PART] = false; vis.staged[SUCCESS] = false :: else -> skip fi;
             copy(dur, vis); printf("owner %d\n", me);
             if :: vis.noted -> goto end :: else -> skip fi };
#ifdef EARLY_SUCCESS
    request(SUCCESS);
#endif
    deliver(PART);
    deliver(SUCCESS);
    atomic { if :: vis.cur == me -> vis.noted = true; copy(dur, vis) :: else -> skip fi };
end:
    atomic { ended++; rep = 0 }
}
proctype Reader()
{
end:
    do
    :: atomic { vis.target[SUCCESS] -> assert(vis.target[PART] || taken[PART] > 0); vis.target[SUCCESS] = false; taken[SUCCESS]++; copy(dur, vis) }
    :: atomic { vis.target[PART] -> vis.target[PART] = false; taken[PART]++; copy(dur, vis); printf("taken\n"); assert(taken[PART] == 1) }
    od
}
proctype Network()
{
    bool res;
end:
    do
    :: atomic { !quiet && g_w != 0 -> move(g_w, g_file); printf("late, of owner %d: %d\n", g_w, res); g_w = 0; g_file = 0; res = false }
    :: atomic { !quiet && failovers < FAILOVERS -> failovers++; copy(vis, dur); printf("failover\n") }
    od
}
init
{
    atomic { vis.staged[PART] = true; vis.staged[SUCCESS] = true; copy(dur, vis); run Deliver(1); run Reader(); run Network() };
    run Deliver(2);
    atomic { ended == 2 -> quiet = true; run Deliver(LAST) };
    ended == LAST -> atomic { assert(!vis.nested && taken[PART] + vis.target[PART] == 1) }
}
#endif
