/* What is under way at once (daemon/durable/wal.c, publish.c, batch_log.c): two sources, each with up to two blocks that are created
 * and one that is put in place, and a record beside them; NW workers one after another or at once, requests that go wrong, and a
 * failover. Source 0 is read from a position in the records; source 1 is one event that is sent to anybody until it is
 * acknowledged, then forgotten. A block holds one record, and block i of source 0 offset i.
 *
 * Guarded: blocks of a source are put in place in order, one at a time; a batch takes what is published, and its blocks go when its
 * record is; the event is acknowledged when its block is published.
 *   -DOUT_OF_ORDER   the second block is put in place while the first is not
 *   -DTAKE_CREATED   a batch takes what is created and not yet published
 *   -DTRIM_EARLY     blocks go when their batch is closed, before its record is published
 *   -DACK_CREATED    the event is acknowledged when its block is created
 *   -DBELIEVE_NO     a rename that says no is taken for one that an earlier send has done */
#ifndef NW
#define NW 2            /* workers at once; one more behind them, alone and without faults */
#endif
#ifndef K
#define K 2             /* offsets of source 0 */
#endif
#ifndef F
#define F 1             /* requests that go wrong */
#endif
#ifndef FAILOVERS
#define FAILOVERS 1
#endif
#define LAST (NW + 1)
#define BLOCKS (K + LAST)       /* of one source, at most */

#define RENAME 1
#define TOUCH 2         /* of the target */
#define OWN 3           /* touch of the directory */
#define SOURCE 4        /* touch of what was created */

typedef Store {
    byte cur;           /* whose the job's directory is: number of the take-over, worker */
    byte wal[2];        /* bit i: block i of the source was put in place */
    byte trim[2];       /* blocks below are deleted */
    byte n;             /* records */
    byte to[2];         /* the newest record takes the blocks below */
    int tmp;            /* created and not renamed away, bit by worker and slot */
};
Store vis, dur;
byte g_what, g_w, g_at, g_to0, g_to1;   /* a rename that wanders: 1 + what, whose */
byte wrong, failovers, ended;
bool quiet, acked;

#define WHAT_REC 2              /* what is put in place: a block of source 0 or 1, a record */
#define TMP(w, what, at) (1 << (((w) - 1) * 10 + (what) * 3 + (at) % 3))

inline copy(ca, cb)
{
    ca.cur = cb.cur; ca.wal[0] = cb.wal[0]; ca.wal[1] = cb.wal[1]; ca.trim[0] = cb.trim[0]; ca.trim[1] = cb.trim[1];
    ca.n = cb.n; ca.to[0] = cb.to[0]; ca.to[1] = cb.to[1]; ca.tmp = cb.tmp
}

/* RENAME tmp/… into the directory of `w`. */
inline put(w, what, at, a, b)
{
    res = false;
    if
    :: vis.cur != w || !(vis.tmp & TMP(w, what, at)) -> skip
    :: else ->
        if
        :: what == WHAT_REC && at == vis.n + 1 ->
            assert(a >= vis.to[0] && b >= vis.to[1]);
            assert((vis.wal[0] & ((1 << a) - 1)) == (1 << a) - 1 && (vis.wal[1] & ((1 << b) - 1)) == (1 << b) - 1);   /* it names what is there */
            vis.n = at; vis.to[0] = a; vis.to[1] = b; res = true
        :: what != WHAT_REC && !(vis.wal[what] & (1 << at)) -> vis.wal[what] = vis.wal[what] | (1 << at); res = true
        :: else -> skip
        fi;
        if :: res -> vis.tmp = vis.tmp & ~TMP(w, what, at) :: else -> skip fi
    fi
}

/* One request of the publish in this slot, and what comes of it: phase goes on, 0 = published. */
inline step(phase, what, at, a, b)
{
    atomic {
        if
        :: phase == RENAME ->
            if
            :: put(me, what, at, a, b); phase = (res -> 0 : TOUCH); if :: res -> copy(dur, vis) :: else -> skip fi
            :: !quiet && wrong < F -> wrong++; put(me, what, at, a, b)                  /* done, the answer lost: the same again */
            :: !quiet && wrong < F && g_what == 0 -> wrong++; g_what = 1 + what; g_w = me; g_at = at; g_to0 = a; g_to1 = b
            :: !quiet && wrong < F && g_what == 0 -> wrong++; put(me, what, at, a, b); phase = (res -> 0 : TOUCH);
                if :: res -> copy(dur, vis) :: else -> skip fi;
                g_what = 1 + what; g_w = me; g_at = at; g_to0 = a; g_to1 = b
            fi
        :: phase == TOUCH ->
#ifdef BELIEVE_NO
            res = true;
#else
            res = vis.cur == me && ((what == WHAT_REC && at <= vis.n) || (what != WHAT_REC && (vis.wal[what] & (1 << at))));
            if :: res -> copy(dur, vis) :: else -> skip fi;
#endif
            phase = (res -> 0 : OWN)
        :: phase == OWN -> if :: vis.cur == me -> copy(dur, vis); phase = SOURCE :: else -> goto dead fi
        :: phase == SOURCE -> if :: vis.tmp & TMP(me, what, at) -> skip :: else -> vis.tmp = vis.tmp | TMP(me, what, at) fi;
            copy(dur, vis); phase = RENAME
        fi;
        res = false
    }
}
#define CREATE(what, at) vis.tmp = vis.tmp | TMP(me, what, at); copy(dur, vis)

proctype Worker(byte me)
{
    byte c[2], p[2], phase[3], a, b, t0, t1, n, i;
    bool res, pushed;
    /* claim and sign; then recover */
    atomic { vis.cur = me; copy(dur, vis) };
    atomic {
        if :: vis.cur != me -> goto dead :: else -> skip fi;
        n = vis.n; t0 = vis.to[0]; t1 = vis.to[1]; p[0] = t0; p[1] = t1;
        do :: vis.wal[0] & (1 << p[0]) -> assert(p[0] >= vis.trim[0]); p[0]++ :: else -> break od;
        do :: vis.wal[1] & (1 << p[1]) -> assert(p[1] >= vis.trim[1]); p[1]++ :: else -> break od;
        assert(!(vis.wal[0] >> p[0]) && !(vis.wal[1] >> p[1]));                       /* no hole */
        c[0] = p[0]; c[1] = p[1]
    };
    do
    :: !quiet -> goto dead                                                             /* a crash */
    :: atomic { c[0] < K && c[0] < p[0] + 2 -> CREATE(0, c[0]); c[0]++ }
    :: atomic { !acked && !pushed && c[1] == p[1] -> CREATE(1, c[1]); c[1]++; pushed = true;
#ifdef ACK_CREATED
                acked = true
#endif
              }
    :: atomic { phase[0] == 0 && c[0] > p[0] -> phase[0] = RENAME }
    :: atomic { phase[1] == 0 && c[1] > p[1] -> phase[1] = RENAME }
#ifdef OUT_OF_ORDER
    :: atomic { c[0] == p[0] + 2 -> put(me, 0, p[0] + 1, 0, 0); copy(dur, vis); res = false }
#endif
    :: phase[0] != 0 -> step(phase[0], 0, p[0], 0, 0);
        atomic { if :: phase[0] == 0 -> p[0]++ :: else -> skip fi }
    :: phase[1] != 0 -> step(phase[1], 1, p[1], 0, 0);
        atomic { if :: phase[1] == 0 -> p[1]++; acked = true :: else -> skip fi }
#ifdef TAKE_CREATED
    :: atomic { phase[2] == 0 && (c[0] > t0 || c[1] > t1) -> a = c[0]; b = c[1];
#else
    :: atomic { phase[2] == 0 && (p[0] > t0 || p[1] > t1) -> a = p[0]; b = p[1];
#endif
                CREATE(WHAT_REC, n + 1); phase[2] = RENAME;
#ifdef TRIM_EARLY
                if :: vis.cur == me -> vis.trim[0] = a; vis.trim[1] = b :: else -> skip fi
#endif
              }
    :: phase[2] != 0 -> step(phase[2], WHAT_REC, n + 1, a, b);
        atomic { if :: phase[2] == 0 -> n++; t0 = a; t1 = b; a = 0; b = 0 :: else -> skip fi }
    :: atomic { vis.cur == me && (vis.trim[0] < t0 || vis.trim[1] < t1) -> vis.trim[0] = t0; vis.trim[1] = t1 }
    :: quiet && t0 == K && acked && t1 == p[1] && phase[1] == 0 -> break
    od;
dead:
    atomic { ended++; c[0] = 0; c[1] = 0; p[0] = 0; p[1] = 0; phase[0] = 0; phase[1] = 0; phase[2] = 0; a = 0; b = 0; t0 = 0; t1 = 0; n = 0; pushed = false }
}

proctype Network()
{
    bool res;
end:
    do
    :: atomic { !quiet && g_what != 0 -> put(g_w, g_what - 1, g_at, g_to0, g_to1); res = false; g_what = 0; g_w = 0; g_at = 0; g_to0 = 0; g_to1 = 0 }
    :: atomic { !quiet && failovers < FAILOVERS -> failovers++; copy(vis, dur) }
    od
}

init
{
    byte i = 1;
    atomic { do :: i <= NW -> run Worker(i); i++ :: else -> break od; run Network(); i = 0 };
    atomic { ended == NW -> quiet = true; run Worker(LAST) };
    ended == LAST -> assert(vis.to[0] == K && vis.to[1] > 0)                           /* all that was acknowledged is in a record */
}
