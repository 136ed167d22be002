/* How the demo went, for people and for programs. */
#include <inttypes.h>
#include <stdio.h>

#include "cli/demo.h"
#include "cli/demo_watch.h"

void demo_show_table(const struct demo_counts *made, const struct demo_verdict *verdict,
                     const struct demo_watch *watch)
{
    const struct demo_counts *counted = &verdict->batches;
    printf("\n%-12s %12s %12s\n", "", "RECORDS", "WORDS");
    printf("%-12s %12" PRIu64 " %12" PRIu64 "\n", "produced",
           demo_sum(made->records, DEMO_PARTITIONS), demo_sum(made->words, DEMO_WORDS));
    printf("%-12s %12" PRIu64 " %12" PRIu64 "\n", "counted",
           demo_sum(counted->records, DEMO_PARTITIONS), demo_sum(counted->words, DEMO_WORDS));
    printf("%-12s %12" PRIu64 " %12" PRIu64 "\n", "lost", verdict->lost, verdict->words_lost);
    printf("%-12s %12" PRIu64 " %12" PRIu64 "\n\n", "doubled", verdict->doubled,
           verdict->words_doubled);
    for (unsigned i = 0; i < watch->n_kills; i++) {
        const struct demo_kill *kill = &watch->kills[i];
        printf("kill -9 no. %u: recovered after %.2f s, first new batch committed after %.2f s\n",
               i + 1, (double)kill->recovered_ms / 1000, (double)kill->batch_ms / 1000);
    }
    printf("%" PRIu64
           " batches of 2 s in the batch log; each offset was looked up in it, and the "
           "words in what was printed.\n",
           verdict->n_batches);
}

void demo_show_json(const struct demo_counts *made, const struct demo_verdict *verdict,
                    const struct demo_watch *watch)
{
    printf("{\"version\":1,\"produced\":%" PRIu64 ",\"counted\":%" PRIu64 ",\"lost\":%" PRIu64
           ",\"doubled\":%" PRIu64 ",\"words_lost\":%" PRIu64 ",\"words_doubled\":%" PRIu64
           ",\"batches\":%" PRIu64 ",\"recovery_seconds\":[",
           demo_sum(made->records, DEMO_PARTITIONS),
           demo_sum(verdict->batches.records, DEMO_PARTITIONS), verdict->lost, verdict->doubled,
           verdict->words_lost, verdict->words_doubled, verdict->n_batches);
    for (unsigned i = 0; i < watch->n_kills; i++)
        printf("%s%.3f", i ? "," : "", (double)watch->kills[i].recovered_ms / 1000);
    puts("]}");
}
