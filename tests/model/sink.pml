/* Output behind the commit: a batch's record is published, its owner delivers, another takes the job over and delivers again;
 * whoever reads the output takes finished files away at any time, and remembers what he took.
 *   (none)        files wait in the job's directory and leave it one by one, by RENAME: the source dies with the take-over
 *   -DMARK        a sink with transactions: the batch's number is stored in the same one, and the new owner fences the sink
 *                 BEFORE he reads the number. No guard is taken out
 *   -DSTAGED_OUT  files wait beside the target, as on any other store: the source outlives the take-over
 *   -DDIRECTORY   one RENAME of a folder to its final name, which HDFS moves into a folder that is there
 *   -DMARK_LATE   as MARK, but the number is read before the fence */
byte cur = 1;                   /* owner of the job's directory */
byte staged = 1;                /* the staged file is still in the job's directory */
byte target, nested, taken;     /* copies at the final name, inside it, and taken by the consumer */
byte fence = 1, number, rows;   /* transactional sink: who may commit, newest batch number, times the batch was written */

proctype Deliver(byte me)
{
    byte n; bit have;
#if defined(MARK) || defined(MARK_LATE)
# ifdef MARK_LATE
    n = number; fence = me;
# else
    if :: me > fence -> fence = me :: else -> skip fi; n = number;      /* init_transactions, then committed() */
# endif
    if :: n == 0 -> atomic { if :: fence == me -> rows++; number = 1 :: else -> skip fi } :: else -> skip fi
#elif defined(DIRECTORY) || defined(STAGED_OUT)
    have = 1;                                           /* rendered again from the record into its own staging place */
    atomic { if :: target == 0 -> target = 1
# ifdef DIRECTORY
                :: else -> nested++
# else
                :: else -> skip                         /* false: the file is there, same length and CRC: done */
# endif
             fi }
#else
    atomic { if :: cur == me && staged && target == 0 -> staged = 0; target = 1 :: else -> skip fi }
#endif
}
proctype Consumer() { end: do :: atomic { target -> target = 0; taken++ } od }
init {
    atomic { run Deliver(1); run Consumer() };
    cur = 2;
    run Deliver(2);
    timeout -> assert(nested == 0 && taken <= 1 && rows <= 1);
#if !defined(MARK) && !defined(MARK_LATE)
    assert(taken == 1)
#else
    assert(rows == 1)
#endif
}
