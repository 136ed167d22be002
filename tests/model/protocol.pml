/* The protocol of daemon/durable, for the model checker spin: publish by rename, take over by renaming the job's directory.
 *
 * NW workers run at once. Each claims the job once, works, and may stop, stall or crash between any two of its steps (one
 * that is never scheduled again has crashed). When all have ended, one more claims, recovers and finishes, without faults.
 * What may become of a request: it is answered; it is done, its answer is lost, and it is not yet in the edit log; it is done
 * later by itself, when its sender has given it up; it is lost; it is answered, and done once more later. A NameNode that
 * takes over from another (a failover) does not know what no later answer has put into the edit log: vis := dur.
 *
 * What is received: Kafka's offsets 0..K-1, fetched from a position, and pushed events K..K+P-1, sent again to any worker
 * until one acknowledges them, then forgotten. A block holds one record; a batch takes all blocks behind the last one.
 *
 * Each -D below takes a guard out; a violation must then be found (see README.md). */
#ifndef NW
#define NW 2            /* concurrent workers; epochs = NW + 1 */
#endif
#ifndef K
#define K 2             /* Kafka offsets */
#endif
#ifndef P
#define P 1             /* push events */
#endif
#ifndef F
#define F 2             /* unknown outcomes and duplicate deliveries, in all */
#endif
#ifndef FAILOVERS
#define FAILOVERS 1
#endif
#define FINAL (NW + 1)
#define MAXB (K + P * FINAL + 2)  /* blocks ever published */
#define GH 2            /* requests wandering in the network at once */
#define T 8             /* temporary files a worker may use (NW + 1 workers, 32 bits in all) */

#define BLOCK 1
#define REC 2
#define OWNER 3         /* publish e<epoch>.<nonce>/owner: true only while the directory has that name */
#define CLAIM 4
#define MKDIR 5
#define TOUCH 6         /* SETTIMES on the name: 200 only if it is there; its answer syncs what came before */

#if defined(NAME_BY_EPOCH)              /* e<epoch>: two claimers of one epoch use one name */
#define NAME(from, me) ((((from) >> 3) + 1) << 3)
#define MINE(name) (nm != 0 && (name) == nm)
#elif defined(NAME_BY_NONCE)            /* <nonce>: a worker that claims again uses its name again */
#define NAME(from, me) (me)
#define MINE(name) ((name) == me)
#else                                   /* e<epoch>.<nonce>: never the same twice */
#define NAME(from, me) (((((from) >> 3) + 1) << 3) | (me))
#define MINE(name) (((name) & 7) == me)
#endif

#define NO 0
#define YES 1
#define UNKNOWN 2

typedef Store {
    byte cur;           /* the name the job's directory has now: NAME(epoch, nonce); 0 = as created */
    byte gar;           /* bit w: path of worker w exists again, as a stray directory */
    byte nwal;          /* blocks published so far; block i is wal/i */
    byte wal[MAXB];     /* record in block i */
    byte trim;          /* blocks below are deleted */
    byte n;             /* batch records committed; record i is log/i */
    byte to[MAXB];      /* batch i took blocks up to here */
    byte rtrim;         /* batch records below or at are deleted (a snapshot stands for them) */
    byte next;          /* Kafka position written in the newest batch record */
    byte used;          /* records consumed by committed batches */
    int gone;           /* temporary files already renamed away */
};
Store vis, dur;         /* what a reader sees; what a failover leaves */

typedef Ghost { byte kind, w, from, t, at, x; };
Ghost g[GH];            /* kind 0 = free */

byte unk, failovers;
byte acked;             /* push events answered OK: the sender has forgotten them */
byte out[MAXB];         /* content delivered for batch i: 0 = none */
byte alive, ended;
bit quiet;              /* faults have stopped */

inline copy(ca, cb)     /* ca := cb */
{
    ca.cur = cb.cur; ca.gar = cb.gar; ca.nwal = cb.nwal; ca.trim = cb.trim; ca.n = cb.n; ca.rtrim = cb.rtrim; ca.next = cb.next;
    ca.used = cb.used; ca.gone = cb.gone;
    y = 0;
    do :: y < MAXB -> ca.wal[y] = cb.wal[y]; ca.to[y] = cb.to[y]; y++ :: else -> break od;
    y = 0
}
inline sync() { copy(dur, vis) }

#define TMP(t) (1 << (t))
#define MYTMP ((me - 1) * T + t)
#ifdef VFS              /* local file system: the path was looked up before; the directory may have been renamed since */
#define HERE(w) true
#else
#define HERE(w) (vis.cur == (w))
#endif

/* One atomic act of the NameNode; res says what it would answer. */
inline act(kd, ww, fr, tt, aa, xx)
{
    res = NO;
    if
    :: kd == CLAIM ->                 /* RENAME fr -> ww, the whole directory */
        if
        :: vis.cur == fr -> vis.cur = ww; res = YES
        :: else -> skip
        fi
    :: kd == MKDIR ->
        if
        :: vis.cur != ww -> vis.gar = vis.gar | (1 << (ww & 7)); res = YES
        :: else -> res = YES
        fi
    :: kd == OWNER && HERE(ww) -> res = YES
    :: kd == TOUCH && HERE(ww) && ((xx == BLOCK && aa < vis.nwal) || (xx == REC && aa <= vis.n)) -> res = YES
    :: kd == BLOCK && !(vis.gone & TMP(tt)) ->
        if
        :: HERE(ww) && !(aa < vis.nwal && aa >= vis.trim) ->
            assert(aa == vis.nwal);     /* no name is ever used again, no hole */
            vis.gone = vis.gone | TMP(tt); vis.wal[aa] = xx; vis.nwal = aa + 1; res = YES
#ifdef CREATE_IN_PLACE
        :: !HERE(ww) -> vis.gar = vis.gar | (1 << (ww & 7)); vis.gone = vis.gone | TMP(tt); res = YES /* CREATE makes parents */
#else
        :: !HERE(ww) && (vis.gar & (1 << (ww & 7))) -> vis.gone = vis.gone | TMP(tt); res = YES       /* into the stray one */
#endif
        :: else -> skip
        fi
    :: kd == REC && HERE(ww) && !(vis.gone & TMP(tt)) ->   /* xx = blocks up to; aa = index */
        if
        :: !(aa <= vis.n && aa > vis.rtrim) ->
            assert(aa == vis.n + 1);    /* a committed index is never replaced, never left out */
            y = vis.to[vis.n];
            do                          /* each block once, each Kafka offset once and in order */
            :: y < xx ->
                if
                :: vis.wal[y] < K ->
                    assert(!(vis.used & (1 << vis.wal[y])));
                    assert((vis.used & ((1 << vis.wal[y]) - 1)) == ((1 << vis.wal[y]) - 1));
                    vis.next = vis.wal[y] + 1
                :: else -> skip
                fi;
                vis.used = vis.used | (1 << vis.wal[y]);
                y++
            :: else -> break
            od;
            y = 0;
            vis.gone = vis.gone | TMP(tt); vis.n = aa; vis.to[aa] = xx; res = YES
        :: else -> skip
        fi
    :: else -> skip
    fi
}

inline ghost(kind_, w_, from_, t_, at_, x_)
{
    if
    :: g[0].kind == 0 -> g[0].kind = kind_; g[0].w = w_; g[0].from = from_; g[0].t = t_; g[0].at = at_; g[0].x = x_
    :: g[0].kind != 0 && g[1].kind == 0 -> g[1].kind = kind_; g[1].w = w_; g[1].from = from_; g[1].t = t_; g[1].at = at_; g[1].x = x_
    :: else -> skip                     /* lost */
    fi
}

/* Send a request, wait for what comes of it. */
inline request(qk, qw, qf, qt, qa, qx)
{
    if
    :: atomic { act(qk, qw, qf, qt, qa, qx); if :: res == YES -> sync() :: else -> skip fi; rep = res; res = 0;
                printf("W%d op %d name %d from %d at %d x %d: answered %d\n", me, qk, qw, qf, qa, qx, rep) }
    :: atomic { !quiet && unk < F -> unk++; act(qk, qw, qf, qt, qa, qx); rep = UNKNOWN;
                printf("W%d op %d name %d from %d at %d x %d: result %d, not synced, answer lost\n", me, qk, qw, qf, qa, qx, res); res = 0 }
    :: atomic { !quiet && unk < F -> unk++; ghost(qk, qw, qf, qt, qa, qx); rep = UNKNOWN;
                printf("W%d op %d name %d from %d at %d x %d: delayed, no answer\n", me, qk, qw, qf, qa, qx) }
    :: atomic { !quiet && unk < F -> unk++; act(qk, qw, qf, qt, qa, qx); if :: res == YES -> sync() :: else -> skip fi;
                rep = res; res = 0; ghost(qk, qw, qf, qt, qa, qx);
                printf("W%d op %d name %d from %d at %d x %d: answered %d, comes again later\n", me, qk, qw, qf, qa, qx, rep) }
    fi
}

proctype Net()          /* late arrivals, and failovers */
{
    byte res, y, i, a, b, c, d, e, f;
end:
    do
    :: atomic { !quiet && g[0].kind != 0 -> a = g[0].kind; b = g[0].w; c = g[0].from; d = g[0].t; e = g[0].at; f = g[0].x;
                act(a, b, c, d, e, f); printf("late op %d name %d from %d at %d x %d: result %d\n", a, b, c, e, f, res); a = 0; b = 0; c = 0; d = 0; e = 0; f = 0; res = 0;
                g[0].kind = 0; g[0].w = 0; g[0].from = 0; g[0].t = 0; g[0].at = 0; g[0].x = 0 }
    :: atomic { !quiet && g[1].kind != 0 -> a = g[1].kind; b = g[1].w; c = g[1].from; d = g[1].t; e = g[1].at; f = g[1].x;
                act(a, b, c, d, e, f); printf("late op %d name %d from %d at %d x %d: result %d\n", a, b, c, e, f, res); a = 0; b = 0; c = 0; d = 0; e = 0; f = 0; res = 0;
                g[1].kind = 0; g[1].w = 0; g[1].from = 0; g[1].t = 0; g[1].at = 0; g[1].x = 0 }
    :: atomic { !quiet && failovers < FAILOVERS -> failovers++; copy(vis, dur); printf("failover: name %d blocks %d records %d\n", vis.cur, vis.nwal, vis.n) }
    od
}

#define FENCED goto dead

/* Publish: the same temporary file to the same name until the answer is certain. */
inline publish(pk, pa, px)
{
    do
    :: request(pk, nm, 0, MYTMP, pa, px);
        if
        :: rep == YES -> break
        :: rep == NO ->                 /* did an earlier send of ours do it? */
#ifdef NO_CONFIRM_PUBLISH
            atomic { rep = (HERE(nm) && ((pk == BLOCK && pa < vis.nwal) || (pk == REC && pa <= vis.n)) -> YES : NO) };
#else
            request(TOUCH, nm, 0, 0, pa, pk);
#endif
            if
            :: rep == YES -> break
            :: rep == UNKNOWN -> skip
            :: rep == NO ->
                if
                :: atomic { !HERE(nm) && !(vis.gar & (1 << me)) -> FENCED }
                :: atomic { !HERE(nm) && (vis.gar & (1 << me)) -> break }
                :: else -> skip         /* a failover undid it: send again */
                fi
            fi
#ifdef NO_SETTLE
        :: rep == UNKNOWN -> skipped = 1; break     /* write the same again under the next number */
#else
        :: rep == UNKNOWN -> skip       /* send again */
#endif
        fi
    od;
    t++;
    assert(t < T)
}

/* Publish `owner` in the directory just claimed: answered, it makes the claim durable and the old owner's last rename too. */
inline confirm()
{
    do
    :: request(OWNER, nm, 0, 0, 0, 0);
        if :: rep == YES -> break :: rep == NO -> FENCED :: else -> skip fi
    od;
    rep = 0
}

proctype W(byte me)
{
    byte nm, from, k, p, c, n, x, t, rep, res, y, i;
    bit skipped;

#ifdef READ_FIRST
    atomic { p = vis.nwal; c = vis.to[vis.n]; n = vis.n; k = vis.next; i = vis.trim;
        do :: i < p -> if :: vis.wal[i] < K && vis.wal[i] >= k -> k = vis.wal[i] + 1 :: else -> skip fi; i++ :: else -> break od; i = 0 };
#endif
claim:
    do
    :: atomic { from = vis.cur; if :: MINE(from) -> nm = from; break :: else -> nm = NAME(from, me) fi };
#ifdef LOCK
        atomic { (alive & ~(1 << me)) == 0 -> alive = alive | (1 << me) };
#endif
        request(CLAIM, nm, from, 0, 0, 0);
        if
        :: rep == YES -> break
        :: else -> skip                 /* list again: it may be ours, the old owner's, or another's */
        fi
    :: !quiet -> goto dead              /* give up, crash */
    od;
    from = 0; rep = 0;
#ifdef MKDIRS_LIVE
    request(MKDIR, nm, 0, 0, 0, 0);
    rep = 0;
#endif
#if !defined(NO_CONFIRM_CLAIM) && !defined(CONFIRM_AFTER_READ)
    confirm();
#endif
#ifndef READ_FIRST
    atomic {                            /* recover: all reads are below our own path */
        if :: !HERE(nm) -> FENCED :: else -> skip fi;
        p = vis.nwal; c = vis.to[vis.n]; n = vis.n; i = vis.trim;
#ifdef NO_POSITIONS
        k = 0;
#else
        k = vis.next;
#endif
        do :: i < p -> if :: vis.wal[i] < K && vis.wal[i] >= k -> k = vis.wal[i] + 1 :: else -> skip fi; i++ :: else -> break od;
        i = 0; printf("W%d recovered: name %d blocks %d cursor %d records %d next %d\n", me, nm, p, c, n, k)
    };
#endif
#ifdef CONFIRM_AFTER_READ
    confirm();
#endif
    /* redeliver the last committed batch, if its record is still there */
    do
    :: n > 0 && i == 0 ->
        atomic {
            if
            :: HERE(nm) && vis.rtrim < n -> assert(out[n] == 0 || out[n] == vis.to[n]); out[n] = vis.to[n]; printf("W%d redelivers %d = %d\n", me, n, out[n])
            :: else -> skip
            fi; i = 1
        }
    :: else -> break
    od;
    i = 0;
work:
    do
    :: !quiet -> goto dead              /* crash, stop */
    :: k < K ->                         /* receive a Kafka record: block, publish, (offset commit is advisory) */
        x = k;
#ifdef OUT_OF_ORDER
        if
        :: k + 1 < K -> x = k + 1       /* two blocks in flight: the second is published first, the first later */
        :: skip
        fi;
#endif
        publish(BLOCK, p, x);
#ifdef OUT_OF_ORDER
        if
        :: x == k + 1 -> p++; publish(BLOCK, p, k); k++
        :: else -> skip
        fi;
#endif
        if
        :: skipped -> skipped = 0; atomic { if :: HERE(nm) && vis.nwal > p -> p = vis.nwal :: else -> skip fi }
        :: else -> p++; k++
        fi; x = 0; rep = 0
    :: atomic { P > 0 && (acked & (1 << K)) == 0 -> x = K } ->        /* a push event: publish, then answer OK */
        publish(BLOCK, p, x);
        if
        :: skipped -> skipped = 0; atomic { if :: HERE(nm) && vis.nwal > p -> p = vis.nwal :: else -> skip fi }
        :: else -> p++; atomic { acked = acked | (1 << K); printf("W%d acknowledges\n", me) }
        fi; x = 0; rep = 0
    :: c < p ->                         /* a batch: commit, deliver, trim */
        publish(REC, n + 1, p);
        skipped = 0; rep = 0;
        n++; c = p;
        if                              /* the record holds all that came of its blocks: they may go at once */
        :: atomic { HERE(nm) && vis.trim < c -> vis.trim = c }
        :: skip
        fi;
#ifdef TRIM_UNDELIVERED
        if :: atomic { HERE(nm) && vis.rtrim < n -> vis.rtrim = n } :: skip fi;
        if :: !quiet -> goto dead :: skip fi;
#endif
        atomic { assert(out[n] == 0 || out[n] == c); out[n] = c; printf("W%d delivers %d = %d\n", me, n, c) };      /* a zombie may be late: same bytes or none */
        if
        :: atomic { HERE(nm) && vis.trim < c -> vis.trim = c; if :: vis.rtrim < n -> vis.rtrim = n :: else -> skip fi }
        :: skip
        fi
    :: quiet && k == K && c == p && ((acked >> K) & ((1 << P) - 1)) == ((1 << P) - 1) -> break
    od;
dead:
    atomic { alive = alive & ~(1 << me); ended++; from = 0; k = 0; p = 0; c = 0; n = 0; x = 0; t = 0; rep = 0; i = 0; nm = 0 }
}

init {
    byte y, i;
    atomic {
        alive = 0; i = 1;
        do
        :: i <= NW -> run W(i);
#ifndef LOCK
            alive = alive | (1 << i);
#endif
            i++
        :: else -> break
        od;
        run Net(); i = 0
    };
    atomic { ended == NW -> quiet = 1; run W(FINAL) };
    ended == FINAL;                     /* with faults stopped the last worker ends: progress */
    atomic {
        assert(vis.used == (1 << (K + P)) - 1);                         /* nothing acknowledged is missing, all consumed */
        i = 1;
        do :: i <= vis.n -> assert(out[i] == vis.to[i]); i++ :: else -> break od   /* every batch delivered, same content */
    }
}
